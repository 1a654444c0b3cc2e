"""Lines, stays and their parts (domain/3). A Visit is one stay under one token; a Leg is the visit in one line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from clinic.core.tenancy import TenantManager, TenantQuerySet

URGENT, VIP, CARRIED_OVER, NORMAL = "urgent", "vip", "carried_over", "normal"
CLASSES = ((URGENT, _("Urgent")), (VIP, _("VIP")), (CARRIED_OVER, _("Carried over")), (NORMAL, _("Normal")))
HEAD_START = {
    URGENT: timedelta(days=30),
    VIP: timedelta(days=20),
    CARRIED_OVER: timedelta(days=10),
    NORMAL: timedelta(),
}
"""R3.4 strict: head starts of days, so that no wait ever lifts a class above the one before it."""

WAITING, CALLED, IN_PROGRESS, ON_HOLD = "waiting", "called", "in_progress", "on_hold"
COMPLETED, NO_SHOW, LEFT, CANCELLED = "completed", "no_show", "left", "cancelled"
OPEN = (WAITING, CALLED, IN_PROGRESS, ON_HOLD)
WITH_SERVER = (CALLED, IN_PROGRESS)
ENDED = (COMPLETED, NO_SHOW, LEFT, CANCELLED)

IN_ORDER = ("-due", "order_at", "order_no", "id")
"""R3.3: the order of a line."""


class Queue(Noun):  # type: ignore[django-manager-missing]
    """A line people wait in: one per doctor, one pool per department, one per counter."""

    kind = "queue"
    DOCTOR, POOL = "doctor", "pool"
    KINDS = ((DOCTOR, _("A doctor's own")), (POOL, _("Any doctor of the department")))

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

    class Meta(Noun.Meta):
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "department"], condition=Q(sort="pool"), name="queue_one_pool"),
            models.CheckConstraint(
                condition=Q(sort="doctor", doctor__isnull=False) | Q(sort="pool", doctor__isnull=True),
                name="queue_doctor_has_doctor",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return (f"queue:{self.pk}", f"department:{self.department_id}", "reception")


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


class Visit(Noun):  # type: ignore[django-manager-missing]
    """One stay of one patient, under one token. ``ended_at`` is None while a leg is open."""

    kind = "visit"
    personal = frozenset({"reason", "class_reason"})

    patient = models.ForeignKey("records.Patient", on_delete=models.PROTECT, related_name="visits")
    department = models.ForeignKey("directory.Department", on_delete=models.PROTECT, related_name="visits")
    token_period = models.DateField()
    token_number = models.PositiveIntegerField()
    token = models.CharField(_("token"), max_length=12)
    service_day = models.DateField()
    klass = models.CharField(_("class"), max_length=12, choices=CLASSES, default=NORMAL)
    class_reason = models.CharField(_("why this class"), max_length=200, blank=True)
    reason = models.CharField(_("reason for the visit"), max_length=200, blank=True)
    source = models.CharField(max_length=12, default="desk")
    arrived_at = models.DateTimeField(_("arrived"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["hospital", "department", "token_period", "token_number"], name="visit_token_unique"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="visit_end_has_outcome",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["hospital", "service_day", "department"], name="visit_day"),
            models.Index(
                fields=["hospital", "patient"], name="visit_open_of_patient", condition=Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.token

    def live_topics(self) -> tuple[str, ...]:
        return (f"visit:{self.pk}", f"department:{self.department_id}", f"patient:{self.patient_id}", "reception")


class LegQuerySet(TenantQuerySet["Leg"]):
    def waiting(self) -> LegQuerySet:
        return self.filter(state=WAITING)

    def open(self) -> LegQuerySet:
        return self.filter(state__in=OPEN)

    def with_server(self) -> LegQuerySet:
        return self.filter(state__in=WITH_SERVER)

    def in_order(self) -> LegQuerySet:
        return self.order_by(*IN_ORDER)


LegManager = TenantManager.from_queryset(LegQuerySet)


class Leg(Noun):
    """A visit in one line: states of domain/3, every start and end a timestamp (R3.1)."""

    kind = "leg"
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        WAITING: (CALLED, LEFT, CANCELLED, ON_HOLD),
        CALLED: (IN_PROGRESS, COMPLETED, WAITING, NO_SHOW, CANCELLED, ON_HOLD),
        IN_PROGRESS: (COMPLETED, CANCELLED, ON_HOLD),
        ON_HOLD: (WAITING, LEFT, CANCELLED),
        COMPLETED: (),
        NO_SHOW: (WAITING,),
        LEFT: (WAITING,),
        CANCELLED: (),
    }
    STATES = (
        (WAITING, _("waiting")), (CALLED, _("called")), (IN_PROGRESS, _("in the room")), (ON_HOLD, _("on hold")),
        (COMPLETED, _("completed")), (NO_SHOW, _("did not come")), (LEFT, _("left")), (CANCELLED, _("cancelled")),
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


class Display(Noun):
    """A waiting-room screen, paired to some lines (R3.42)."""

    kind = "display"

    name = models.CharField(_("name"), max_length=80)
    languages = models.JSONField(_("languages spoken"), default=list)
    names = models.CharField(_("names shown"), max_length=16, default="token")
    paired_at = models.DateTimeField(_("paired"))
    revoked_at = models.DateTimeField(_("switched off"), null=True, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("display")
        verbose_name_plural = _("displays")

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return (f"display:{self.pk}", "displays")


class DisplayLine(Noun):
    """A line that a display shows."""

    kind = "display_line"

    display = models.ForeignKey(Display, on_delete=models.PROTECT, related_name="lines")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")

    class Meta(Noun.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["display", "queue"], name="displayline_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.display_id} {self.queue_id}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"display:{self.display_id}",)
