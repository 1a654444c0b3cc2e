"""JSON faces of appointments, series and the waiting list, the topics they are followed by, and the doctor's notices.

Like a visit's, an appointment's document names others (patient, line, doctor, department, type); when such a name
changes ``queues.reactions.follow_names_in_the_book`` tells the log, so that deltas give what a reload gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from clinic.core import sight
from clinic.core.faces import Doc, by_asked, named, stamp, uuids
from clinic.live import registry
from clinic.live.models import Event
from clinic.records.models import shown_name
from queues.models import TAKES_PLACE, Appointment, Queue, Series, WaitlistEntry

_PERSON = ("given_name", "preferred_name", "family_name", "mrn")
_WHO = (
    "patient_id", *(f"patient__{part}" for part in _PERSON), "queue_id", "queue__name", "queue__doctor_id",
    "queue__doctor__name", "queue__department_id", "queue__department__name", "type_id", "type__name",
)  # fmt: skip
_APPOINTMENT = (
    "pk", "version", "state", "mode", "starts_at", "minutes", "service_day", "token", "reason", "notes", "source",
    "booked_at", "held_until", "delay_minutes", "ended_at", "end_reason", "ended_by", "successor_id", "series_id",
    "visit_id", "type__video", *_WHO,
)  # fmt: skip
_SERIES = ("pk", "version", "rule", "starts_at", "minutes", "exceptions", "ended_at", *_WHO)
_ENTRY = (
    "pk", "version", "state", "first_day", "last_day", "part", "note", "entered_at", "offers", "offer_id",
    "offer__starts_at", "offer__held_until", "ended_at", *_WHO,
)  # fmt: skip
OPEN_ENTRIES = (WaitlistEntry.WAITLISTED, WaitlistEntry.OFFERED)
NEW = frozenset({"appointment.requested", "appointment.booked"})
"""Events after which an appointment is new to its doctor."""
UPDATED = frozenset({
    "appointment.accepted", "appointment.rejected", "appointment.paid", "appointment.cancelled",
    "appointment.rescheduled", "appointment.expired", "appointment.checked_in", "appointment.missed",
    "appointment.delayed", "visit.completed", "visit.no_showed", "visit.left", "visit.cancelled",
    "visit.carried_over", "visit.rejoined", "visit.arrival_undone", "visit.undone",
})  # fmt: skip
"""Events after which it is another one than the doctor knows: of a visit's, those that name an appointment."""


def _who(row: dict[str, Any]) -> Doc:
    person = [row[f"patient__{part}"] for part in _PERSON]
    patient = None if row["patient_id"] is None else shown_name(*person)
    return {
        "patient": named(row["patient_id"], patient), "queue": named(row["queue_id"], row["queue__name"]),
        "doctor": named(row["queue__doctor_id"], row["queue__doctor__name"]),
        "department": named(row["queue__department_id"], row["queue__department__name"]),
        "type": named(row["type_id"], row["type__name"]),
    }  # fmt: skip


def appointments(ids: list[str]) -> dict[str, Doc]:
    """One query, however many appointments."""
    rows = Appointment.objects.filter(pk__in=uuids(ids)).values(*_APPOINTMENT)
    return by_asked(ids, {row["pk"]: _appointment_doc(row) for row in rows})


def _appointment_doc(row: dict[str, Any]) -> Doc:
    starts: datetime = row["starts_at"]
    return {
        "id": str(row["pk"]), "version": row["version"], "status": row["state"], "mode": row["mode"], **_who(row),
        "starts_at": stamp(starts), "ends_at": stamp(starts + timedelta(minutes=row["minutes"])),
        "minutes": row["minutes"], "service_day": row["service_day"].isoformat(), "token": row["token"],
        "reason": row["reason"], "notes": row["notes"], "source": row["source"], "video": bool(row["type__video"]),
        "booked_at": stamp(row["booked_at"]), "held_until": stamp(row["held_until"]),
        "delay_minutes": row["delay_minutes"], "ended_at": stamp(row["ended_at"]), "end_reason": row["end_reason"],
        "ended_by": row["ended_by"], "successor": _id(row["successor_id"]), "series": _id(row["series_id"]),
        "visit": _id(row["visit_id"]),
    }  # fmt: skip


def all_series(ids: list[str]) -> dict[str, Doc]:
    rows = Series.objects.filter(pk__in=uuids(ids)).values(*_SERIES)
    return by_asked(ids, {row["pk"]: _series_doc(row) for row in rows})


def _series_doc(row: dict[str, Any]) -> Doc:
    return {
        "id": str(row["pk"]), "version": row["version"], **_who(row), "rule": row["rule"],
        "starts_at": stamp(row["starts_at"]), "minutes": row["minutes"], "exceptions": sorted(row["exceptions"]),
        "ended_at": stamp(row["ended_at"]),
    }  # fmt: skip


def entries(ids: list[str]) -> dict[str, Doc]:
    rows = WaitlistEntry.objects.filter(pk__in=uuids(ids)).values(*_ENTRY)
    return by_asked(ids, {row["pk"]: _entry_doc(row) for row in rows})


def _entry_doc(row: dict[str, Any]) -> Doc:
    offer = None
    if row["state"] == WaitlistEntry.OFFERED and row["offer_id"] is not None:
        offer = {
            "appointment": str(row["offer_id"]), "starts_at": stamp(row["offer__starts_at"]),
            "until": stamp(row["offer__held_until"]),
        }  # fmt: skip
    return {
        "id": str(row["pk"]), "version": row["version"], "status": row["state"], **_who(row),
        "first_day": row["first_day"].isoformat(), "last_day": row["last_day"].isoformat(), "part": row["part"],
        "note": row["note"], "entered_at": stamp(row["entered_at"]), "offers": row["offers"], "offer": offer,
        "ended_at": stamp(row["ended_at"]),
    }  # fmt: skip


def _id(key: object) -> str | None:
    return None if key is None else str(key)


# --- what is in a topic now ------------------------------------------------------------------------------------------


def in_book(**where: Any) -> list[str]:
    """Refs of the appointments that have a place, in the order of time; membership never depends on the clock."""
    rows = Appointment.objects.filter(state__in=TAKES_PLACE, **where).order_by("starts_at", "id")
    return [f"appointment:{pk}" for pk in rows.values_list("pk", flat=True)]


def _around(**where: Any) -> list[str]:
    """The appointments, with the open entries of the waiting list and the running series."""
    waits = WaitlistEntry.objects.filter(state__in=OPEN_ENTRIES, **where).order_by("entered_at", "id")
    runs = Series.objects.filter(ended_at=None, **where).order_by("id")
    return [
        *in_book(**where),
        *(f"waitlist_entry:{pk}" for pk in waits.values_list("pk", flat=True)),
        *(f"series:{pk}" for pk in runs.values_list("pk", flat=True)),
    ]


def of_line(key: str) -> list[str]:
    """For the topic ``queue:<id>``: what is booked and waited for in a line."""
    return _around(queue_id__in=uuids([key]))


def of_patient(key: str) -> list[str]:
    """For the topic ``patient:<id>``."""
    return _around(patient_id__in=uuids([key]))


def _book(key: str) -> Iterable[str]:
    """``book`` is the hospital's, ``book:<queue>`` one line's."""
    return _around(queue_id__in=uuids([key])) if key else _around()


def _of_doctor(key: str) -> Iterable[str]:
    return _around(queue__doctor_id__in=uuids([key]))


def _lines_of_doctor(key: str) -> Iterable[str]:
    lines = Queue.objects.filter(doctor_id__in=uuids([key])).values_list("pk", flat=True)
    return [f"book:{pk}" for pk in lines]


def _appointment(key: str) -> Iterable[str]:
    return [f"appointment:{key}"]


# --- a word to the doctor --------------------------------------------------------------------------------------------


def _lines_of_user(user_id: str) -> Iterable[str]:
    """The own lines of whoever follows ``me``."""
    lines = Queue.objects.filter(doctor__membership__user_id__in=uuids([user_id])).values_list("pk", flat=True)
    return [f"book:{pk}" for pk in lines]


def _tell(events: list[Event]) -> dict[int, tuple[str, str, Doc]]:
    """``appointment:new`` and ``appointment:update``, as the earlier systems called them."""
    about = {event.seq: _newest(event) for event in events}
    docs = appointments([key for key in about.values() if key])
    found: dict[int, tuple[str, str, Doc]] = {}
    for event in events:
        doc = docs.get(about[event.seq])
        if doc is not None:
            is_new = event.name in NEW
            name, op = ("appointment:new", "insert") if is_new else ("appointment:update", "update")
            found[event.seq] = (name, op, notice_doc(doc))
    return found


def notice_doc(doc: Doc) -> Doc:
    """What the word says of an appointment."""
    patient = doc["patient"]
    return {
        "id": doc["id"], "patient": patient["name"] if patient else "", "start": doc["starts_at"],
        "reason": doc["reason"], "status": doc["status"],
    }  # fmt: skip


def _newest(event: Event) -> str:
    """The appointment an event is about; of two (it was moved) the one that takes its place."""
    refs: list[str] = [ref for ref in event.subjects if ref.startswith("appointment:")]
    made = [ref for ref in refs if event.changes.get(ref, {}).get("op") == "insert"]
    return (made or refs or ["appointment:"])[0].partition(":")[2]


def register() -> None:
    """Faces, topics, notices, and whose the rows are (R1.2)."""
    for model in (Appointment, Series, WaitlistEntry):
        sight.belongs(model, "queue__department_id")
    registry.face("appointment", "appointments.view", appointments)
    registry.face("series", "appointments.view", all_series)
    registry.face("waitlist_entry", "appointments.view", entries)
    registry.topic("book", "appointments.view", _book)
    registry.topic("appointments", "appointments.view", _of_doctor, hears=_lines_of_doctor)
    registry.topic("appointment", "appointments.view", _appointment)
    registry.notices("me", registry.Notices(NEW | UPDATED, _lines_of_user, _tell))
