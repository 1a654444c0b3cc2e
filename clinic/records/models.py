"""Patients and who looked at them (domain/1, domain/6 R6.10)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.core.nouns import Noun
from clinic.live.models import LogModel


def shown_name(given: str, preferred: str, family: str, mrn: str) -> str:
    """Name as staff read it; a person nobody could name is shown by the MRN."""
    return f"{preferred or given} {family}".strip() or str(_("Unknown %(mrn)s") % {"mrn": mrn})


class Patient(Noun):
    """A person, known to one hospital by an MRN. Search columns are kept by the operations, never typed."""

    kind = "patient"
    personal = frozenset({
        "mrn", "given_name", "family_name", "preferred_name", "birth_date", "birth_year", "sex", "phone", "email",
        "address", "language", "name_key", "phone_key", "notes",
    })  # fmt: skip
    SEXES = (("male", _("Male")), ("female", _("Female")), ("other", _("Other")), ("unknown", _("Unknown")))

    mrn = models.CharField(_("MRN"), max_length=20, editable=False)
    given_name = models.CharField(_("given name"), max_length=80, blank=True)
    family_name = models.CharField(_("family name"), max_length=80, blank=True)
    preferred_name = models.CharField(pgettext_lazy("what a person goes by", "called"), max_length=80, blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("birth year"), null=True, blank=True)
    birth_estimated = models.BooleanField(_("estimated"), default=False)
    sex = models.CharField(_("sex"), max_length=8, choices=SEXES, default="unknown")
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("speaks"), max_length=8, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    display_opt_out = models.BooleanField(_("never shown by name"), default=False)
    name_key = models.CharField(max_length=200, editable=False)
    phone_key = models.CharField(max_length=32, blank=True, editable=False)

    class Meta(Noun.Meta):
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "mrn"], name="patient_mrn_unique"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["hospital", "phone_key"], name="patient_phone"),
            models.Index(fields=["hospital", "name_key"], name="patient_name"),
            models.Index(fields=["hospital", "birth_date"], name="patient_birth"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def live_topics(self) -> tuple[str, ...]:
        return (f"patient:{self.pk}",)

    @property
    def full_name(self) -> str:
        """Name as staff read it; a person nobody could name is shown by the MRN."""
        return shown_name(self.given_name, self.preferred_name, self.family_name, self.mrn)


class AccessLog(LogModel):
    """Who opened which record, when, from where and why; plain ids, so it outlives what it names."""

    at = models.DateTimeField(_("when"), auto_now_add=True)
    user_id = models.UUIDField(_("user"), null=True)
    actor = models.CharField(_("who"), max_length=120)
    patient_id = models.UUIDField(_("patient"), db_index=True)
    page = models.CharField(_("page"), max_length=80)
    why = models.CharField(_("why"), max_length=200, blank=True)

    class Meta(LogModel.Meta):
        verbose_name = _("record access")
        verbose_name_plural = _("record accesses")
        indexes: ClassVar[list[Any]] = [models.Index(fields=["hospital", "patient_id", "at"], name="accesslog_patient")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor}"
