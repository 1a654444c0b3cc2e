"""What this room tells the rooms below: its screens, and where a patient is now."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from clinic.core import screens, sight
from clinic.core.access import Actor
from clinic.core.screens import Screen
from clinic.directory import inside as directory
from clinic.directory.models import Department
from clinic.records import people
from queues.models import Appointment, Display, DisplayLine, DisplayRoom, Leg, Queue, Visit, WaitlistEntry


def _is_doctor(actor: Actor) -> bool:
    return actor.doctor_id is not None and "doctor" in actor.roles


def _calls_elsewhere(actor: Actor) -> bool:
    """Nurses, and clerks who have signed on somewhere (R3.9): the same screen under another word."""
    if "doctor" in actor.roles:
        return False
    return actor.doctor_id is not None or not actor.can("queues.call_for_any")


SCREENS = (
    Screen("reception", _("Desk"), "door-enter", "queues:reception", "queues.view", "r", order=10),
    Screen("book", _("Book"), "calendar", "queues:book", "appointments.view", "b", order=15),
    Screen("doctor", _("Doctor"), "stethoscope", "queues:doctor", "queues.call", "d", order=20, only=_is_doctor),
    Screen(
        "calling",
        _("Calling"),
        "speakerphone",
        "queues:doctor",
        "queues.call",
        "d",
        order=20,
        only=_calls_elsewhere,
    ),
    Screen("home", _("Home"), "home", "queues:home", "hospital.view", "h", order=750, wide=True),
    Screen("displays", _("Screens"), "device-tv", "queues:displays", "displays.manage", "s", order=60),
)


def where(patient_ids: list[UUID]) -> Mapping[UUID, people.Here]:
    """Patients in a line or a room → their token and visit."""
    legs = sight.seen(Leg.objects.open().filter(visit__patient__in=patient_ids))
    rows = legs.values_list("visit__patient_id", "visit__token", "visit_id")
    return {patient: people.Here(token, str(visit)) for patient, token, visit in rows}


def inside(department: Department) -> int:
    """How many are in the lines and rooms of a department."""
    found: int = Leg.objects.open().filter(queue__department=department).count()
    return found


def _visits_of(limits: sight.Departments) -> Q:
    """A visit belongs where its token is from, and wherever it stands or has stood in a line."""
    legs = Leg.objects.filter(visit=OuterRef("pk"), queue__department_id__in=limits)
    return Q(department_id__in=limits) | Q(Exists(legs))


def _displays_of(limits: sight.Departments) -> Q:
    """A screen belongs to the departments whose lines and rooms it shows."""
    lines = DisplayLine.objects.filter(display=OuterRef("pk"), queue__department_id__in=limits)
    rooms = DisplayRoom.objects.filter(display=OuterRef("pk"), room__department_id__in=limits)
    return Q(Exists(lines)) | Q(Exists(rooms))


def install() -> None:
    """Register the screens, whose the rows are, and what look-ups and the patient's page show of the lines."""
    sight.belongs(Queue, "department_id")
    sight.belongs(Leg, "queue__department_id")
    sight.belongs(Visit, _visits_of)
    sight.belongs(Display, _displays_of)
    sight.belongs(Appointment, "queue__department_id")
    sight.belongs(WaitlistEntry, "queue__department_id")
    for screen in SCREENS:
        screens.register(screen)
    people.tells_where(where)
    directory.counts(inside)
    people.shows("patient-bookings", _("Bookings"))
    people.shows("patient-visits", _("Visits"))
