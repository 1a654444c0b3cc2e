"""Somebody comes at a time that was agreed on (domain/2): the appointment, the places it takes, and its series."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from clinic.core.tenancy import TenantModel
from queues.models.lines import Queue
from queues.models.visits import Visit

HELD, REQUESTED, AWAITING_PAYMENT, CONFIRMED = "held", "requested", "awaiting_payment", "confirmed"
CHECKED_IN, FULFILLED = "checked_in", "completed"
REJECTED, RESCHEDULED, EXPIRED, MISSED, CALLED_OFF = "rejected", "rescheduled", "expired", "no_show", "cancelled"

LIVE = (HELD, REQUESTED, AWAITING_PAYMENT, CONFIRMED)
"""Those that take a place and have not come yet."""
TAKES_PLACE = (*LIVE, CHECKED_IN)
"""Those whose slot nobody else may have."""
BOOKED = (REQUESTED, AWAITING_PAYMENT, CONFIRMED)
"""Live ones of a person (a hold need not name anybody yet)."""

SLOT, TOKEN = "slot", "token"
TICK_MINUTES = 5
"""Starts and lengths are multiples of it (R2.2)."""


class Appointment(Noun):
    """A patient is to come to a line (a doctor's own, or a pool) at a start, or under a token of a day (R2.1)."""

    kind = "appointment"
    personal = frozenset({"reason", "notes", "end_reason", "said_given", "said_family"})
    unlogged = frozenset({"video_room", "hold_hash"})
    hold_secret = ""
    """What whoever made a hold has in hand: told once, and never kept."""
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        HELD: (REQUESTED, CONFIRMED, AWAITING_PAYMENT, EXPIRED),
        REQUESTED: (AWAITING_PAYMENT, CONFIRMED, REJECTED, CALLED_OFF, RESCHEDULED),
        AWAITING_PAYMENT: (CONFIRMED, CALLED_OFF, EXPIRED),
        CONFIRMED: (CHECKED_IN, CALLED_OFF, RESCHEDULED, MISSED),
        CHECKED_IN: (FULFILLED, MISSED, CALLED_OFF),
        MISSED: (CHECKED_IN,),
        FULFILLED: (),
        REJECTED: (),
        CALLED_OFF: (CHECKED_IN,),
        RESCHEDULED: (),
        EXPIRED: (),
    }
    STATES = (
        (HELD, _("held")), (REQUESTED, _("requested")), (AWAITING_PAYMENT, _("awaiting payment")),
        (CONFIRMED, _("confirmed")), (CHECKED_IN, _("checked in")), (FULFILLED, _("completed")),
        (REJECTED, _("rejected")), (CALLED_OFF, _("cancelled")), (RESCHEDULED, _("rescheduled")),
        (EXPIRED, _("expired")), (MISSED, _("did not come")),
    )  # fmt: skip
    ONLINE, DESK, PHONE, API, OF_SERIES, WAITLIST = "online", "desk", "phone", "api", "series", "waitlist"
    SOURCES = (
        (ONLINE, _("online")), (DESK, _("at the desk")), (PHONE, _("by phone")), (API, _("by another system")),
        (OF_SERIES, _("series")), (WAITLIST, _("waiting list")),
    )  # fmt: skip
    MODES = ((SLOT, _("at a time")), (TOKEN, _("by number")))

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("line"))
    patient = models.ForeignKey(
        "records.Patient", on_delete=models.PROTECT, null=True, blank=True, related_name="appointments",
        verbose_name=_("patient"),
    )  # fmt: skip
    """None only while held."""
    type = models.ForeignKey(
        "directory.VisitType", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("visit type"),
    )  # fmt: skip
    mode = models.CharField(max_length=5, choices=MODES, default=SLOT)
    state = models.CharField(_("state"), max_length=16, choices=STATES, default=REQUESTED)
    starts_at = models.DateTimeField(_("starts"))
    """The nominal start; by number: the session's start + (rank − 1) × minutes (R2.6)."""
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    buffer_minutes = models.PositiveSmallIntegerField(default=0)
    service_day = models.DateField()
    token_period = models.DateField(null=True, blank=True)
    token_number = models.PositiveIntegerField(null=True, blank=True)
    token = models.CharField(_("token"), max_length=12, blank=True)
    reason = models.CharField(_("reason for the visit"), max_length=200, blank=True)
    notes = models.CharField(_("notes"), max_length=500, blank=True)
    source = models.CharField(_("booked"), max_length=10, choices=SOURCES, default=DESK)
    said_given = models.CharField(max_length=80, blank=True)
    said_family = models.CharField(max_length=80, blank=True)
    """Of an online booking: the name as it was typed. Its page shows this one, and not who the record says it is."""
    video_room = models.CharField(max_length=64, blank=True)
    """Unguessable; the link is made from the hospital's template."""
    booked_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)
    """Until when the place is kept for a hold, or for the payment (R2.3)."""
    hold_hash = models.CharField(max_length=64, blank=True)
    """Of a hold: whose it is, as a hash; nobody else books it or gives it back (queues/operations/held_by.py)."""
    overridden = models.BooleanField(default=False)
    """The desk has let the person book twice (R2.4), or somebody did who has not shown who they are (R2.13)."""
    proved = models.BooleanField(default=False)
    """Of an online booking: made with a code that was sent to the record's own phone or mailbox."""
    delay_minutes = models.PositiveSmallIntegerField(default=0)
    """"I'm late", as the patient said."""
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=200, blank=True)
    ended_by = models.CharField(max_length=8, blank=True)
    """patient, desk, doctor or clock."""
    successor = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="predecessor"
    )
    series = models.ForeignKey(
        "queues.Series", on_delete=models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, null=True, blank=True, related_name="appointment")

    class Meta(Noun.Meta):
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["patient", "queue", "service_day"], condition=Q(state__in=BOOKED, overridden=False),
                name="appointment_one_live_per_day",
            ),
            models.CheckConstraint(
                condition=Q(patient__isnull=False) | Q(state__in=(HELD, EXPIRED)), name="appointment_has_patient"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(*LIVE, CHECKED_IN), ended_at__isnull=True)
                | Q(state__in=(FULFILLED, REJECTED, CALLED_OFF, RESCHEDULED, EXPIRED, MISSED), ended_at__isnull=False),
                name="appointment_end_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=CHECKED_IN) | Q(visit__isnull=False), name="appointment_came_has_visit"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(HELD, AWAITING_PAYMENT)) | Q(held_until__isnull=False),
                name="appointment_hold_ends",
            ),
        ]  # fmt: skip
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["hospital", "service_day", "queue"], name="appointment_day"),
            models.Index(fields=["hospital", "patient", "starts_at"], name="appointment_of_patient"),
            models.Index(fields=["queue", "starts_at"], name="appointment_of_line"),
            models.Index(
                fields=["hospital", "held_until"], name="appointment_holds", condition=Q(held_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def shown_name(self) -> tuple[str, str]:
        """Given and family name for whoever holds the link: as they were typed, for that may be a stranger (R2.13)."""
        if self.said_given:
            return self.said_given, self.said_family
        if self.patient is None:
            return "", ""
        return self.patient.preferred_name or self.patient.given_name, self.patient.family_name

    def live_topics(self) -> tuple[str, ...]:
        topics = (f"appointment:{self.pk}", f"queue:{self.queue_id}", f"book:{self.queue_id}", "book")
        return (*topics, f"patient:{self.patient_id}") if self.patient_id else topics


class SlotTick(TenantModel):
    """Five minutes of one place of a line, taken by an appointment: the database refuses the second (R2.2).

    Derived from the appointment's start, minutes, buffer and state, and written in the same transaction, in ascending
    order, so that two who book overlapping times meet at the first common tick and never in a ring.
    """

    id = models.BigAutoField(primary_key=True)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")
    tick = models.PositiveIntegerField()
    """Five-minute steps since 1970 (UTC)."""
    place = models.PositiveSmallIntegerField(default=0)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="ticks")

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["queue", "tick", "place"], name="slottick_taken"),
        ]

    def __str__(self) -> str:
        return f"{self.tick} {self.place}"


class Series(Noun):
    """Appointments that come again (R2.10): the rule of RFC 5545, and what it was made with."""

    kind = "series"

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="series")
    patient = models.ForeignKey("records.Patient", on_delete=models.PROTECT, related_name="series")
    type = models.ForeignKey("directory.VisitType", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    rule = models.CharField(_("rule"), max_length=200)
    """RRULE with COUNT or UNTIL, in the hospital's local time."""
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    exceptions = models.JSONField(default=list, blank=True)
    """Local dates (ISO) that the rule names and the series leaves out."""
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        return self.rule

    def live_topics(self) -> tuple[str, ...]:
        return (f"queue:{self.queue_id}", f"book:{self.queue_id}", "book", f"patient:{self.patient_id}")


class WaitlistEntry(Noun):
    """Somebody who wants an earlier or a free place: `waitlisted → offered (timed hold) → confirmed | lapsed`."""

    kind = "waitlist_entry"
    personal = frozenset({"note"})
    WAITLISTED, OFFERED, TAKEN, GONE, WITHDRAWN = "waitlisted", "offered", "confirmed", "lapsed", "withdrawn"
    STATES = (
        (WAITLISTED, _("on the waiting list")), (OFFERED, _("offered a place")), (TAKEN, _("confirmed")),
        (GONE, _("lapsed")), (WITHDRAWN, _("withdrawn")),
    )  # fmt: skip
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        WAITLISTED: (OFFERED, WITHDRAWN, GONE),
        OFFERED: (TAKEN, WAITLISTED, GONE, WITHDRAWN),
        TAKEN: (),
        GONE: (),
        WITHDRAWN: (),
    }
    ANY, MORNING, AFTERNOON = "any", "morning", "afternoon"
    PARTS = ((ANY, _("any time")), (MORNING, _("before noon")), (AFTERNOON, _("after noon")))

    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="waitlist")
    patient = models.ForeignKey("records.Patient", on_delete=models.PROTECT, related_name="waitlist")
    type = models.ForeignKey("directory.VisitType", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    part = models.CharField(max_length=10, choices=PARTS, default=ANY)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=STATES, default=WAITLISTED)
    entered_at = models.DateTimeField()
    offers = models.PositiveSmallIntegerField(default=0)
    offer = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="waitlist_entry"
    )
    """The place offered last: a hold, or what became of it."""
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("waiting list entry")
        verbose_name_plural = _("waiting list")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="waitlist_has_days"),
            models.UniqueConstraint(
                fields=["patient", "queue"], condition=Q(state__in=("waitlisted", "offered")), name="waitlist_once"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["queue", "entered_at"], name="waitlist_line", condition=Q(state="waitlisted")),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} {self.state}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"queue:{self.queue_id}", f"book:{self.queue_id}", "book", f"patient:{self.patient_id}")
