"""JSON faces of lines, visits and displays, and the topics a subscriber of the stream gets them by.

A visit's document holds what its current leg says. It names others (patient, line, server, room, department) with
their names, and ``queues.reactions.follow_names`` tells the log when such a name changes: so a document never changes
without an event that has the visit among its subjects, and whoever applies deltas has what a reload would give.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from clinic.core.access import Actor
from clinic.core.faces import Doc, by_asked, named, stamp, uuids
from clinic.directory.models import Doctor
from clinic.live import registry
from clinic.records.models import Patient, shown_name
from clinic.records.operations import note_access
from queues.models import IN_ORDER, OPEN, WAITING, Display, DisplayLine, Leg, Queue, Visit

_VISIT = (
    "pk", "token", "klass", "class_reason", "reason", "source", "service_day", "arrived_at", "ended_at", "outcome",
    "patient_id", "patient__given_name", "patient__preferred_name", "patient__family_name", "patient__mrn",
    "department_id", "department__name",
)  # fmt: skip
_LEG = (
    "pk", "visit_id", "state", "due", "order_at", "order_no", "entered_at", "first_called_at", "called_at",
    "started_at", "ended_at", "calls", "skips", "queue_id", "queue__name", "server_id", "server__name", "room_id",
    "room__name",
)  # fmt: skip


def queues(ids: list[str]) -> dict[str, Doc]:
    rows = Queue.objects.filter(pk__in=uuids(ids))
    return by_asked(ids, {row.pk: queue_doc(row) for row in rows})


def queue_doc(row: Queue) -> Doc:
    return {
        "id": str(row.pk), "kind": row.sort, "name": row.name, "department": str(row.department_id),
        "doctor": str(row.doctor_id) if row.doctor_id else None, "open": row.is_open,
    }  # fmt: skip


def visits(ids: list[str]) -> dict[str, Doc]:
    """Two queries, however many visits."""
    keys = uuids(ids)
    legs = _current_legs(keys)
    rows = Visit.objects.filter(pk__in=keys).values(*_VISIT)
    return by_asked(ids, {row["pk"]: _visit_doc(row, legs[row["pk"]]) for row in rows})


def _current_legs(visits: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Each visit's open leg, else the one that ended last."""
    found: dict[UUID, dict[str, Any]] = {}
    for leg in Leg.objects.filter(visit_id__in=visits).values(*_LEG):
        held = found.get(leg["visit_id"])
        if held is None or _lateness(leg) > _lateness(held):
            found[leg["visit_id"]] = leg
    return found


def _lateness(leg: dict[str, Any]) -> tuple[bool, datetime, UUID]:
    return (leg["state"] in OPEN, leg["ended_at"] or leg["entered_at"], leg["pk"])


def _visit_doc(row: dict[str, Any], leg: dict[str, Any]) -> Doc:
    name = shown_name(
        row["patient__given_name"], row["patient__preferred_name"], row["patient__family_name"], row["patient__mrn"]
    )
    return {
        "id": str(row["pk"]), "token": row["token"], "status": leg["state"], "class": row["klass"],
        "class_reason": row["class_reason"], "reason": row["reason"], "source": row["source"],
        "patient": named(row["patient_id"], name), "department": named(row["department_id"], row["department__name"]),
        "queue": named(leg["queue_id"], leg["queue__name"]), "server": named(leg["server_id"], leg["server__name"]),
        "room": named(leg["room_id"], leg["room__name"]), "order": order_key(leg) if leg["state"] == WAITING else None,
        "calls": leg["calls"], "skips": leg["skips"], "service_day": row["service_day"].isoformat(),
        "arrived_at": stamp(row["arrived_at"]), "first_called_at": stamp(leg["first_called_at"]),
        "called_at": stamp(leg["called_at"]), "started_at": stamp(leg["started_at"]),
        "ended_at": stamp(row["ended_at"]),
    }  # fmt: skip


def order_key(leg: dict[str, Any]) -> str:
    """The place in the line as a text: sorting by it gives R3.3's order. Nothing else may be read from it."""
    since = int(leg["order_at"].timestamp() * 1_000_000)
    return f"{int(not leg['due'])}.{since:018d}.{leg['order_no']:010d}.{leg['pk']}"


def displays(ids: list[str]) -> dict[str, Doc]:
    keys = uuids(ids)
    lines: dict[UUID, list[str]] = {}
    for display, queue in DisplayLine.objects.filter(display__in=keys).order_by("id").values_list("display", "queue"):
        lines.setdefault(display, []).append(str(queue))
    rows = Display.objects.filter(pk__in=keys)
    return by_asked(ids, {row.pk: _display_doc(row, lines.get(row.pk, [])) for row in rows})


def _display_doc(row: Display, lines: list[str]) -> Doc:
    return {
        "id": str(row.pk), "name": row.name, "languages": row.languages, "names": row.names, "queues": lines,
        "paired_at": stamp(row.paired_at), "revoked_at": stamp(row.revoked_at),
    }  # fmt: skip


# --- what is in a topic now ----------------------------------------------------------------------------------------


def open_visits(**where: Any) -> list[str]:
    """Refs of the visits with an open leg that fits, in the order of their line."""
    legs = Leg.objects.filter(state__in=OPEN, **where).order_by("queue_id", *IN_ORDER)
    return [f"visit:{pk}" for pk in legs.values_list("visit_id", flat=True)]


def _ids(rows: Any, kind: str) -> list[str]:
    return [f"{kind}:{pk}" for pk in rows.order_by("id").values_list("pk", flat=True)]


def _queue(key: str) -> Iterable[str]:
    return [f"queue:{key}", *open_visits(queue_id__in=uuids([key]))]


def _department(key: str) -> Iterable[str]:
    here = uuids([key])
    lines, doctors = Queue.objects.filter(department_id__in=here), Doctor.objects.filter(department_id__in=here)
    visits_here = open_visits(visit__department_id__in=here)
    return [f"department:{key}", *_ids(lines, "queue"), *_ids(doctors, "doctor"), *visits_here]


def _doctor(key: str) -> Iterable[str]:
    return [f"doctor:{key}", *open_visits(server_id__in=uuids([key]))]


def _patient(key: str) -> Iterable[str]:
    return [f"patient:{key}", *open_visits(visit__patient_id__in=uuids([key]))]


def _patient_opened(key: str, actor: Actor) -> None:
    """Whoever follows a patient is shown the record (R6.10)."""
    rows = Patient.objects.filter(pk__in=uuids([key]))
    if rows:
        note_access(*rows, page="stream", actor=actor)


def _visit(key: str) -> Iterable[str]:
    return [f"visit:{key}"]


def _reception(_key: str) -> Iterable[str]:
    return [*_ids(Queue.objects.all(), "queue"), *open_visits()]


def _displays(_key: str) -> Iterable[str]:
    return _ids(Display.objects.filter(revoked_at=None), "display")


def register() -> None:
    registry.face("queue", "queues.view", queues)
    registry.face("visit", "queues.view", visits)
    registry.face("display", "displays.manage", displays)
    registry.topic("queue", "queues.view", _queue)
    registry.topic("department", "queues.view", _department)
    registry.topic("doctor", "queues.view", _doctor)
    registry.topic("visit", "queues.view", _visit)
    registry.topic("patient", "patients.view", _patient, _patient_opened)
    registry.topic("reception", "queues.view", _reception)
    registry.topic("displays", "displays.manage", _displays)
