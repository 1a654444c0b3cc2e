"""Departments, rooms and doctors (domain/1)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun

PREFIX = r"^[A-HJ-NP-Z]{1,3}$"


class Department(Noun):
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


class Doctor(Noun):  # type: ignore[django-manager-missing]  # of legs, which live a floor above
    """Somebody who sees patients, with a line of their own."""

    kind = "doctor"
    ON_TIME, RUNNING_LATE, ON_BREAK, OFF_DUTY = "on_time", "running_late", "on_break", "off_duty"
    STATUSES = (
        (ON_TIME, _("On time")),
        (RUNNING_LATE, _("Running late")),
        (ON_BREAK, _("On break")),
        (OFF_DUTY, _("Off duty")),
    )

    membership = models.OneToOneField(
        "tenants.Membership", on_delete=models.PROTECT, null=True, blank=True, related_name="doctor",
        verbose_name=_("member"),
    )  # fmt: skip
    name = models.CharField(_("name, as patients read it"), max_length=120)
    specialization = models.CharField(_("specialization"), max_length=80, blank=True)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="doctors", verbose_name=_("department"),
    )  # fmt: skip
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("room"),
    )  # fmt: skip
    parallel_rooms = models.PositiveSmallIntegerField(_("patients at once"), default=1)
    serves_pool = models.BooleanField(_("takes from the department's pool"), default=True)
    status = models.CharField(_("status"), max_length=12, choices=STATUSES, default=OFF_DUTY)
    late_minutes = models.PositiveSmallIntegerField(_("minutes late"), default=0)
    status_until = models.DateTimeField(_("until"), null=True, blank=True)
    status_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(Noun.Meta):
        verbose_name = _("doctor")
        verbose_name_plural = _("doctors")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(parallel_rooms__gte=1, parallel_rooms__lte=4), name="doctor_parallel_rooms_1_4"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("directory", f"doctor:{self.pk}", f"department:{self.department_id}")

    @property
    def is_paused(self) -> bool:
        """On a break or off duty: the own line is not called (R3.21)."""
        return self.status in (self.ON_BREAK, self.OFF_DUTY)
