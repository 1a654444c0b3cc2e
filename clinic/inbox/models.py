"""What a hospital tells its patients: one row per message and channel, with its outcome (domain/2)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.core.nouns import Noun

MAIL, SMS, PUSH = "mail", "sms", "push"
CHANNELS = ((MAIL, _("E-mail")), (SMS, _("Text message")), (PUSH, _("Notice on the phone")))

PENDING, SENDING = "pending", "sending"
SENT, UNKNOWN, FAILED, CANCELLED, SKIPPED = "sent", "unknown", "failed", "cancelled", "skipped"
STATES = (
    (PENDING, pgettext_lazy("a message", "waits")), (SENDING, pgettext_lazy("a message", "on its way")),
    (SENT, pgettext_lazy("a message", "sent")), (UNKNOWN, pgettext_lazy("a message", "not known whether it was sent")),
    (FAILED, pgettext_lazy("a message", "not sent")), (CANCELLED, pgettext_lazy("a message", "taken back")),
    (SKIPPED, pgettext_lazy("a message", "left out")),
)  # fmt: skip
TO_LOOK_AT = (FAILED, UNKNOWN)
"""Somebody has to decide whether the patient is told again."""

QUIET, LATE, OPTED_OUT, UNTRUE, NO_WAY, OTHER_WAY = "quiet", "late", "opted_out", "untrue", "no_way", "other_way"
WHYS = (
    (QUIET, _("quiet hours")), (LATE, _("too late to be of use")), (OPTED_OUT, _("the patient takes no messages")),
    (UNTRUE, _("no longer true")), (NO_WAY, _("no way to send it is set up")),
    (OTHER_WAY, _("told another way instead")),
)  # fmt: skip

OCCASIONS = (
    ("requested", _("Appointment asked for")), ("booked", _("Appointment booked")),
    ("accepted", _("Appointment accepted")), ("rejected", _("Appointment declined")),
    ("rescheduled", _("Appointment moved")), ("cancelled", _("Appointment cancelled")),
    ("reminder_day", _("Reminder, the day before")), ("reminder_hour", _("Reminder, the hour before")),
    ("two_before", _("Nearly your turn")), ("your_turn", _("Your turn")), ("please_wait", _("Please wait")),
    ("late", _("Doctor late")), ("on_break", _("Doctor on a break")), ("away", _("Doctor away")),
    ("carried_over", _("Carried over")), ("waitlist_offer", _("A place is free")), ("code", _("Code")),
)  # fmt: skip
URGENT = frozenset({"two_before", "your_turn", "please_wait", "code"})
"""Of use now or never: they are not moved to the end of the quiet hours but left out."""
OF_THE_TURN = frozenset({"two_before", "your_turn", "please_wait", "late", "on_break"})
"""What somebody who waits with the phone in the hand is told: by a notice first, where the phone takes them."""


class PatientMessage(Noun):
    """One message on one channel. It is claimed before the provider is called, and never sent by us a second time.

    ``sending`` after its lease means that the process died between the two: nobody knows whether the patient has it.
    The link is made when it is sent; no row, log or event ever holds it.
    """

    kind = "patient_message"
    personal = frozenset({"address", "subject", "body", "error"})
    unlogged = frozenset({"secret"})
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        PENDING: (SENDING, CANCELLED, SKIPPED),
        SENDING: (SENT, FAILED, UNKNOWN, PENDING, SKIPPED),
        UNKNOWN: (SENT,),
        SENT: (),
        FAILED: (),
        CANCELLED: (),
        SKIPPED: (),
    }

    patient = models.ForeignKey(
        "records.Patient", on_delete=models.PROTECT, null=True, blank=True, related_name="messages",
        verbose_name=_("patient"),
    )  # fmt: skip
    """None for a code that was sent to an address, whoever has it."""
    department = models.ForeignKey(
        "directory.Department", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("department"),
    )  # fmt: skip
    about = models.CharField(max_length=80)
    """The reference of what it is about: ``appointment:…``, ``visit:…``."""
    occasion = models.CharField(_("occasion"), max_length=16, choices=OCCASIONS)
    nth = models.BigIntegerField(default=0)
    """What tells two messages of one occasion about one thing apart: the event that brought it."""
    copy = models.PositiveSmallIntegerField(default=0)
    """How often somebody of the staff had it sent again."""
    channel = models.CharField(_("by"), max_length=4, choices=CHANNELS)
    address = models.CharField(_("to"), max_length=254)
    language = models.CharField(_("language"), max_length=8)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    link = models.CharField(max_length=120, blank=True)
    """Purpose and target of the link it leads to: ``booking appointment:…``."""
    secret = models.CharField(max_length=16, blank=True)
    """A one-time code, until it is sent."""
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=PENDING)
    why = models.CharField(_("why"), max_length=10, choices=WHYS, blank=True)
    """Why it was left out."""
    created_at = models.DateTimeField(_("made"))
    not_before = models.DateTimeField(_("not before"))
    valid_until = models.DateTimeField(_("of use until"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    provider_id = models.CharField(max_length=120, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("message to a patient")
        verbose_name_plural = _("messages to patients")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["hospital", "about", "occasion", "channel", "nth", "copy"], name="patientmessage_once"
            ),
            models.CheckConstraint(
                condition=~Q(state=SENDING) | Q(lease_until__isnull=False), name="patientmessage_sending_has_lease"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["hospital", "not_before"], name="patientmessage_due", condition=Q(state__in=(PENDING, SENDING))
            ),
            models.Index(fields=["hospital", "patient", "created_at"], name="patientmessage_of_patient"),
            models.Index(
                fields=["hospital", "created_at"], name="patientmessage_look", condition=Q(state__in=TO_LOOK_AT)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.channel} {self.state}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"messages:{self.patient_id}", "told") if self.patient_id else ("told",)

    @property
    def is_urgent(self) -> bool:
        return self.occasion in URGENT


class PushSubscription(Noun):
    """A browser that wants notices of what one link leads to: as long as the link works, and until it says no.

    What it is reached by is a secret of that browser. Whoever has it could send nothing, for our key signs, but could
    tell the same browser from others: so it is never logged, and pages hold its digest only.
    """

    kind = "push_subscription"
    unlogged = frozenset({"endpoint", "digest", "p256dh", "auth"})

    patient = models.ForeignKey(
        "records.Patient", on_delete=models.PROTECT, related_name="push_subscriptions", verbose_name=_("patient")
    )
    """Whose visit or appointment it was when it was made."""
    purpose = models.CharField(max_length=16)
    about = models.CharField(max_length=80)
    """With the purpose, the link it was made with: ``status`` and ``visit:…``."""
    endpoint = models.CharField(max_length=1000)
    digest = models.CharField(max_length=64)
    """SHA-256 of the endpoint."""
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    created_at = models.DateTimeField(_("made"))

    class Meta(Noun.Meta):
        verbose_name = _("phone that takes notices")
        verbose_name_plural = _("phones that take notices")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "about", "digest"], name="pushsubscription_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.about}"
