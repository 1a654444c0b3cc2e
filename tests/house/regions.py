"""The regions and topics a hospital has now, by name: what a change may have to reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from clinic.directory.models import Department, Doctor
from clinic.live import regions
from clinic.records.models import Patient
from clinic.tenants import days
from er_flow.models import Bed, EmergencyVisit
from queues.models import Appointment, Display, Queue, Visit

Keys = Callable[[], Iterable[Any]]


def _keys(model: Any) -> Keys:
    return lambda: model.objects.values_list("pk", flat=True)


def _places() -> Iterable[str]:
    rows = Visit.objects.values_list("department_id", "pk")
    return [*{str(department) for department, _visit in rows}, *(f"{department}#{visit}" for department, visit in rows)]


def _columns() -> Iterable[str]:
    """Each line's day: today's, and the days somebody is booked on."""
    today = days.service_day(days.current_hospital())
    booked = set(Appointment.objects.values_list("queue_id", "service_day"))
    return [f"{pk}/{day}" for pk, day in booked | {(pk, today) for pk in Queue.objects.values_list("pk", flat=True)}]


def _book_days() -> Iterable[str]:
    today = days.service_day(days.current_hospital())
    return [day.isoformat() for day in {today, *Appointment.objects.values_list("service_day", flat=True)}]


def _emergency() -> Iterable[Any]:
    return Department.objects.filter(sort=Department.EMERGENCY, is_active=True).values_list("pk", flat=True)


KEYS: dict[str, Keys] = {
    "book": _columns,
    "book-day": _book_days,
    "booking": lambda: [f"{pk}#{row}" for pk in _keys(Appointment)() for row in ("card", "acts")],
    "book-requests": lambda: ["all"],
    "book-waiters": lambda: ["all"],
    "bookings": lambda: ["today"],
    "doctor-bookings": _keys(Doctor),
    "patient-bookings": _keys(Patient),
    "line": _keys(Queue),
    "queue-head": _keys(Queue),
    "line-label": _keys(Queue),
    "line-away": _keys(Queue),
    "lines-nav": lambda: ["today"],
    "reception-sub": lambda: ["today"],
    "expected": lambda: ["today"],
    "home-day": lambda: ["today"],
    "home-log": lambda: ["today"],
    "left-lines": lambda: ["today"],
    "doctor-bar": _keys(Doctor),
    "doctor-room": _keys(Doctor),
    "doctor-next": _keys(Doctor),
    "doctor-lines": _keys(Doctor),
    "doctor-seen": _keys(Doctor),
    "patient-visits": _keys(Patient),
    "patient-er": _keys(Patient),
    "patient-messages": _keys(Patient),
    "messages-look": lambda: ["today"],
    "display-now": _keys(Display),
    "display-lines": _keys(Display),
    "status": _places,
    "er-board": _emergency,
    "er-wall": _emergency,
    "er-strip": _emergency,
    "er-surge": _emergency,
    "er-wall-surge": _emergency,
    "er-beds": _emergency,
    "er-needs": _emergency,
    "er-quick": _emergency,
    "er-visit": _keys(EmergencyVisit),
}


TOPICS: dict[str, Keys] = {
    "hospital": lambda: [""],
    "members": lambda: [""],
    "me": lambda: [""],
    "directory": lambda: [""],
    "reception": lambda: [""],
    "displays": lambda: [""],
    "queue": _keys(Queue),
    "department": _keys(Department),
    "doctor": _keys(Doctor),
    "visit": _keys(Visit),
    "patient": _keys(Patient),
    "messages": _keys(Patient),
    "book": lambda: ["", *Queue.objects.values_list("pk", flat=True)],
    "appointments": _keys(Doctor),
    "appointment": _keys(Appointment),
    "er": lambda: [""],
    "er_visit": _keys(EmergencyVisit),
    "bed": _keys(Bed),
}
"""Topics of the JSON stream, and the keys there are."""


def all_topics() -> list[str]:
    return [f"{kind}:{key}" if key else kind for kind, keys in TOPICS.items() for key in keys()]


def ours() -> set[str]:
    """The kinds of the product, without those that tests register."""
    return {kind for kind, region in regions.kinds().items() if not region.load.__module__.startswith("tests.")}


def all_names() -> list[str]:
    """Every region of the open hospital: those of what it has now."""
    assert Department.objects.exists()
    return [f"{kind}:{key}" for kind in sorted(ours()) for key in KEYS[kind]()]
