"""Verbs of a hospital itself."""

from __future__ import annotations

from typing import Any

from clinic.core.access import Actor
from clinic.live.record import change, operation, record
from clinic.tenants.models import Hospital, HospitalConfig
from clinic.tenants.operations.checks import here, valid

FIELDS = ("name", "address", "phone", "email", "time_zone", "language", "currency", "service_day_cut")
POLICIES = (
    "token_reset", "skip_places", "skip_max", "min_calls", "call_gap", "call_total", "undo_seconds", "display_names",
    "idle_minutes",
)  # fmt: skip


@operation("hospital.manage")
def change_hospital(hospital: Hospital, *, actor: Actor, **fields: Any) -> Hospital:
    """Change what the hospital says of itself; pages and public screens follow."""
    here(hospital.pk)
    if change(hospital, **valid(hospital, fields, allowed=FIELDS)):
        record("hospital.changed", hospital)
    return hospital


@operation("hospital.manage")
def change_policies(config: HospitalConfig, *, actor: Actor, **fields: Any) -> HospitalConfig:
    """Change policies (R1.9); they hold from the next act on."""
    here(config.hospital_id)
    if change(config, **valid(config, fields, allowed=POLICIES)):
        record("hospital.policies_changed", config)
    return config


@operation("hospital.close")
def suspend_hospital(hospital: Hospital, *, reason: str = "", actor: Actor) -> Hospital:
    """Close the hospital's doors (R1.4): only owners come in, public pages end, nothing is deleted."""
    here(hospital.pk)
    if change(hospital, status=Hospital.SUSPENDED):
        record("hospital.suspended", hospital, reason=reason)
    return hospital


@operation("hospital.close")
def reopen_hospital(hospital: Hospital, *, actor: Actor) -> Hospital:
    """Open a suspended hospital again."""
    here(hospital.pk)
    if change(hospital, status=Hospital.ACTIVE):
        record("hospital.reopened", hospital)
    return hospital
