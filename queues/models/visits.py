"""A stay of a patient at the clinic, under one token."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from queues.models.lines import Queue
from queues.models.words import CLASSES, NORMAL


class Visit(Noun):  # type: ignore[django-manager-missing]
    """One stay of one patient, under one token. ``ended_at`` is None while a leg is open."""

    kind = "visit"
    personal = frozenset({"reason", "class_reason"})

    patient = models.ForeignKey("records.Patient", on_delete=models.PROTECT, related_name="visits")
    department = models.ForeignKey("directory.Department", on_delete=models.PROTECT, related_name="visits")
    token_period = models.DateField()
    token_number = models.PositiveIntegerField()
    token = models.CharField(_("token"), max_length=12)
    service_day = models.DateField()
    klass = models.CharField(_("class"), max_length=12, choices=CLASSES, default=NORMAL)
    class_reason = models.CharField(_("why this class"), max_length=200, blank=True)
    reason = models.CharField(_("reason for the visit"), max_length=200, blank=True)
    source = models.CharField(max_length=12, default="desk")
    arrived_at = models.DateTimeField(_("arrived"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, blank=True)
    type = models.ForeignKey(
        "directory.VisitType", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("visit type"),
    )  # fmt: skip
    # carried over (R3.22): an expected visit has no leg until the patient is there
    carried_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="carried_to")
    expected_on = models.DateField(null=True, blank=True)
    expected_queue = models.ForeignKey(Queue, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # asked for on the phone
    delays = models.PositiveSmallIntegerField(default=0)
    rejoin_asked_at = models.DateTimeField(null=True, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["hospital", "department", "token_period", "token_number"], name="visit_token_unique"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
                name="visit_end_has_outcome",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["hospital", "service_day", "department"], name="visit_day"),
            models.Index(
                fields=["hospital", "expected_on"], name="visit_expected", condition=Q(expected_on__isnull=False)
            ),
            models.Index(
                fields=["hospital", "patient"], name="visit_open_of_patient", condition=Q(ended_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.token

    def live_topics(self) -> tuple[str, ...]:
        return (f"visit:{self.pk}", f"department:{self.department_id}", f"patient:{self.patient_id}", "reception")
