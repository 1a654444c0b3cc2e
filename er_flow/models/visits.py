"""A patient's stay in the emergency department, and the care stages it went through (domain/4)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core.fields import CheckedJSON
from clinic.core.nouns import Noun
from clinic.core.tenancy import TenantManager, TenantQuerySet
from clinic.records.models import Patient
from er_flow.models import words
from er_flow.models.beds import FeaturesField, Section
from er_flow.models.checks import alerts_of, waits_of
from er_flow.models.words import ARRIVALS, ARRIVED, DISPOSITIONS, ENDS, NO_PRECAUTIONS, OPEN, PRECAUTIONS, STATES

LEVELS = [MinValueValidator(1), MaxValueValidator(5)]


class AlertsField(CheckedJSON):
    default_validators = [alerts_of]


class WaitsField(CheckedJSON):
    default_validators = [waits_of]


class EmergencyVisitQuerySet(TenantQuerySet["EmergencyVisit"]):
    def open(self) -> EmergencyVisitQuerySet:
        return self.filter(departed_at=None)

    def unseen(self) -> EmergencyVisitQuerySet:
        """Here, and no provider has seen them."""
        return self.filter(departed_at=None, seen_at=None)

    def in_order(self) -> EmergencyVisitQuerySet:
        """R4.4: untriaged on top by arrival, then by level, then by arrival. A delay lifts nobody."""
        return self.order_by(models.F("level").asc(nulls_first=True), "arrived_at", "id")


EmergencyVisitManager = TenantManager.from_queryset(EmergencyVisitQuerySet)


class EmergencyVisit(Noun):
    """One stay of one patient in the emergency department. Where somebody is in their care (``state``) and which bed
    they lie in (``BedStay``) are two things (R4.1)."""

    kind = "er_visit"
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = words.MOVES
    personal = frozenset({
        "complaint", "complaint_code", "notes", "sex", "age_months", "age_days", "disposition_note", "delay_reason",
        "alerts",
    })  # fmt: skip

    number = models.PositiveIntegerField(_("number"))
    """Of the department, ever growing: what boards without names show."""
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="er_visits", verbose_name=_("patient")
    )
    """None: unknown, shown by the number until somebody is identified (R4.44)."""
    department = models.ForeignKey(
        "directory.Department", on_delete=models.PROTECT, related_name="er_visits", verbose_name=_("department")
    )
    section = models.ForeignKey(
        Section, on_delete=models.PROTECT, null=True, blank=True, related_name="visits", verbose_name=_("section")
    )
    age_months = models.PositiveSmallIntegerField(_("age said, months"), null=True, blank=True)
    age_days = models.PositiveIntegerField(_("age said, days"), null=True, blank=True)
    """On arrival: as said, or by the birth date that was known then."""
    sex = models.CharField(_("sex"), max_length=8, choices=Patient.SEXES, default="unknown")
    complaint = models.CharField(_("complaint"), max_length=200)
    complaint_code = models.CharField(_("complaint code"), max_length=20, blank=True)
    arrival_mode = models.CharField(_("came by"), max_length=10, choices=ARRIVALS, default=words.WALK_IN)
    notes = models.TextField(_("notes"), blank=True, max_length=4000)

    state = models.CharField(_("state"), max_length=12, choices=STATES, default=ARRIVED)
    state_since = models.DateTimeField(_("in this state since"))
    level = models.PositiveSmallIntegerField(_("ESI level"), null=True, blank=True, validators=LEVELS)
    reported_level = models.PositiveSmallIntegerField(_("level reported"), null=True, blank=True, validators=LEVELS)
    """As it came with the patient: it colours the row with a question mark, and triage stays due (R4.5)."""
    nurse = models.ForeignKey(
        "directory.Doctor", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("nurse")
    )
    provider = models.ForeignKey(
        "directory.Doctor", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("provider"),
    )  # fmt: skip
    precautions = models.CharField(_("precautions"), max_length=8, choices=PRECAUTIONS, default=NO_PRECAUTIONS)
    ventilated = models.BooleanField(_("ventilated"), default=False)
    alerts = AlertsField(_("alerts"), default=list, blank=True)
    waiting_for = WaitsField(_("waits for"), default=list, blank=True)
    needs = FeaturesField(_("needs of a bed"), default=list, blank=True)
    disposition = models.CharField(_("disposition"), max_length=10, choices=DISPOSITIONS, blank=True)
    disposition_note = models.CharField(_("where to"), max_length=200, blank=True)
    risks_explained = models.BooleanField(_("risks explained"), default=False)

    # R4.2: the time marks; each can be set to an earlier time with a reason
    arrived_at = models.DateTimeField(_("arrived"))
    """First seen asking for care, before registration."""
    registered_at = models.DateTimeField(_("registered"))
    triage_started_at = models.DateTimeField(_("triage began"), null=True, blank=True)
    triaged_at = models.DateTimeField(_("triage ended"), null=True, blank=True)
    bedded_at = models.DateTimeField(_("first in a bed"), null=True, blank=True)
    seen_at = models.DateTimeField(_("provider contact"), null=True, blank=True)
    decided_at = models.DateTimeField(_("disposition decided"), null=True, blank=True)
    admit_at = models.DateTimeField(_("decided to admit"), null=True, blank=True)
    departed_at = models.DateTimeField(_("departed"), null=True, blank=True)

    reassess_at = models.DateTimeField(_("reassessment due"), null=True, blank=True)
    crossed_at = models.DateTimeField(_("target passed"), null=True, blank=True)
    """When the clock told that this visit passed its target (R4.21); None again when the target changes."""
    delay_reason = models.CharField(_("why delayed"), max_length=200, blank=True)
    entered_later = models.BooleanField(_("entered later"), default=False)
    """From a downtime sheet, with the original times (R4.43)."""

    objects: ClassVar[Any] = EmergencyVisitManager()

    class Meta(Noun.Meta):
        verbose_name = _("emergency visit")
        verbose_name_plural = _("emergency visits")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "department", "number"], name="ervisit_number_unique"),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(departed_at__isnull=True), name="ervisit_one_open_per_patient"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, departed_at__isnull=True) | Q(state__in=ENDS, departed_at__isnull=False),
                name="ervisit_end_has_time",
            ),
            models.CheckConstraint(condition=Q(level__isnull=True) | Q(level__range=(1, 5)), name="ervisit_level"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["hospital", "state"], name="ervisit_open", condition=Q(departed_at__isnull=True)),
            models.Index(fields=["hospital", "department", "arrived_at"], name="ervisit_arrived"),
            models.Index(fields=["hospital", "departed_at"], name="ervisit_departed"),
        ]

    def __str__(self) -> str:
        return f"E-{self.number}"

    def live_topics(self) -> tuple[str, ...]:
        of = (f"patient:{self.patient_id}",) if self.patient_id else ()
        return ("er", f"er_visit:{self.pk}", f"department:{self.department_id}", *of)

    @property
    def is_open(self) -> bool:
        return self.departed_at is None


class Stage(Noun):
    """A visit in one care stage, from then until then: re-entry into a state keeps both periods (R4.2)."""

    kind = "er_stage"

    visit = models.ForeignKey(EmergencyVisit, on_delete=models.PROTECT, related_name="stages")
    state = models.CharField(max_length=12, choices=STATES)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("care stage")
        verbose_name_plural = _("care stages")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["visit"], condition=Q(ended_at__isnull=True), name="erstage_one_open"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("began_at")), name="erstage_ends_after"
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["hospital", "visit", "began_at"], name="erstage_visit")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.state}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"er_visit:{self.visit_id}",)
