"""Kinds of visits, weeks, absences and closures."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from clinic.directory.models.doctors import Doctor
from clinic.directory.models.places import Department
from clinic.tenants.models import HoursField


class VisitType(Noun):
    """A kind of visit with its usual length (domain/1)."""

    kind = "visit_type"
    EVERYBODY, NEW, KNOWN = "everybody", "new", "known"
    WHOM = ((EVERYBODY, _("Everybody")), (NEW, _("New patients")), (KNOWN, _("Known patients")))

    name = models.CharField(_("name"), max_length=80)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(3), MaxValueValidator(480)],
    )  # fmt: skip
    buffer_minutes = models.PositiveSmallIntegerField(_("minutes after it"), default=0)
    fee = models.DecimalField(
        _("fee"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
    )  # fmt: skip
    colour = models.CharField(
        _("colour"), max_length=7, blank=True, validators=[RegexValidator(r"^#[0-9a-f]{6}$", _("#rrggbb"))],
    )  # fmt: skip
    video = models.BooleanField(_("by video"), default=False)
    bookable = models.BooleanField(_("can be booked online"), default=True)
    whom = models.CharField(_("for"), max_length=10, choices=WHOM, default=EVERYBODY)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(Noun.Meta):
        verbose_name = _("visit type")
        verbose_name_plural = _("visit types")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "name"], name="visittype_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("directory",)


class DoctorVisitType(Noun):
    """What a doctor does otherwise for one kind of visit (R2.1): how long it takes, how many at once, or not at all."""

    kind = "doctor_visit_type"

    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="own_types", verbose_name=_("doctor"))
    type = models.ForeignKey(VisitType, on_delete=models.PROTECT, related_name="own_of", verbose_name=_("visit type"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), null=True, blank=True, validators=[MinValueValidator(3), MaxValueValidator(480)],
    )  # fmt: skip
    capacity = models.PositiveSmallIntegerField(
        _("bookings for one time"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(50)],
    )  # fmt: skip
    offered = models.BooleanField(_("offered"), default=True)

    class Meta(Noun.Meta):
        verbose_name = _("a doctor's own visit type")
        verbose_name_plural = _("doctors' own visit types")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["doctor", "type"], name="doctorvisittype_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.doctor_id} {self.type_id}"

    def live_topics(self) -> tuple[str, ...]:
        return ("directory", f"doctor:{self.doctor_id}")


class WorkingHours(Noun):
    """A doctor's week; breaks are gaps. A doctor without a row works as the hospital is open."""

    kind = "working_hours"

    doctor = models.OneToOneField(Doctor, on_delete=models.PROTECT, related_name="hours", verbose_name=_("doctor"))
    weekly = HoursField(_("hours"), default=dict)

    class Meta(Noun.Meta):
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")

    def __str__(self) -> str:
        return f"{self.doctor_id}"

    def live_topics(self) -> tuple[str, ...]:
        return ("directory", f"doctor:{self.doctor_id}")


class Absence(Noun):
    """When a doctor is away, from an instant until another."""

    kind = "absence"
    personal = frozenset({"reason"})

    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="absences", verbose_name=_("doctor"))
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    cancelled_at = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)
    begun_at = models.DateTimeField(_("begun"), null=True, blank=True, editable=False)
    """When the clock has set the doctor off duty for it."""

    class Meta(Noun.Meta):
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="absence_has_length"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["doctor", "ends_at"], name="absence_of_doctor")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d}"

    def live_topics(self) -> tuple[str, ...]:
        return ("directory", f"doctor:{self.doctor_id}")


class Closure(Noun):
    """Service days on which the hospital, or one department, is closed."""

    kind = "closure"

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="closures",
        verbose_name=_("department"), help_text=_("Empty for the whole hospital."),
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=80)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    class Meta(Noun.Meta):
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="closure_has_days"),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("directory", "hospital")
