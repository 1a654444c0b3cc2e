"""What this room tells the rooms below: its screens, and where a patient is now."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core import screens
from clinic.core.access import Actor
from clinic.core.screens import Screen
from clinic.records import people
from queues.models import Leg


def _is_doctor(actor: Actor) -> bool:
    return actor.doctor_id is not None


SCREENS = (
    Screen("reception", _("Desk"), "door-enter", "queues:reception", "queues.view", "r", order=10),
    Screen("doctor", _("Doctor"), "stethoscope", "queues:doctor", "queues.call", "d", order=20, only=_is_doctor),
    Screen("displays", _("Screens"), "device-tv", "queues:displays", "displays.manage", "s", order=60),
)


def where(patient_ids: list[UUID]) -> Mapping[UUID, str]:
    """Patients in a line or a room → their token."""
    legs = Leg.objects.open().filter(visit__patient__in=patient_ids)
    return dict(legs.values_list("visit__patient_id", "visit__token"))


def install() -> None:
    """Register the screens, and what look-ups and the patient's page show of the lines."""
    for screen in SCREENS:
        screens.register(screen)
    people.tells_where(where)
    if "patient-visits" not in people.sections:
        people.sections.append("patient-visits")
