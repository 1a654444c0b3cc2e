"""The emergency department itself: whoever is let into it holds it, so that it is not closed meanwhile."""

from __future__ import annotations

from uuid import UUID

from clinic.core.errors import NotAllowed, NotFound
from clinic.directory.models import Department


def expect_in_use(department: Department) -> None:
    """Refuse one that is closed, or is none (any more)."""
    if department.sort != Department.EMERGENCY or not department.is_active:
        raise NotAllowed("er.not_an_emergency_department", department=department.name)


def hold(pk: UUID) -> None:
    """Hold it until the operation ends, and refuse unless it is in use. It is held after patients, visits and beds."""
    held: Department | None = Department.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if held is None:
        raise NotFound()
    expect_in_use(held)
