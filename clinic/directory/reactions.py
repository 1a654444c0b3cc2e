"""What follows an event of a lower room: a new hospital gets a department, so that its first patient can come."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext

from clinic.core.access import SYSTEM
from clinic.directory import operations
from clinic.directory.models import Department
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
