"""A hospital and its policies."""

from __future__ import annotations

from datetime import time
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun, Versioned
from clinic.tenants.models.emergency import EmergencyPolicies
from clinic.tenants.models.fields import HoursField, LanguagesField, ZoneField, default_hours, default_languages

PLATFORM_ID = UUID("00000000-0000-7000-8000-000000000001")
"""The hidden hospital under which what belongs to no hospital is recorded."""


SLUG = r"^[a-z0-9][a-z0-9-]{0,39}$"


class Hospital(Versioned):
    """A tenant. Its slug stands in every address of its pages."""

    kind = "hospital"
    ACTIVE, SUSPENDED = "active", "suspended"
    STATUSES = ((ACTIVE, _("Active")), (SUSPENDED, _("Suspended")))

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(
        _("short name in addresses"), max_length=40,
        validators=[RegexValidator(SLUG, _("Small letters, digits and hyphens; a letter or digit first."))],
    )  # fmt: skip
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    time_zone = ZoneField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(_("language"), max_length=8, default="en")
    currency = models.CharField(
        _("currency"), max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}$")],
    )  # fmt: skip
    service_day_cut = models.TimeField(
        _("the service day starts at"), default=time(4), help_text=_("Local time at which a new day's tokens begin."),
    )  # fmt: skip
    status = models.CharField(_("status"), max_length=10, choices=STATUSES, default=ACTIVE)
    npi = models.CharField(
        _("NPI"), max_length=10, blank=True, validators=[RegexValidator(r"^\d{10}$", _("Ten digits."))]
    )
    tax_id = models.CharField(_("tax id"), max_length=20, blank=True)
    taxonomy = models.CharField(_("taxonomy code"), max_length=10, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    listed = models.BooleanField(
        _("listed in the public search"), default=False,
        help_text=_("Doctors who are listed too can be found by anybody."),
    )  # fmt: skip
    hidden = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("hospital")
        verbose_name_plural = _("hospitals")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["slug"], name="hospital_slug_unique"),
            models.CheckConstraint(condition=models.Q(slug__regex=SLUG), name="hospital_slug_form"),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("hospital",)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_open(self) -> bool:
        return self.status == self.ACTIVE and not self.hidden


class HospitalConfig(EmergencyPolicies, Noun):
    """The policies of R1.9 that something reads; one row per hospital."""

    kind = "hospital_config"
    RESETS = (
        ("daily", _("Every day")),
        ("weekly", _("Every week")),
        ("monthly", _("Every month")),
        ("never", _("Never")),
    )
    NAMES = (("token", _("Token only")), ("initials", _("Initials")), ("first_initial", _("First name and initial")))
    STRICT, AGED = "strict", "aged"
    ORDERS = ((STRICT, _("Class first, then arrival")), (AGED, _("A head start of minutes for each class")))
    ASK, POOL, KEEP = "ask", "pool", "keep"
    LEAVES = ((ASK, _("Ask the desk")), (POOL, _("Move to the pool")), (KEEP, _("Keep in the line")))
    CARRY, LEFT = "carry", "left"
    CLOSES = ((CARRY, _("Expected on the next working day")), (LEFT, _("Ended as left")))
    CONFIRM, ASSUME = "confirm", "assume"
    PRESENCES = ((CONFIRM, _("Expected until they come")), (ASSUME, _("Straight in line")))

    token_reset = models.CharField(_("tokens start again"), max_length=8, choices=RESETS, default="daily")
    skip_places = models.PositiveSmallIntegerField(
        _("a skip goes back by (places)"), default=3, validators=[MinValueValidator(1), MaxValueValidator(50)],
    )  # fmt: skip
    skip_max = models.PositiveSmallIntegerField(_("skips allowed"), default=2, validators=[MaxValueValidator(20)])
    min_calls = models.PositiveSmallIntegerField(
        _("calls before a no-show"), default=2, validators=[MinValueValidator(1), MaxValueValidator(10)],
    )  # fmt: skip
    call_gap = models.PositiveSmallIntegerField(_("seconds between calls that count"), default=60)
    call_total = models.PositiveSmallIntegerField(_("seconds from first call to no-show"), default=120)
    undo_seconds = models.PositiveSmallIntegerField(
        _("seconds an act can be undone"), default=60, validators=[MaxValueValidator(600)],
    )  # fmt: skip
    display_names = models.CharField(_("names on waiting-room screens"), max_length=16, choices=NAMES, default="token")
    default_minutes = models.PositiveSmallIntegerField(
        _("minutes a visit takes, until measured"), default=20,
        validators=[MinValueValidator(3), MaxValueValidator(240)],
    )  # fmt: skip
    buffer_minutes = models.PositiveSmallIntegerField(
        _("minutes between two visits"), default=5, validators=[MaxValueValidator(120)],
    )  # fmt: skip
    queue_soft_limit = models.PositiveSmallIntegerField(
        _("a line warns from (people)"), null=True, blank=True, validators=[MinValueValidator(1)],
    )  # fmt: skip
    queue_hard_limit = models.PositiveSmallIntegerField(
        _("a line is full at (people)"), null=True, blank=True, validators=[MinValueValidator(1)],
    )  # fmt: skip
    hours = HoursField(_("opening hours"), default=default_hours)
    on_leave = models.CharField(_("when a doctor leaves, those waiting"), max_length=4, choices=LEAVES, default=ASK)
    order_policy = models.CharField(_("order of a line"), max_length=6, choices=ORDERS, default=STRICT)
    aged_urgent = models.PositiveSmallIntegerField(_("head start of urgent, minutes"), default=60)
    aged_vip = models.PositiveSmallIntegerField(_("head start of VIP, minutes"), default=30)
    aged_carried_over = models.PositiveSmallIntegerField(_("head start of carried over, minutes"), default=15)
    carry_over = models.CharField(
        _("who still waits at the end of the day"), max_length=5, choices=CLOSES, default=CARRY
    )
    presence = models.CharField(_("carried-over people are"), max_length=7, choices=PRESENCES, default=CONFIRM)
    lapse_at = models.TimeField(
        _("carried-over visits lapse at"), default=time(12), help_text=_("Local time on the day they are expected."),
    )  # fmt: skip
    late_minutes = models.PositiveSmallIntegerField(
        _("minutes \"running late\" adds"), default=10, validators=[MinValueValidator(1), MaxValueValidator(240)],
    )  # fmt: skip
    languages = LanguagesField(_("languages of public screens"), default=default_languages)
    mute_from = models.TimeField(_("screens are silent from"), null=True, blank=True)
    mute_until = models.TimeField(_("screens are silent until"), null=True, blank=True)
    # appointments (domain/2)
    SLOT, TOKEN, BOTH = "slot", "token", "both"
    BOOKINGS = ((SLOT, _("At a time")), (TOKEN, _("By number")), (BOTH, _("At a time or by number")))
    AUTO, BY_DOCTOR = "auto", "doctor"
    CONFIRMS = ((AUTO, _("At once")), (BY_DOCTOR, _("When the doctor accepts")))
    NONE, MAIL, SMS = "none", "mail", "sms"
    VERIFICATIONS = ((NONE, _("Not asked for")), (MAIL, _("A code by e-mail")), (SMS, _("A code by text message")))
    POOLED, LEAST_BUSY = "pool", "least_busy"
    POOL_BOOKINGS = ((POOLED, _("Any doctor on the day")), (LEAST_BUSY, _("The least busy doctor, at once")))
    TELLS = (
        (NONE, _("No messages")), (MAIL, _("E-mail")), (SMS, _("Text message")), (BOTH, _("E-mail and text message")),
    )  # fmt: skip
    booking_mode = models.CharField(_("bookings are"), max_length=5, choices=BOOKINGS, default=BOTH)
    arrival_window = models.PositiveSmallIntegerField(
        _("check-in by phone opens (minutes before)"), default=15, validators=[MaxValueValidator(240)],
    )  # fmt: skip
    late_grace = models.PositiveSmallIntegerField(
        _("minutes late that keep the place"), default=15, validators=[MaxValueValidator(240)],
    )  # fmt: skip
    appointment_lead = models.PositiveSmallIntegerField(
        _("minutes a booked patient goes before walk-ins"), default=30, validators=[MaxValueValidator(1440)],
    )  # fmt: skip
    no_show_after = models.PositiveSmallIntegerField(
        _("minutes until a booking counts as not come"), default=30,
        validators=[MinValueValidator(5), MaxValueValidator(480)],
    )  # fmt: skip
    confirm = models.CharField(_("a booking is confirmed"), max_length=6, choices=CONFIRMS, default=AUTO)
    prepay = models.BooleanField(_("a booking waits for its payment"), default=False)
    hold_minutes = models.PositiveSmallIntegerField(
        _("minutes a place is kept while booking"), default=5, validators=[MinValueValidator(1), MaxValueValidator(60)],
    )  # fmt: skip
    public_verification = models.CharField(
        _("who books online is checked"), max_length=4, choices=VERIFICATIONS, default=NONE
    )
    live_bookings_per_phone = models.PositiveSmallIntegerField(
        _("live bookings of one phone"), default=3, validators=[MinValueValidator(1), MaxValueValidator(50)],
    )  # fmt: skip
    pool_booking = models.CharField(
        _("a booking for any doctor goes to"), max_length=10, choices=POOL_BOOKINGS, default=POOLED
    )
    tell_by = models.CharField(_("patients are told by"), max_length=4, choices=TELLS, default=MAIL)
    sms_countries = models.CharField(
        _("text messages with codes go to (country codes)"), max_length=80, blank=True,
        validators=[RegexValidator(
            r"^\+?[1-9][0-9]{0,3}([ ,]+\+?[1-9][0-9]{0,3})*$", _("Country codes, such as 33 49.")
        )],
        help_text=_("Such as 33 49. Empty: the country of the hospital's own phone number, if it names one."),
    )  # fmt: skip
    video_link = models.CharField(
        _("link of video visits"), max_length=200, blank=True,
        validators=[RegexValidator(r"^https://[^\s{}]+\{room\}[^\s{}]*$", _("An https address with {room} in it."))],
        help_text=_("An https address with {room} where the visit's own room stands."),
    )  # fmt: skip
    idle_minutes = models.PositiveSmallIntegerField(
        _("minutes idle before sign-out"), default=15, validators=[MinValueValidator(1), MaxValueValidator(480)],
    )  # fmt: skip

    class Meta(Noun.Meta):
        verbose_name = _("policies")
        verbose_name_plural = _("policies")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital"], name="hospitalconfig_one"),
            models.CheckConstraint(
                condition=models.Q(aged_urgent__gte=models.F("aged_vip"), aged_vip__gte=models.F("aged_carried_over")),
                name="hospitalconfig_head_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(queue_soft_limit=None)
                | models.Q(queue_hard_limit=None)
                | models.Q(queue_soft_limit__lte=models.F("queue_hard_limit")),
                name="hospitalconfig_limits",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Policies"))

    def live_topics(self) -> tuple[str, ...]:
        return ("hospital",)
