"""The visit in one line, with its states."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from clinic.core.tenancy import TenantManager, TenantQuerySet
from queues.models.lines import Queue
from queues.models.visits import Visit
from queues.models.words import (
    CALLED,
    CANCELLED,
    CARRIED_OVER,
    COMPLETED,
    ENDED,
    HOLDS,
    IN_ORDER,
    IN_PROGRESS,
    LEFT,
    NO_SHOW,
    ON_HOLD,
    OPEN,
    WAITING,
    WITH_SERVER,
)


class LegQuerySet(TenantQuerySet["Leg"]):
    def waiting(self) -> LegQuerySet:
        return self.filter(state=WAITING)

    def open(self) -> LegQuerySet:
        return self.filter(state__in=OPEN)

    def with_server(self) -> LegQuerySet:
        return self.filter(state__in=WITH_SERVER)

    def of_usual_length(self) -> LegQuerySet:
        """Without those that took so long that somebody probably forgot to press "complete" (R3.18)."""
        return self.filter(overlong_at=None)

    def in_order(self) -> LegQuerySet:
        return self.order_by(*IN_ORDER)


LegManager = TenantManager.from_queryset(LegQuerySet)


class Leg(Noun):  # type: ignore[django-manager-missing]
    """A visit in one line: states of domain/3, every start and end a timestamp (R3.1)."""

    kind = "leg"
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        WAITING: (CALLED, LEFT, CANCELLED, ON_HOLD, CARRIED_OVER),
        CALLED: (IN_PROGRESS, COMPLETED, WAITING, NO_SHOW, CANCELLED, ON_HOLD),
        IN_PROGRESS: (COMPLETED, CANCELLED, ON_HOLD),
        ON_HOLD: (WAITING, LEFT, CANCELLED, CARRIED_OVER),
        COMPLETED: (),
        NO_SHOW: (WAITING,),
        LEFT: (WAITING,),
        CANCELLED: (),
        CARRIED_OVER: (),
    }
    STATES = (
        (WAITING, _("waiting")), (CALLED, _("called")), (IN_PROGRESS, _("in the room")), (ON_HOLD, _("on hold")),
        (COMPLETED, _("completed")), (NO_SHOW, _("did not come")), (LEFT, _("left")), (CANCELLED, _("cancelled")),
        (CARRIED_OVER, _("carried over")),
    )  # fmt: skip

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="legs")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="legs")
    state = models.CharField(max_length=12, choices=STATES, default=WAITING)
    server = models.ForeignKey("directory.Doctor", on_delete=models.PROTECT, null=True, blank=True, related_name="legs")
    lane = models.PositiveSmallIntegerField(null=True, blank=True)
    room = models.ForeignKey("directory.Room", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # order
    due = models.BooleanField(default=True)
    effective_at = models.DateTimeField()
    order_at = models.DateTimeField()
    order_no = models.PositiveIntegerField()
    placed = models.BooleanField(default=False)
    # what happened when
    entered_at = models.DateTimeField()
    first_called_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    start_derived = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    calls = models.PositiveSmallIntegerField(default=0)
    spaced_calls = models.PositiveSmallIntegerField(default=0)
    spaced_at = models.DateTimeField(null=True, blank=True)
    skips = models.PositiveSmallIntegerField(default=0)
    # on hold: away keeps its place, tests, payment and papers come back next
    hold_reason = models.CharField(max_length=8, choices=HOLDS, blank=True)
    hold_note = models.CharField(max_length=200, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    back_at = models.DateTimeField(null=True, blank=True)
    """Until when somebody is away; the clock brings them back."""
    returned_at = models.DateTimeField(null=True, blank=True)
    """When somebody came back from tests, payment or papers to be next: who came back first is first among them."""
    # still there? (R3.18)
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    """When the server said that the patient is still there; asked and not answered is shown as a question."""
    overlong_at = models.DateTimeField(null=True, blank=True)
    """Set at 120 minutes: the leg is left out of the statistics of durations."""
    sent_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="sent_to")

    personal = frozenset({"hold_note"})
    objects: ClassVar[Any] = LegManager()

    class Meta(Noun.Meta):
        verbose_name = _("leg")
        verbose_name_plural = _("legs")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["visit"], condition=Q(state__in=OPEN), name="leg_one_open_per_visit"),
            models.UniqueConstraint(
                fields=["server", "lane"], condition=Q(state__in=WITH_SERVER), name="leg_one_per_server_lane"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=WITH_SERVER)
                | Q(server__isnull=False, lane__isnull=False, called_at__isnull=False),
                name="leg_called_has_server",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at__isnull=True) | Q(state__in=ENDED, ended_at__isnull=False),
                name="leg_end_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state=ON_HOLD, held_at__isnull=False) & ~Q(hold_reason="")
                | ~Q(state=ON_HOLD) & Q(held_at__isnull=True, back_at__isnull=True, hold_reason=""),
                name="leg_hold_has_reason",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                "queue",
                models.F("due").desc(),
                "order_at",
                "order_no",
                "id",
                name="leg_line",
                condition=Q(state=WAITING),
            ),
            models.Index(fields=["hospital", "back_at"], name="leg_back", condition=Q(back_at__isnull=False)),
            models.Index(fields=["queue", "ended_at"], name="leg_ended", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.state}"

    def live_topics(self) -> tuple[str, ...]:
        topics = (f"queue:{self.queue_id}", f"visit:{self.visit_id}", "reception")
        return (*topics, f"doctor:{self.server_id}") if self.server_id else topics

    def place(self) -> tuple[bool, datetime, int, str]:
        """The sort key of R3.3, smallest first."""
        return (not self.due, self.order_at, self.order_no, str(self.pk))
