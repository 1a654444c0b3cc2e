"""Departments with what they do otherwise than their hospital, and rooms."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from clinic.directory.models.fields import PREFIX
from clinic.tenants.models import HospitalConfig


class Department(Noun):  # type: ignore[django-manager-missing]  # of emergency visits, two floors above
    """A part of the hospital with its own tokens. A sensitive one shows a neutral name in public (R3.40)."""

    kind = "department"
    CLINIC, EMERGENCY, COUNTER = "clinic", "emergency", "counter"
    KINDS = ((CLINIC, _("Clinic")), (EMERGENCY, _("Emergency")), (COUNTER, _("Counter")))

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(
        _("token prefix"), max_length=3,
        validators=[RegexValidator(PREFIX, _("One to three capital letters, without I and O."))],
    )  # fmt: skip
    sort = models.CharField(_("kind"), max_length=10, choices=KINDS, default=CLINIC)
    sensitive = models.BooleanField(
        _("sensitive"), default=False, help_text=_("Shown to the public by a neutral name.")
    )
    public_name = models.CharField(_("name shown in public"), max_length=80, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(Noun.Meta):
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "name"], name="department_name_unique"),
            models.UniqueConstraint(fields=["hospital", "prefix"], name="department_prefix_unique"),
            models.CheckConstraint(condition=models.Q(prefix__regex=PREFIX), name="department_prefix_form"),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("directory", f"department:{self.pk}")

    @property
    def shown_name(self) -> str:
        """The name for public screens."""
        if self.public_name:
            return self.public_name
        return str(_("Clinic %(prefix)s") % {"prefix": self.prefix}) if self.sensitive else self.name


class Room(Noun):
    """Where somebody is seen."""

    kind = "room"

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="rooms", verbose_name=_("department")
    )
    name = models.CharField(_("name"), max_length=40)
    place = models.CharField(_("how to find it"), max_length=120, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(Noun.Meta):
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "name"], name="room_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("directory",)


class DepartmentConfig(Noun):
    """What a department does otherwise than its hospital (R1.9 *); None is "as the hospital"."""

    kind = "department_config"

    department = models.OneToOneField(
        Department, on_delete=models.PROTECT, related_name="config", verbose_name=_("department")
    )
    token_reset = models.CharField(
        _("tokens start again"), max_length=8, choices=HospitalConfig.RESETS, null=True, blank=True,
    )  # fmt: skip
    default_minutes = models.PositiveSmallIntegerField(
        _("minutes a visit takes, until measured"), null=True, blank=True,
        validators=[MinValueValidator(3), MaxValueValidator(240)],
    )  # fmt: skip
    buffer_minutes = models.PositiveSmallIntegerField(
        _("minutes between two visits"), null=True, blank=True, validators=[MaxValueValidator(120)],
    )  # fmt: skip
    queue_soft_limit = models.PositiveSmallIntegerField(
        _("a line warns from (people)"), null=True, blank=True, validators=[MinValueValidator(1)],
    )  # fmt: skip
    queue_hard_limit = models.PositiveSmallIntegerField(
        _("a line is full at (people)"), null=True, blank=True, validators=[MinValueValidator(1)],
    )  # fmt: skip

    booking_mode = models.CharField(
        _("bookings are"), max_length=5, choices=HospitalConfig.BOOKINGS, null=True, blank=True
    )
    arrival_window = models.PositiveSmallIntegerField(
        _("check-in by phone opens (minutes before)"), null=True, blank=True, validators=[MaxValueValidator(240)],
    )  # fmt: skip
    late_grace = models.PositiveSmallIntegerField(
        _("minutes late that keep the place"), null=True, blank=True, validators=[MaxValueValidator(240)],
    )  # fmt: skip
    appointment_lead = models.PositiveSmallIntegerField(
        _("minutes a booked patient goes before walk-ins"), null=True, blank=True,
        validators=[MaxValueValidator(1440)],
    )  # fmt: skip
    no_show_after = models.PositiveSmallIntegerField(
        _("minutes until a booking counts as not come"), null=True, blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(480)],
    )  # fmt: skip

    class Meta(Noun.Meta):
        verbose_name = _("a department's own policies")
        verbose_name_plural = _("departments' own policies")

    def __str__(self) -> str:
        return f"{self.department_id}"

    def live_topics(self) -> tuple[str, ...]:
        return ("directory", f"department:{self.department_id}")
