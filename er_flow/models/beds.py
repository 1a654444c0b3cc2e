"""Sections, their beds, and who lies in them (domain/4 R4.30–R4.32)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core.fields import CheckedJSON
from clinic.core.nouns import Noun
from er_flow.models.checks import features_of
from er_flow.models.words import AVAILABLE, BED_STATES, BED_TYPES, NO_PRECAUTIONS, PRECAUTIONS, RESERVED


class FeaturesField(CheckedJSON):
    default_validators = [features_of]


class Section(Noun):  # type: ignore[django-manager-missing]  # of visits
    """A part of an emergency department: resuscitation, acute, fast track. Neighbours stand next to each other in
    ``position``."""

    kind = "er_section"

    department = models.ForeignKey(
        "directory.Department", on_delete=models.PROTECT, related_name="er_sections", verbose_name=_("department")
    )
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    nurse = models.ForeignKey(
        "directory.Doctor", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("nurse")
    )
    """Whoever looks after those in this section who have no nurse of their own."""
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(Noun.Meta):
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "department", "name"], name="ersection_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("er", f"er_section:{self.pk}", f"department:{self.department_id}")


class Bed(Noun):
    """A bed, a chair, a place in the hallway: its state, and what it can do (R4.30, R4.31)."""

    kind = "bed"
    personal = frozenset({"blocked_reason"})

    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="beds", verbose_name=_("section"))
    name = models.CharField(_("name"), max_length=20)
    sort = models.CharField(_("kind"), max_length=10, choices=BED_TYPES, default="ed")
    features = FeaturesField(_("features"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=BED_STATES, default=AVAILABLE)
    since = models.DateTimeField(_("since"))
    reserved_for = models.OneToOneField(
        "er_flow.EmergencyVisit", on_delete=models.PROTECT, null=True, blank=True, related_name="reserved_bed",
        verbose_name=_("reserved for"),
    )  # fmt: skip
    blocked_reason = models.CharField(_("why blocked"), max_length=200, blank=True)
    blocked_until = models.DateTimeField(_("blocked until"), null=True, blank=True)
    unclean = models.CharField(max_length=12, choices=BED_STATES, blank=True)
    """While it is blocked: what it was before, if that was unclean, which it then still is (R4.30)."""
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(Noun.Meta):
        verbose_name = _("bed")
        verbose_name_plural = _("beds")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "section", "name"], name="bed_name_unique"),
            models.CheckConstraint(
                condition=Q(state=RESERVED, reserved_for__isnull=False)
                | (~Q(state=RESERVED) & Q(reserved_for__isnull=True)),
                name="bed_reserved_for_somebody",
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["hospital", "state"], name="bed_state")]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("er", f"er_section:{self.section_id}", f"bed:{self.pk}")


class BedStay(Noun):
    """A patient in a bed: one open stay for each bed and each patient, held by the database (R4.32)."""

    kind = "bed_stay"

    bed = models.ForeignKey(Bed, on_delete=models.PROTECT, related_name="stays")
    visit = models.ForeignKey("er_flow.EmergencyVisit", on_delete=models.PROTECT, related_name="stays")
    precautions = models.CharField(max_length=8, choices=PRECAUTIONS, default=NO_PRECAUTIONS)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("stay")
        verbose_name_plural = _("stays")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["bed"], condition=Q(ended_at__isnull=True), name="bedstay_one_per_bed"),
            models.UniqueConstraint(fields=["visit"], condition=Q(ended_at__isnull=True), name="bedstay_one_per_visit"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("began_at")), name="bedstay_ends_after"
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["hospital", "visit", "began_at"], name="bedstay_visit")]

    def __str__(self) -> str:
        return f"{self.bed_id} {self.visit_id}"

    def live_topics(self) -> tuple[str, ...]:
        return ("er", f"bed:{self.bed_id}", f"er_visit:{self.visit_id}")


class EmergencyFloor(Noun):
    """What an emergency department as a whole is in: a surge, or not (R4.44)."""

    kind = "er_floor"
    personal = frozenset({"surge_reason"})

    department = models.OneToOneField("directory.Department", on_delete=models.PROTECT, related_name="er_floor")
    surge_since = models.DateTimeField(null=True, blank=True)
    surge_reason = models.CharField(max_length=200, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("emergency department")
        verbose_name_plural = _("emergency departments")

    def __str__(self) -> str:
        return str(self.department_id)

    def live_topics(self) -> tuple[str, ...]:
        return ("er", f"department:{self.department_id}")
