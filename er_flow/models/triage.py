"""What the triage nurse asked, measured and decided: kept as it was (R4.14)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from er_flow.models.visits import LEVELS, EmergencyVisit


class Triage(Noun):
    """One assessment of one visit: answers and vital signs, what was suggested, what was decided, by whom."""

    kind = "triage"
    FIRST, AGAIN, VITALS, CORRECTION = "triage", "reassessment", "vitals", "correction"
    SORTS = (
        (FIRST, _("Triage")), (AGAIN, _("Reassessment")), (VITALS, _("Vital signs")), (CORRECTION, _("Correction")),
    )  # fmt: skip
    personal = frozenset({
        "answers", "vitals", "baselines", "notes", "override_reason", "what_changed", "what_was_done", "error_reason",
        "flags", "path",
    })  # fmt: skip

    visit = models.ForeignKey(EmergencyVisit, on_delete=models.PROTECT, related_name="triages")
    sort = models.CharField(max_length=12, choices=SORTS, default=FIRST)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=120)
    answers = models.JSONField(default=dict)
    vitals = models.JSONField(default=dict)
    baselines = models.JSONField(default=dict)
    function = models.CharField(max_length=20, blank=True)
    """Name and version of the function that suggested."""
    suggested = models.PositiveSmallIntegerField(null=True, blank=True, validators=LEVELS)
    consider = models.JSONField(default=list)
    path = models.JSONField(default=list)
    flags = models.JSONField(default=list)
    missing = models.JSONField(default=list)
    level = models.PositiveSmallIntegerField(null=True, blank=True, validators=LEVELS)
    """What was decided; None where an assessment leaves the level as it is."""
    override_reason = models.CharField(max_length=200, blank=True)
    notes = models.TextField(blank=True, max_length=4000)
    what_changed = models.CharField(max_length=200, blank=True)
    what_was_done = models.CharField(max_length=200, blank=True)
    error_at = models.DateTimeField(null=True, blank=True)
    """Entered in error: kept, struck through, left out of every count."""
    error_reason = models.CharField(max_length=200, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("triage")
        verbose_name_plural = _("triages")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=Q(level__isnull=True) | Q(level__range=(1, 5)), name="triage_level"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["hospital", "visit", "at"], name="triage_visit")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.at:%H:%M}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"er_visit:{self.visit_id}",)
