"""What the API takes of a triage: answers and vital signs, checked before anything is done with them."""

from __future__ import annotations

from dataclasses import fields as columns
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.core.api_fields import Id, Line, Number, Text, Yes
from clinic.core.api_input import Fields, Lower, Strict
from er_flow.esi import Age, Answers, Vitals
from er_flow.esi.age import MOST_YEARS
from er_flow.esi.answers import (
    AVPU,
    CONFUSIONS,
    HIGH_RISK,
    IMMEDIATE,
    LIFE_SAVING,
    NOT_RESOURCES,
    RESOURCES,
    SYMPTOMS,
)
from er_flow.esi.vitals import DBP, HR, POSSIBLE, RR, SBP, SPO2, TEMP, celsius
from er_flow.operations.arrivals import MOST_AT_ONCE
from er_flow.operations.triage import Sheet
from er_flow.visit_fields import When, Words

CELSIUS, FAHRENHEIT = "c", "f"
SIGNS = (HR, RR, SPO2, TEMP, SBP, DBP)
WHOLE = (HR, RR, SPO2, SBP, DBP)
UNITS = ["years", "months", "weeks", "days"]
SETS: dict[str, frozenset[str]] = {
    "life_saving": LIFE_SAVING, "immediate": IMMEDIATE, "high_risk": HIGH_RISK, "symptoms": SYMPTOMS,
    "resources": RESOURCES | NOT_RESOURCES,
}  # fmt: skip
YES_OR_NO = tuple(one.name for one in columns(Answers) if one.default is False)


@extend_schema_field({"oneOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d{1,3}(\.\d{1,2})?$"}]})
class Degrees(serializers.Field[Any, Any, Any, Any]):
    """A temperature as a number or its text; kept to a tenth."""

    default_error_messages = {"invalid": _("A valid number is required.")}

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, (int, float, str)) or len(str(data)) > 8:
            self.fail("invalid")
        try:
            told = Decimal(str(data).strip())
        except InvalidOperation:
            self.fail("invalid")
        if not told.is_finite() or not -100 <= told <= 200:
            self.fail("invalid")
        return told

    def to_representation(self, value: Any) -> Any:
        return str(value)


class SignsBody(Strict):
    """Vital signs. A temperature is in degrees Celsius, unless `temp_unit` says `f`."""

    temp_unit = Lower(choices=[CELSIUS, FAHRENHEIT], required=False, default=CELSIUS)

    def get_fields(self) -> dict[str, Any]:
        whole = {
            name: Number(int(POSSIBLE[name][0]), int(POSSIBLE[name][1]), required=False, allow_null=True)
            for name in WHOLE
        }
        return {**whole, TEMP: Degrees(required=False, allow_null=True), **super().get_fields()}

    def validate(self, attrs: Any) -> Any:
        told, unit = dict(attrs), attrs.get("temp_unit", CELSIUS)
        told.pop("temp_unit", None)
        temp: Decimal | None = told.get(TEMP)
        if temp is not None:
            told[TEMP] = celsius(temp) if unit == FAHRENHEIT else temp.quantize(Decimal("0.1"))
            low, high = POSSIBLE[TEMP]
            if not low <= told[TEMP] <= high:
                raise serializers.ValidationError({TEMP: [_("No temperature of a person in this unit.")]})
        return {name: value for name, value in told.items() if value is not None}


class UnobtainableBody(Strict):
    """Why a vital sign could not be measured."""

    def get_fields(self) -> dict[str, Any]:
        return {name: Line(80, required=False) for name in SIGNS}


class VitalsBody(SignsBody):
    """Vital signs, and why others could not be had."""

    unobtainable = UnobtainableBody(required=False)

    def validate(self, attrs: Any) -> Any:
        told = super().validate(attrs)
        both = sorted({name for name in told.get("unobtainable", {}) if name in told})
        if both:
            raise serializers.ValidationError(
                {"unobtainable": {name: [_("Measured, and not obtainable: one of them.")] for name in both}}
            )
        return told


class AnswersBody(Strict):
    """What the nurse answered; whatever is left out is not so."""

    avpu = Lower(choices=list(AVPU), required=False, help_text="How the patient responds.")
    confusion = Lower(choices=list(CONFUSIONS), required=False)
    pain = Number(0, 10, required=False, allow_null=True, help_text="As the patient says.")

    def get_fields(self) -> dict[str, Any]:
        chosen = {name: Words(sorted(words), required=False) for name, words in SETS.items()}
        return {**chosen, **super().get_fields(), **{name: Yes(required=False) for name in YES_OR_NO}}


class SheetBody(Strict):
    """One assessment."""

    answers = AnswersBody(required=False)
    vitals = VitalsBody(required=False)
    baselines = SignsBody(required=False, help_text="The patient's usual values.")
    confirmed = Words(list(SIGNS), required=False, help_text="Unlikely values that are really so.")
    notes = Text(4000, required=False, allow_blank=True, default="")


class TriageBody(SheetBody, When):
    """The first triage of a visit, with the level that was decided."""

    level = Number(1, 5)
    override_reason = Line(200, required=False, allow_blank=True, default="", help_text="Why not as suggested.")


class OneOfManyBody(SheetBody):
    """The first triage of one of many visits."""

    visit = Id()
    level = Number(1, 5)
    override_reason = Line(200, required=False, allow_blank=True, default="", help_text="Why not as suggested.")


class ManyTriagesBody(Strict):
    """Many first triages at once: all of them, or none."""

    triages = serializers.ListField(child=OneOfManyBody(), min_length=1, max_length=MOST_AT_ONCE)


class ReassessBody(SheetBody, When):
    """Another look at somebody who waits; a level, if it rises."""

    level = Number(1, 5, required=False, allow_null=True)
    what_changed = Line(200, required=False, allow_blank=True, default="")
    what_was_done = Line(200, required=False, allow_blank=True, default="")


class CorrectTriageBody(SheetBody):
    """What is right instead of what was entered in error."""

    triage = Id(required=False, help_text="The wrong entry; the last decision if left out.")
    level = Number(1, 5)
    reason = Line(200, help_text="What was wrong.")
    override_reason = Line(200, required=False, allow_blank=True, default="", help_text="Why not as suggested.")


class MeasureBody(When):
    """Vital signs alone; they set no level."""

    vitals = VitalsBody()
    confirmed = Words(list(SIGNS), required=False, help_text="Unlikely values that are really so.")


class AgeBody(Strict):
    """An age as somebody says it, if only a guess."""

    amount = Number(0, MOST_YEARS)
    unit = Lower(choices=UNITS, required=False, default="years")

    def validate(self, attrs: Any) -> Any:
        try:
            return Age.said(attrs["amount"], attrs["unit"])
        except ValueError as error:
            message = _("Say it in another unit: up to 31 days, 104 weeks, 60 months; years from 1 on.")
            raise serializers.ValidationError({"amount": [message]}) from error


class SuggestBody(SheetBody):
    """A question to the function: of a visit, or of an age."""

    visit = Id(required=False)
    age = AgeBody(required=False)

    def validate(self, attrs: Any) -> Any:
        if ("visit" in attrs) == ("age" in attrs):
            raise serializers.ValidationError({"age": [_("Name a visit or give an age, one of them.")]})
        return attrs


class SuggestionDoc(serializers.Serializer[Any]):
    """What the function suggests; the nurse decides."""

    level = serializers.IntegerField()
    consider = serializers.ListField(child=serializers.IntegerField(), help_text="More urgent levels to think about.")
    preselected = serializers.IntegerField(allow_null=True, help_text="Null where the nurse has to choose.")
    path = serializers.ListField(child=serializers.CharField(), help_text="The decision points that led here.")
    flags = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField(), help_text="Without them no level of 3 to 5.")
    implausible = serializers.DictField(help_text="Vital sign → its usual range, of values to look at again.")
    function = serializers.CharField(help_text="Name and version.")


def answers_of(body: Fields) -> Answers:
    given: Fields = body.get("answers", {})
    told: Fields = {name: frozenset(value) if name in SETS else value for name, value in given.items()}
    return Answers(**told)


def vitals_of(body: Fields) -> Vitals:
    return Vitals(**body.get("vitals", {}))


def sheet_of(body: Fields) -> Sheet:
    """The checked body as the operations take it."""
    return Sheet(
        answers_of(body), vitals_of(body), dict(body.get("baselines", {})), frozenset(body.get("confirmed", ())),
        body.get("notes", ""),
    )  # fmt: skip
