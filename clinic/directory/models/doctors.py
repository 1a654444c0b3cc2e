"""Whoever sees patients."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from clinic.directory.models.fields import TextsField
from clinic.directory.models.places import Department, Room
from clinic.tenants.models import HospitalConfig


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
    DOCTOR, NURSE, CLERK = "doctor", "nurse", "clerk"
    SORTS = ((DOCTOR, _("Doctor")), (NURSE, _("Nurse")), (CLERK, _("Clerk")))

    sort = models.CharField(_("kind"), max_length=8, choices=SORTS, default=DOCTOR)
    """Nurses and clerks call too, signed on at a line (R3.9); only doctors have a line of their own."""
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
    # profile
    employee_no = models.CharField(_("employee number"), max_length=40, blank=True)
    qualifications = models.CharField(_("qualifications"), max_length=200, blank=True)
    licence_no = models.CharField(_("licence number"), max_length=40, blank=True)
    npi = models.CharField(
        _("NPI"), max_length=10, blank=True, validators=[RegexValidator(r"^\d{10}$", _("Ten digits."))]
    )
    taxonomy = models.CharField(_("taxonomy code"), max_length=10, blank=True)
    bio = models.TextField(_("about"), max_length=2000, blank=True)
    services = TextsField(_("services"), default=list, blank=True)
    languages = TextsField(_("languages spoken"), default=list, blank=True)
    fee = models.DecimalField(
        _("fee"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
    )  # fmt: skip
    address = models.CharField(_("address"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )  # fmt: skip
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )  # fmt: skip
    minutes = models.PositiveSmallIntegerField(
        _("minutes a visit takes"), null=True, blank=True, validators=[MinValueValidator(3), MaxValueValidator(240)],
    )  # fmt: skip
    daily_capacity = models.PositiveSmallIntegerField(
        _("patients a day at most"), null=True, blank=True, validators=[MinValueValidator(1)],
    )  # fmt: skip
    booking_mode = models.CharField(
        _("bookings are"), max_length=5, choices=HospitalConfig.BOOKINGS, blank=True,
        help_text=_("Empty: as the department."),
    )  # fmt: skip
    slot_capacity = models.PositiveSmallIntegerField(
        _("bookings for one time"), default=1, validators=[MinValueValidator(1), MaxValueValidator(50)],
    )  # fmt: skip
    listed = models.BooleanField(_("listed in the public search"), default=False)

    class Meta(Noun.Meta):
        verbose_name = _("doctor")
        verbose_name_plural = _("doctors")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(parallel_rooms__gte=1, parallel_rooms__lte=4), name="doctor_parallel_rooms_1_4"
            ),
            models.UniqueConstraint(
                fields=["hospital", "employee_no"],
                condition=~models.Q(employee_no=""),
                name="doctor_employee_no_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(latitude=None, longitude=None)
                | models.Q(latitude__isnull=False, longitude__isnull=False),
                name="doctor_place_is_whole",
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


class DoctorDepartment(Noun):
    """A further department whose pool a doctor takes from, besides the own one."""

    kind = "doctor_department"

    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="further", verbose_name=_("doctor"))
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="further", verbose_name=_("department")
    )

    class Meta(Noun.Meta):
        verbose_name = _("further department")
        verbose_name_plural = _("further departments")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["doctor", "department"], name="doctordepartment_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.doctor_id} {self.department_id}"

    def live_topics(self) -> tuple[str, ...]:
        return ("directory", f"doctor:{self.doctor_id}", f"department:{self.department_id}")
