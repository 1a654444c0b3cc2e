"""JSON faces of lines, visits and displays, and the topics a subscriber of the stream gets them by.

A visit's document holds what its current leg says. It names others (patient, line, server, room, department) with
their names, and ``queues.reactions.follow_names`` tells the log when such a name changes: so a document never changes
without an event that has the visit among its subjects, and whoever applies deltas has what a reload would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from clinic.core.access import Actor
from clinic.core.faces import Doc, by_asked, named, stamp, uuids
from clinic.directory.models import Doctor
from clinic.live import registry
from clinic.records.models import Patient, shown_name
from clinic.records.operations import note_access
from queues import appointment_faces
from queues.estimates import shown
from queues.estimates.shown import Shown
from queues.models import (
    IN_ORDER,
    ON_HOLD,
    OPEN,
    WAITING,
    Appointment,
    Display,
    DisplayLine,
    DisplayRoom,
    Leg,
    LineEstimate,
    Queue,
    Visit,
)

EXPECTED = "expected"
"""The status of a visit that was carried over to a day and has no leg there yet."""
_VISIT = (
    "pk", "token", "klass", "class_reason", "reason", "source", "service_day", "arrived_at", "ended_at", "outcome",
    "patient_id", "patient__given_name", "patient__preferred_name", "patient__family_name", "patient__mrn",
    "department_id", "department__name", "expected_on", "expected_queue_id", "expected_queue__name", "rejoin_asked_at",
    "hospital__time_zone", "type_id", "appointment__pk", "appointment__starts_at",
)  # fmt: skip
_LEG = (
    "pk", "visit_id", "state", "due", "order_at", "order_no", "entered_at", "first_called_at", "called_at",
    "started_at", "ended_at", "calls", "skips", "queue_id", "queue__name", "server_id", "server__name", "room_id",
    "room__name", "hold_reason", "held_at", "back_at", "asked_at", "answered_at",
)  # fmt: skip


def queues(ids: list[str]) -> dict[str, Doc]:
    rows = with_estimates(Queue.objects.filter(pk__in=uuids(ids)))
    return by_asked(ids, {row.pk: queue_doc(row) for row in rows})


def with_estimates(rows: QuerySet[Queue]) -> QuerySet[Queue]:
    """What ``queue_doc`` shows, in one query; without the waits, which are the visits' own."""
    return rows.select_related("estimate").defer("estimate__waits")


def queue_doc(row: Queue) -> Doc:
    estimate: LineEstimate | None = getattr(row, "estimate", None)
    joining = estimate.joining if estimate is not None else None
    return {
        "id": str(row.pk), "kind": row.sort, "name": row.name, "department": str(row.department_id),
        "doctor": str(row.doctor_id) if row.doctor_id else None, "open": row.is_open,
        "overnight": row.overnight,
        "paused": estimate is not None and estimate.paused,
        "joining": {"low": joining[0], "high": joining[1]} if joining else None, "left_at": stamp(row.left_at),
    }  # fmt: skip


def visits(ids: list[str]) -> dict[str, Doc]:
    """Three queries, however many visits."""
    keys = uuids(ids)
    legs = _current_legs(keys)
    waits = shown.of({leg["queue_id"] for leg in legs.values() if leg["state"] == WAITING})
    rows = Visit.objects.filter(pk__in=keys).values(*_VISIT)
    return by_asked(ids, {row["pk"]: _visit_doc(row, legs.get(row["pk"]) or _not_here(row), waits) for row in rows})


def _not_here(row: dict[str, Any]) -> dict[str, Any]:
    """What a leg would say of a visit that is carried over and has not come yet (R3.22)."""
    nothing = dict.fromkeys(_LEG)
    line = {"queue_id": row["expected_queue_id"], "queue__name": row["expected_queue__name"]}
    return {**nothing, "state": row["outcome"] or EXPECTED, "calls": 0, "skips": 0, **line}


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


def _visit_doc(row: dict[str, Any], leg: dict[str, Any], waits: Mapping[UUID, Shown]) -> Doc:
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
        "expected_on": row["expected_on"].isoformat() if row["expected_on"] else None, "hold": _hold(leg),
        "rejoin_asked_at": stamp(row["rejoin_asked_at"]), **_wait(row, leg, waits),
        "asked_at": None if leg["answered_at"] or leg["ended_at"] else stamp(leg["asked_at"]),
        "type": str(row["type_id"]) if row["type_id"] else None, "appointment": _booked(row),
        "due": leg["due"] is not False,
    }  # fmt: skip


def _booked(row: dict[str, Any]) -> Doc | None:
    """The appointment that the visit began with, and its nominal start, which no longer changes."""
    if row["appointment__pk"] is None:
        return None
    return {"id": str(row["appointment__pk"]), "starts_at": stamp(row["appointment__starts_at"])}


def appointment_of(visit: Visit) -> str | None:
    """The id of the appointment the visit began with; None for a walk-in's."""
    booked = Appointment.objects.filter(visit=visit).values_list("pk", flat=True).first()
    return str(booked) if booked else None


def _wait(row: dict[str, Any], leg: dict[str, Any], waits: Mapping[UUID, Shown]) -> Doc:
    """When the call is expected, or that nobody calls now (R3.31)."""
    line = waits.get(leg["queue_id"]) if leg["state"] == WAITING else None
    told = None if line is None or line.paused else line.waits.get(leg["pk"])
    return {"wait": wait_doc(told, ZoneInfo(row["hospital__time_zone"])), "paused": line is not None and line.paused}


def wait_doc(told: tuple[datetime, datetime] | None, zone: ZoneInfo) -> Doc | None:
    """The stored moments, p50 and p90, so that a document is the same whenever it is asked for."""
    if told is None:
        return None
    low, high = (moment.astimezone(zone) for moment in told)
    return {"low": stamp(low), "high": stamp(high), "text": f"{low:%H:%M}–{high:%H:%M}"}


def _hold(leg: dict[str, Any]) -> Doc | None:
    """Why somebody is on hold, since when, and for somebody away until when."""
    if leg["state"] != ON_HOLD:
        return None
    return {"reason": leg["hold_reason"], "since": stamp(leg["held_at"]), "back_at": stamp(leg["back_at"])}


def order_key(leg: dict[str, Any]) -> str:
    """The place in the line as a text: sorting by it gives R3.3's order. Nothing else may be read from it."""
    since = int(leg["order_at"].timestamp() * 1_000_000)
    return f"{int(not leg['due'])}.{since:018d}.{leg['order_no']:010d}.{leg['pk']}"


def displays(ids: list[str]) -> dict[str, Doc]:
    keys = uuids(ids)
    lines: dict[UUID, list[str]] = {}
    for display, queue in DisplayLine.objects.filter(display__in=keys).order_by("id").values_list("display", "queue"):
        lines.setdefault(display, []).append(str(queue))
    rooms: dict[UUID, list[str]] = {}
    for display, room in DisplayRoom.objects.filter(display__in=keys).order_by("id").values_list("display", "room"):
        rooms.setdefault(display, []).append(str(room))
    rows = Display.objects.filter(pk__in=keys)
    return by_asked(ids, {row.pk: _display_doc(row, lines.get(row.pk, []), rooms.get(row.pk, [])) for row in rows})


def _display_doc(row: Display, lines: list[str], rooms: list[str]) -> Doc:
    return {
        "id": str(row.pk), "name": row.name, "languages": row.languages, "names": row.names, "sound": row.sound,
        "queues": lines, "rooms": rooms, "paired_at": stamp(row.paired_at), "revoked_at": stamp(row.revoked_at),
    }  # fmt: skip


# --- what is in a topic now ----------------------------------------------------------------------------------------


def open_visits(**where: Any) -> list[str]:
    """Refs of the visits with an open leg that fits, in the order of their line."""
    legs = Leg.objects.filter(state__in=OPEN, **where).order_by("queue_id", *IN_ORDER)
    return [f"visit:{pk}" for pk in legs.values_list("visit_id", flat=True)]


def _ids(rows: Any, kind: str) -> list[str]:
    return [f"{kind}:{pk}" for pk in rows.order_by("id").values_list("pk", flat=True)]


def _queue(key: str) -> Iterable[str]:
    return [f"queue:{key}", *open_visits(queue_id__in=uuids([key])), *appointment_faces.of_line(key)]


def _department(key: str) -> Iterable[str]:
    here = uuids([key])
    lines, doctors = Queue.objects.filter(department_id__in=here), Doctor.objects.filter(department_id__in=here)
    visits_here = open_visits(visit__department_id__in=here)
    return [f"department:{key}", *_ids(lines, "queue"), *_ids(doctors, "doctor"), *visits_here]


def _doctor(key: str) -> Iterable[str]:
    return [f"doctor:{key}", *open_visits(server_id__in=uuids([key]))]


def _patient(key: str) -> Iterable[str]:
    visits_here = open_visits(visit__patient_id__in=uuids([key]))
    return [f"patient:{key}", *visits_here, *appointment_faces.of_patient(key)]


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
    appointment_faces.register()
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
