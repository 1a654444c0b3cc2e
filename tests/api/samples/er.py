"""Samples of the emergency department."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from er_flow.models import EmergencyVisit
from tests.api.samples import er_made as made
from tests.api.samples.base import Request, get, sample
from tests.world import House

get("er_patients_list", lambda house: "er/patients?status=REGISTERED&esi=2", "nurse")
get("er_patients_retrieve", lambda house: f"er/patients/{made.bedded(house).pk}", "nurse")
get("er_patients_delayed", lambda house: "er/patients/delayed", "nurse")
get("er_beds_list", lambda house: "er/beds?status=OPEN", "nurse")
get("er_beds_retrieve", lambda house: f"er/beds/{made.bed_of(made.bedded(house), house).pk}", "nurse")
get("er_sections_list", lambda house: "er/sections", "nurse")
get("er_surge_list", lambda house: "er/surge", "nurse")
get("er_figures_crowding", lambda house: f"er/crowding?department={made.department(house).pk}", "nurse")
get("er_figures_measures", lambda house: f"er/measures?period=WEEK&department={made.department(house).pk}", "nurse")
get("er_figures_behind", lambda house: f"er/measures/patients?measure=visits&department={made.department(house).pk}")
get("er_figures_log", lambda house: f"er/log?department={made.department(house).pk}&end=here", "nurse")
get("er_figures_eta", lambda house: f"er/patients/{made.triaged(house).pk}/eta", "nurse")
AGE = {"amount": 45, "unit": "years"}


def post(house: House, visit: EmergencyVisit, word: str, body: dict[str, Any], role: str = "nurse") -> Request:
    return Request("POST", f"er/patients/{visit.pk}/{word}", body, role=role)


# --- coming in -------------------------------------------------------------------------------------------------------


@sample("er_patients_create")
def arrive(house: House) -> Request:
    body = {"unknown": True, "department": str(made.department(house).pk), "section": str(made.section(house).pk),
            "age": AGE, "complaint": "Found lying in the street", "arrival_mode": "AMBULANCE", "reported_level": 2,
            "alerts": ["fall"]}  # fmt: skip
    return Request("POST", "er/patients", body, 201, "receptionist")


@sample("er_patients_bulk")
def bulk(house: House) -> Request:
    people = [{"unknown": True, "age": AGE, "complaint": "Burns"},
              {"patient": str(house.patient("Bo", "Burnt").pk), "age": AGE, "complaint": "Smoke"}]  # fmt: skip
    body = {"department": str(made.department(house).pk), "people": people}
    return Request("POST", "er/patients/bulk", body, 201, "receptionist")


@sample("er_patients_identify")
def identify(house: House) -> Request:
    body = {"patient": str(house.patient("Nora", "Named").pk)}
    return post(house, made.arrived(house, known=False), "identify", body, "receptionist")


@sample("er_patients_partial_update")
def details(house: House) -> Request:
    body = {"section": str(made.section(house).pk), "precautions": "droplet", "waiting_for": ["results"]}
    return Request("PATCH", f"er/patients/{made.arrived(house).pk}", body, role="receptionist")


# --- triage ----------------------------------------------------------------------------------------------------------


@sample("er_triage_start")
def start(house: House) -> Request:
    return post(house, made.arrived(house), "start-triage", {})


@sample("er_triage_triage")
def triage(house: House) -> Request:
    return post(house, made.arrived(house), "triage", {**made.CALM_BODY, "level": 4})


@sample("er_triage_bulk")
def bulk_triage(house: House) -> Request:
    one = {**made.CALM_BODY, "visit": str(made.arrived(house).pk), "level": 4}
    return Request("POST", "er/patients/bulk-triage", {"triages": [one]}, role="nurse")


@sample("er_triage_reassess")
def reassess(house: House) -> Request:
    body = {**made.CALM_BODY, "level": 2, "what_changed": "Sweats", "what_was_done": "ECG, monitor"}
    return post(house, made.triaged(house), "reassess", body)


@sample("er_triage_vitals")
def vitals(house: House) -> Request:
    return post(house, made.arrived(house), "vitals", {"vitals": {"hr": 92, "temp": "100.4", "temp_unit": "F"}})


@sample("er_triage_correct")
def correct(house: House) -> Request:
    visit = made.triaged(house)
    body = {**made.CALM_BODY, "triage": str(made.decision_of(visit, house).pk), "level": 3,
            "override_reason": "Looks ill", "reason": "The wrong sheet"}  # fmt: skip
    return post(house, visit, "correct-triage", body)


@sample("er_triage_suggest")
def suggest(house: House) -> Request:
    return Request("POST", "er/esi/suggest", {**made.CALM_BODY, "visit": str(made.arrived(house).pk)}, role="nurse")


# --- care ------------------------------------------------------------------------------------------------------------


@sample("er_care_set_status")
def set_status(house: House) -> Request:
    body = {"status": "IN_BED", "bed": str(made.bed(house).pk)}
    return Request("PATCH", f"er/patients/{made.triaged(house).pk}/status", body, role="nurse")


@sample("er_care_disposition")
def disposition(house: House) -> Request:
    return post(house, made.seen(house), "disposition", {"disposition": "admit", "note": "Cardiology"})


@sample("er_care_withdraw")
def withdraw(house: House) -> Request:
    return post(house, made.decided(house), "withdraw", {"reason": "New chest pain"})


@sample("er_care_team")
def team(house: House) -> Request:
    body = {"nurse": str(made.nurse(house).pk), "provider": str(house.doctor.pk)}
    return post(house, made.arrived(house), "team", body)


@sample("er_care_explain")
def explain(house: House) -> Request:
    return post(house, made.arrived(house), "explain", {"reason": "Two resuscitations at once"})


@sample("er_care_undo")
def undo(house: House) -> Request:
    return post(house, made.triaged(house), "undo", {})


@sample("er_care_set_time")
def set_time(house: House) -> Request:
    at = (timezone.now() - timedelta(minutes=20)).isoformat()
    body = {"mark": "arrived_at", "at": at, "reason": "Seen at the door"}
    return Request("PATCH", f"er/patients/{made.arrived(house).pk}/time", body, role="nurse")


# --- who lies where --------------------------------------------------------------------------------------------------


@sample("er_place_set_bed")
def set_bed(house: House) -> Request:
    body = {"bed": str(made.bed(house).pk)}
    return Request("PATCH", f"er/patients/{made.triaged(house).pk}/bed", body, role="nurse")


@sample("er_place_swap")
def swap(house: House) -> Request:
    return post(house, made.bedded(house), "swap", {"visit": str(made.bedded(house).pk)})


@sample("er_place_best_bed")
def best_bed(house: House) -> Request:
    made.bed(house)
    body = {"section": str(made.section(house).pk), "assign": True}
    return post(house, made.triaged(house), "best-bed", body)


# --- beds, sections, surge -------------------------------------------------------------------------------------------


@sample("er_beds_create")
def add_bed(house: House) -> Request:
    body = {"section": str(made.section(house).pk), "name": "Z9", "kind": "ED", "features": ["cardiac_monitor"]}
    return Request("POST", "er/beds", body, 201)


@sample("er_beds_partial_update")
def change_bed(house: House) -> Request:
    body = {"section": str(made.section(house, "Fast track").pk), "features": ["trauma_bay"]}
    return Request("PATCH", f"er/beds/{made.bed(house).pk}", body)


@sample("er_beds_free")
def free(house: House) -> Request:
    return Request("PATCH", f"er/beds/{made.unclean(house).pk}/free", {}, role="nurse")


@sample("er_beds_set_status")
def set_bed_status(house: House) -> Request:
    body = {"status": "HELD", "visit": str(made.triaged(house).pk)}
    return Request("PATCH", f"er/beds/{made.bed(house).pk}/status", body, role="nurse")


@sample("er_beds_reserve")
def reserve(house: House) -> Request:
    body = {"visit": str(made.triaged(house).pk)}
    return Request("POST", f"er/beds/{made.bed(house).pk}/reserve", body, role="nurse")


@sample("er_beds_release")
def release(house: House) -> Request:
    return Request("POST", f"er/beds/{made.reserved(house)[0].pk}/release", {}, role="nurse")


@sample("er_beds_block")
def block(house: House) -> Request:
    return Request("POST", f"er/beds/{made.bed(house).pk}/block", {"reason": "Broken"}, role="charge_nurse")


@sample("er_beds_unblock")
def unblock(house: House) -> Request:
    return Request("POST", f"er/beds/{made.blocked(house).pk}/unblock", {}, role="charge_nurse")


@sample("er_beds_transfer")
def transfer(house: House) -> Request:
    lies = made.bed_of(made.bedded(house), house)
    return Request("POST", f"er/beds/{lies.pk}/transfer", {"to": str(made.bed(house).pk)}, role="nurse")


@sample("er_beds_swap")
def swap_beds(house: House) -> Request:
    one, other = (made.bed_of(made.bedded(house), house) for _ in range(2))
    return Request("POST", f"er/beds/{one.pk}/swap", {"bed": str(other.pk)}, role="nurse")


@sample("er_sections_create")
def add_section(house: House) -> Request:
    body = {"department": str(made.department(house).pk), "name": "Resuscitation", "position": 1}
    return Request("POST", "er/sections", body, 201)


@sample("er_sections_partial_update")
def change_section(house: House) -> Request:
    return Request("PATCH", f"er/sections/{made.section(house).pk}", {"name": "Majors"})


@sample("er_sections_nurse")
def section_nurse(house: House) -> Request:
    body = {"nurse": str(made.nurse(house).pk)}
    return Request("POST", f"er/sections/{made.section(house).pk}/nurse", body, role="nurse")


@sample("er_surge_set")
def surge(house: House) -> Request:
    body = {"department": str(made.department(house).pk), "on": True, "reason": "Bus accident"}
    return Request("POST", "er/surge", body, role="charge_nurse")
