"""What follows an event: a new hospital gets a department and visit types, and the public search follows the log."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from clinic.core.access import SYSTEM
from clinic.directory import listing, operations
from clinic.directory.models import Department, VisitType
from clinic.live.models import Event
from clinic.live.registry import on
from clinic.tenants.days import current_hospital


@on("hospital.registered")
def open_first_department(event: Event) -> None:
    """Idempotent: only a hospital without departments gets one, named in its own language."""
    if Department.objects.exists():
        return
    with translation.override(current_hospital().language):
        operations.add_department(name=gettext("General practice"), prefix="A", actor=SYSTEM)


SHIPPED: tuple[tuple[str, int, dict[str, Any]], ...] = (
    (gettext_noop("Initial consultation"), 60, {"whom": VisitType.NEW}),
    (gettext_noop("Follow-up"), 30, {"whom": VisitType.KNOWN}),
    (gettext_noop("Consultation"), 45, {}),
    (gettext_noop("Procedure"), 90, {"bookable": False}),
    (gettext_noop("Telehealth"), 20, {"video": True}),
    (gettext_noop("Lab review"), 30, {"whom": VisitType.KNOWN}),
)
"""The kinds of visits a new hospital begins with, and their minutes (domain/1)."""


@on("hospital.registered")
def bring_visit_types(event: Event) -> None:
    """Idempotent: only a hospital without visit types gets the shipped six, in its own language."""
    known = set(VisitType.objects.values_list("name", flat=True))
    if known and len(known) >= len(SHIPPED):
        return
    with translation.override(current_hospital().language):
        for name, minutes, more in SHIPPED:
            if gettext(name) not in known:
                operations.add_visit_type(name=gettext(name), minutes=minutes, **more, actor=SYSTEM)


@on(
    "doctor.added", "doctor.changed", "hospital.changed", "hospital.suspended", "hospital.reopened",
    "hospital.registered",
)  # fmt: skip
def follow_listing(event: Event) -> None:
    """The public search shows what is listed now, and nothing else (R1.8). Idempotent: the rows are compared."""
    listing.publish(actor=SYSTEM)
    listing.refresh(actor=SYSTEM)


@on(
    "absence.added", "absence.cancelled", "closure.added", "closure.changed", "closure.removed", "department.changed",
    "department.policies_changed", "doctor.hours_changed", "doctor.own_type_changed", "hospital.policies_changed",
    "visit_type.added", "visit_type.changed",
)  # fmt: skip
def follow_times(event: Event) -> None:
    """The public search says when doctors are free next, which follows their times. Idempotent: it is asked anew."""
    listing.refresh(actor=SYSTEM)
