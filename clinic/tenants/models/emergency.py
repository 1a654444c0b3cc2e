"""The policies of the emergency department (R1.9, domain/4); its rules are in ``er_flow``."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.fields import CheckedJSON


def five_targets(value: Any) -> None:
    """Refuse anything but five minutes, one for each level, none shorter than the one before."""
    is_list = isinstance(value, list) and len(value) == 5
    if not is_list or not all(type(one) is int and 0 <= one <= 1440 for one in value) or value != sorted(value):
        raise ValidationError(_("Five numbers of minutes for levels 1 to 5, none shorter than before."), code="targets")


def default_targets() -> list[int]:
    return [0, 10, 30, 60, 120]


class TargetsField(CheckedJSON):
    default_validators = [five_targets]


class EmergencyPolicies(models.Model):
    """A part of ``HospitalConfig``."""

    ATS, CTAS, OWN = "ats", "ctas", "own"
    TARGETS = (
        (ATS, _("Australasian Triage Scale")), (CTAS, _("Canadian Triage and Acuity Scale")),
        (OWN, _("The hospital's own")),
    )  # fmt: skip
    SINCE_ARRIVAL, IN_STATUS = "arrival", "status"
    CLOCKS = ((SINCE_ARRIVAL, _("Since the arrival")), (IN_STATUS, _("In the present state")))
    INFANTS = ((2, _("Level 2")), (3, _("Level 2 is considered")))

    er_targets = models.CharField(_("times to a provider"), max_length=4, choices=TARGETS, default=ATS)
    er_own_targets = TargetsField(_("own times, minutes for levels 1 to 5"), default=default_targets)
    er_clock = models.CharField(_("a wait counts"), max_length=7, choices=CLOCKS, default=SINCE_ARRIVAL)
    door_to_triage = models.PositiveSmallIntegerField(
        _("minutes until triage"), default=10, validators=[MinValueValidator(1), MaxValueValidator(240)],
    )  # fmt: skip
    level1_grace = models.PositiveSmallIntegerField(
        _("minutes of grace for level 1"), default=2, validators=[MaxValueValidator(30)],
    )  # fmt: skip
    boarder_after = models.PositiveSmallIntegerField(
        _("minutes until somebody counts as boarder"), default=240,
        validators=[MinValueValidator(30), MaxValueValidator(1440)],
    )  # fmt: skip
    bed_cleaning = models.BooleanField(_("a bed is cleaned before it is free"), default=True)
    hospital_beds = models.PositiveSmallIntegerField(
        _("staffed beds of the whole hospital"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Without it NEDOCS cannot be computed."),
    )  # fmt: skip
    infant_fever_level = models.PositiveSmallIntegerField(_("fever at 28 to 89 days makes"), choices=INFANTS, default=2)

    class Meta:
        abstract = True
