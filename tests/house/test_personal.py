"""What names a person or an illness goes into the detail of an event, which can be erased, and not into its changes."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from clinic.core.nouns import Versioned
from clinic.records.models import Patient
from clinic.tenants.models import User
from er_flow.models import EmergencyVisit, Triage
from queues.models import Visit
from tests.house.source import ROOMS

PEOPLE = (Patient, Visit, User, EmergencyVisit, Triage)
HARMLESS = {
    "records.Patient": {"birth_estimated", "display_opt_out", "message_opt_out", "merged_into_id"},
    "queues.Visit": {
        "token", "token_number", "token_period", "klass", "source", "outcome", "service_day", "arrived_at", "ended_at",
        "patient_id", "department_id", "type_id", "carried_from_id", "expected_on", "expected_queue_id",
        "delays", "rejoin_asked_at",
    },
    "er_flow.EmergencyVisit": {
        "number", "patient_id", "department_id", "section_id", "arrival_mode", "state", "state_since", "level",
        "reported_level", "nurse_id", "provider_id", "precautions", "ventilated", "waiting_for", "needs", "disposition",
        "risks_explained", "arrived_at", "registered_at", "triage_started_at", "triaged_at", "bedded_at", "seen_at",
        "decided_at", "admit_at", "departed_at", "reassess_at", "crossed_at", "entered_later",
    },
    "er_flow.Triage": {
        "visit_id", "sort", "at", "by", "by_name", "function", "suggested", "consider", "missing", "level", "error_at",
    },
    "tenants.User": {"language", "is_active", "is_superadmin", "created_at", "signed_out_at", "email_confirmed_at"},
}  # fmt: skip
"""Columns that say nothing of a person to somebody who does not know them already."""
FREE_TEXT = {
    "tenants.Hospital": {
        "name", "slug", "address", "phone", "email", "time_zone", "language", "currency", "status", "npi", "tax_id",
        "taxonomy", "city",
    },
    "tenants.HospitalConfig": {
        "token_reset", "display_names", "on_leave", "order_policy", "carry_over", "presence", "booking_mode", "confirm",
        "public_verification", "pool_booking", "tell_by", "sms_countries", "video_link", "er_targets", "er_clock",
    },
    "tenants.Invitation": {"invited_by"},
    "records.PatientMerge": set(),
    "tenants.JoinCode": {"role"},
    "tenants.ApiKey": {"name", "prefix"},
    "tenants.Membership": set(),
    "directory.Department": {"name", "prefix", "sort", "public_name"},
    "directory.Room": {"name", "place"},
    "directory.Doctor": {
        "name", "specialization", "status", "sort", "employee_no", "qualifications", "licence_no", "npi", "taxonomy",
        "bio", "address", "city", "booking_mode",
    },
    "directory.DoctorDepartment": set(),
    "directory.DepartmentConfig": {"token_reset", "booking_mode"},
    "directory.DoctorVisitType": set(),
    "directory.VisitType": {"name", "colour", "whom"},
    "directory.WorkingHours": set(),
    "directory.Absence": set(),
    "directory.Closure": {"name"},
    "inbox.PatientMessage": {
        "about", "occasion", "channel", "language", "link", "state", "why", "provider_id",
    },
    "inbox.PushSubscription": {"purpose", "about"},
    "er_flow.Section": {"name"},
    "er_flow.Bed": {"name", "sort", "state", "unclean"},
    "er_flow.BedStay": {"precautions"},
    "er_flow.EmergencyFloor": set(),
    "er_flow.Stage": {"state"},
    "queues.SignOn": set(),
    "queues.Appointment": {"mode", "state", "token", "source", "ended_by"},
    "queues.Series": {"rule"},
    "queues.WaitlistEntry": {"part", "state"},
    "queues.LineEstimate": {"model"},
    "queues.Queue": {"sort", "name"},
    "queues.Counter": {"scope"},
    "queues.Leg": {"state", "hold_reason"},
    "queues.Display": {"name", "names"},
    "queues.DisplayLine": set(),
    "queues.DisplayRoom": set(),
}  # fmt: skip
"""Texts of other nouns that are the hospital's own and public inside it."""
NOT_NOTED = {"id", "version", "hospital_id"}
NOUNS = [
    model for model in apps.get_models() if issubclass(model, Versioned) and model.__module__.startswith(ROOMS)
]  # fmt: skip


@pytest.mark.parametrize("model", PEOPLE, ids=lambda model: model.__name__)
def test_every_column_of_a_person_is_personal_secret_or_harmless(model: type[Versioned]) -> None:
    columns = {field.attname for field in model._meta.concrete_fields} - NOT_NOTED
    harmless = HARMLESS[model._meta.label]
    assert sorted(columns - model.personal - model.unlogged - harmless) == [], "say whether these are personal"
    assert sorted(harmless - columns) == []
    assert not harmless & (model.personal | model.unlogged)


@pytest.mark.parametrize("model", [m for m in NOUNS if m not in PEOPLE], ids=lambda model: model.__name__)
def test_every_text_of_other_nouns_was_thought_about(model: type[Versioned]) -> None:
    texts = {
        field.attname
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField) and field.attname not in NOT_NOTED
    }
    known = FREE_TEXT[model._meta.label]
    assert sorted(texts - model.personal - model.unlogged - known) == [], "say whether these are personal"
    assert sorted(known - texts) == []


def test_secrets_are_secret() -> None:
    """Whatever is a password, a hash or a code by its name is never in the log."""
    words = ("password", "secret", "hash", "seed")
    offenders = [
        f"{model._meta.label}.{field.attname}"
        for model in NOUNS
        for field in model._meta.concrete_fields
        if any(word in field.attname for word in words) and field.attname not in model.unlogged
    ]
    assert offenders == []
