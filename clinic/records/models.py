"""Patients and who looked at them (domain/1, domain/6 R6.10)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.core.fields import CheckedJSON
from clinic.core.nouns import Noun
from clinic.live.models import LogModel


def shown_name(given: str, preferred: str, family: str, mrn: str) -> str:
    """Name as staff read it; a person nobody could name is shown by the MRN."""
    return f"{preferred or given} {family}".strip() or str(_("Unknown %(mrn)s") % {"mrn": mrn})


def emergency_contacts(value: Any) -> None:
    """Refuse anything but up to five ``{name, phone, relation}``."""
    keys = {"name", "phone", "relation"}
    if (
        not isinstance(value, list)
        or len(value) > 5
        or not all(
            isinstance(one, dict)
            and set(one) == keys
            and all(isinstance(text, str) and len(text) <= 80 for text in one.values())
            for one in value
        )
    ):
        raise ValidationError(_("Up to five contacts, each with name, phone and relation."), code="contacts")


class ContactsField(CheckedJSON):
    default_validators = [emergency_contacts]


class Patient(Noun):  # type: ignore[django-manager-missing]  # of emergency visits, two floors above
    """A person, known to one hospital by an MRN. Search columns are kept by the operations, never typed."""

    kind = "patient"
    personal = frozenset({
        "mrn", "given_name", "family_name", "preferred_name", "birth_date", "birth_year", "sex", "phone", "email",
        "address", "language", "name_key", "phone_key", "notes", "gender", "phone_other", "contacts", "preconditions",
        "allergies", "sound_key",
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
    GENDERS = (("male", _("Male")), ("female", _("Female")), ("other", _("Other")), ("unknown", _("Unknown")))
    gender = models.CharField(_("gender"), max_length=8, choices=GENDERS, default="unknown")
    phone_other = models.CharField(_("second phone"), max_length=32, blank=True)
    contacts = ContactsField(_("emergency contacts"), default=list, blank=True)
    preconditions = models.TextField(_("preconditions"), blank=True, max_length=2000)
    allergies = models.TextField(_("allergies"), blank=True, max_length=2000)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="merged",
        verbose_name=_("merged into"),
    )  # fmt: skip
    """Set on the record that was merged away (R1.7); it is shown to nobody, and comes back when that is undone."""
    display_opt_out = models.BooleanField(_("never shown by name"), default=False)
    message_opt_out = models.BooleanField(_("takes no messages"), default=False)
    name_key = models.CharField(max_length=200, editable=False)
    phone_key = models.CharField(max_length=32, blank=True, editable=False)
    sound_key = models.CharField(max_length=80, blank=True, editable=False)
    """How the family name sounds, for the duplicate guard (R1.7)."""

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
            models.Index(fields=["hospital", "sound_key"], name="patient_sound"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def live_topics(self) -> tuple[str, ...]:
        return (f"patient:{self.pk}",)

    @property
    def is_merged(self) -> bool:
        """Merged into another record: nobody's any more, until that is taken back."""
        return self.merged_into_id is not None

    @property
    def full_name(self) -> str:
        """Name as staff read it; a person nobody could name is shown by the MRN."""
        return shown_name(self.given_name, self.preferred_name, self.family_name, self.mrn)


class PatientMerge(Noun):
    """Two records that were found to be one person (R1.7): what moved, so that it can be undone."""

    kind = "patient_merge"
    personal = frozenset({"reason"})

    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    gone = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)
    moved = models.JSONField(default=dict)
    """Kind → the ids of the rows that pointed to ``gone`` and now point to ``kept``."""
    at = models.DateTimeField(_("merged"))
    undone_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("merged records")
        verbose_name_plural = _("merged records")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["gone"], condition=models.Q(undone_at=None), name="patientmerge_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} {self.kept_id}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"patient:{self.kept_id}", f"patient:{self.gone_id}")


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
