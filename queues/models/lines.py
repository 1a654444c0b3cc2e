"""Lines, who calls from them, and their numbers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun


class Queue(Noun):  # type: ignore[django-manager-missing]
    """A line people wait in: one per doctor, one pool per department, one per counter."""

    kind = "queue"
    DOCTOR, POOL, COUNTER = "doctor", "pool", "counter"
    KINDS = (
        (DOCTOR, _("A doctor's own")), (POOL, _("Any doctor of the department")), (COUNTER, _("A counter")),
    )  # fmt: skip

    sort = models.CharField(_("kind"), max_length=8, choices=KINDS)
    name = models.CharField(_("name"), max_length=120)
    department = models.ForeignKey(
        "directory.Department", on_delete=models.PROTECT, related_name="queues", verbose_name=_("department")
    )
    doctor = models.OneToOneField(
        "directory.Doctor", on_delete=models.PROTECT, null=True, blank=True, related_name="queue",
        verbose_name=_("doctor"),
    )  # fmt: skip
    is_open = models.BooleanField(_("takes people in"), default=True)
    overnight = models.BooleanField(
        _("open across the end of the day"), default=False, help_text=_("Whoever waits keeps place and token."),
    )  # fmt: skip
    left_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the doctor left with people waiting, and the desk has not said yet what becomes of them (on_leave: ask)."""

    class Meta(Noun.Meta):
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "department"], condition=Q(sort="pool"), name="queue_one_pool"),
            models.CheckConstraint(
                condition=Q(sort="doctor", doctor__isnull=False) | Q(sort__in=("pool", "counter"), doctor__isnull=True),
                name="queue_doctor_has_doctor",
            ),
            models.UniqueConstraint(
                fields=["hospital", "name"], condition=Q(sort="counter"), name="queue_counter_name_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return (f"queue:{self.pk}", f"department:{self.department_id}", "reception")


class SignOn(Noun):
    """Somebody calls from this line now, besides the own one and the pool: a nurse, a clerk, a doctor (R3.9)."""

    kind = "sign_on"

    server = models.ForeignKey("directory.Doctor", on_delete=models.PROTECT, related_name="sign_ons")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="sign_ons")
    room = models.ForeignKey("directory.Room", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """Where people are called to; None for the server's own room."""
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(Noun.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["server", "queue"], condition=Q(ended_at__isnull=True), name="signon_once_per_line"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.server_id} {self.queue_id}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"queue:{self.queue_id}", f"doctor:{self.server_id}", "reception")


class Counter(Noun):
    """A number that only grows, taken under its row's lock: tokens of a department and period, places of a line."""

    kind = "counter"

    scope = models.CharField(max_length=80)
    value = models.PositiveIntegerField(default=0)

    class Meta(Noun.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "scope"], name="counter_scope_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.value}"
