"""What the API takes of emergency visits: arrivals, acts and questions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Day, Id, Line, Moment, Number, Text, Yes, YesInQuery
from clinic.core.api_input import Lower, Query, Strict
from clinic.records.serializers import SEXES, NewPatientBody
from er_flow.esi.age import MOST_YEARS
from er_flow.models.words import ARRIVED, BEDDED, IN_TREATMENT, TRIAGED, WALK_IN
from er_flow.operations.arrivals import MOST_AT_ONCE
from er_flow.operations.times import MARKS
from er_flow.serializers import (
    ALERT_WORDS,
    ARRIVAL_WORDS,
    BED_KINDS,
    DISPOSITION_WORDS,
    PRECAUTION_WORDS,
    STATE_WORDS,
    WAIT_WORDS,
)
from er_flow.triage_serializers import AgeBody
from er_flow.visit_fields import Features, When, Words

AWAITING_BED, IN_BED = "awaiting_bed", "in_bed"
SAME_WORDS = {"registered": ARRIVED, "awaiting_triage": ARRIVED, "awaiting_disposition": IN_TREATMENT}
EARLIER_WORDS = {**SAME_WORDS, AWAITING_BED: TRIAGED, IN_BED: BEDDED}
"""Words of an earlier system → ours."""

# --- queries ---------------------------------------------------------------------------------------------------------


class ErVisitQuery(Query):
    """By default everybody who is here: untriaged first, then by level and arrival; who has left, newest first."""

    active = YesInQuery(required=False, help_text="Still here, or gone; by the status, or here, if left out.")
    status = Lower(
        choices=[*STATE_WORDS, AWAITING_BED, IN_BED], other_words=SAME_WORDS, required=False,
        help_text="`awaiting_bed`: triaged and in no bed; `in_bed`: in a bed, before a disposition.",
    )  # fmt: skip
    esi = serializers.IntegerField(min_value=1, max_value=5, required=False)
    department = Id(required=False)
    section = Id(required=False)


class NoQuery(Query):
    """Nothing can be asked."""


# --- arrivals --------------------------------------------------------------------------------------------------------


class ArrivingBody(Strict):
    """Somebody who comes in: who, how old, and why."""

    patient = Id(required=False, help_text="Somebody known.")
    unknown = Yes(required=False, default=False, help_text="Nobody knows who this is.")
    age = AgeBody(required=False, help_text="Where no birth date is known; a guess will do.")
    birth_date = Day(required=False)
    sex = Lower(choices=SEXES, required=False)
    complaint = Line(200)
    complaint_code = Line(20, required=False, allow_blank=True)
    arrival_mode = Lower(choices=ARRIVAL_WORDS, required=False, default=WALK_IN)
    section = Id(required=False)
    reported_level = Number(
        1, 5, required=False, allow_null=True, help_text="As somebody else saw it; triage stays due."
    )
    precautions = Lower(choices=PRECAUTION_WORDS, required=False)
    alerts = Words(ALERT_WORDS, required=False)
    needs = Features(required=False, help_text="Of a bed.")
    notes = Text(4000, required=False, allow_blank=True)
    arrived_at = Moment(required=False, help_text="First seen asking for care, if not now.")

    def validate_birth_date(self, value: Any) -> Any:
        today = timezone.localdate()
        if not today - timedelta(days=MOST_YEARS * 366) <= value <= today:
            raise serializers.ValidationError(_("Nobody here was born then."))
        return value

    def validate(self, attrs: Any) -> Any:
        named = ("patient" in attrs) + ("person" in attrs) + bool(attrs.get("unknown"))
        if named != 1:
            raise serializers.ValidationError(
                {"patient": [_("Give a patient's id, a new person, or unknown: one of them.")]}
            )
        if "age" in attrs and "birth_date" in attrs:
            raise serializers.ValidationError({"age": [_("Give an age or a birth date, one of them.")]})
        return attrs


class ErRegisterBody(ArrivingBody):
    """One arrival; with an earlier time a reason, unless it is entered later from a downtime sheet."""

    person = NewPatientBody(required=False, help_text="Somebody new; `force_new` says why not one who is known.")
    department = Id(required=False, help_text="May be left out where there is one emergency department.")
    entered_later = Yes(required=False, default=False)
    reason = Line(200, required=False, allow_blank=True, default="")


class ManyBody(Strict):
    """Many arrivals at once: all of them, or nobody."""

    department = Id(required=False, help_text="May be left out where there is one emergency department.")
    people = serializers.ListField(child=ArrivingBody(), min_length=1, max_length=MOST_AT_ONCE)
    entered_later = Yes(required=False, default=False, help_text="From a downtime sheet, with the original times.")
    reason = Line(200, required=False, allow_blank=True, default="", help_text="For earlier times.")


class IdentifyBody(Strict):
    """Who it is: somebody known, or somebody new."""

    patient = Id(required=False)
    person = NewPatientBody(required=False)
    age = AgeBody(required=False, help_text="Where no birth date is known, and another's was until now.")
    reason = Line(200, required=False, allow_blank=True, default="", help_text="Why not who it was taken for.")

    def validate(self, attrs: Any) -> Any:
        if ("patient" in attrs) == ("person" in attrs):
            raise serializers.ValidationError({"patient": [_("Give a patient's id or a new person, one of them.")]})
        return attrs


# --- acts ------------------------------------------------------------------------------------------------------------


class DetailsBody(Strict):
    """What is said of a visit, and may be said anew."""

    complaint = Line(200, required=False)
    complaint_code = Line(20, required=False, allow_blank=True)
    notes = Text(4000, required=False, allow_blank=True)
    sex = Lower(choices=SEXES, required=False)
    section = Id(required=False, allow_null=True)
    precautions = Lower(choices=PRECAUTION_WORDS, required=False)
    ventilated = Yes(required=False)
    alerts = Words(ALERT_WORDS, required=False)
    waiting_for = Words(WAIT_WORDS, required=False)
    needs = Features(required=False)
    disposition_note = Line(200, required=False, allow_blank=True)


class ErStatusBody(When):
    """The status a visit should have next, in our words or an earlier system's, in any case."""

    status = Lower(choices=STATE_WORDS, other_words=EARLIER_WORDS)
    bed = Id(required=False, help_text="For bedded.")
    disposition = Lower(choices=DISPOSITION_WORDS, required=False, help_text="For disposition.")
    note = Line(200, required=False, allow_blank=True, default="", help_text="For disposition: where to.")
    risks_explained = Yes(required=False, default=False, help_text="For ama, which needs it.")


class DispositionBody(When):
    """What was decided."""

    disposition = Lower(choices=DISPOSITION_WORDS)
    note = Line(200, required=False, allow_blank=True, default="", help_text="Where to.")


class WhyBody(Strict):
    """Why."""

    reason = Line(200)


class TeamBody(Strict):
    """Who nurses and who treats; null for nobody. What is left out stays."""

    nurse = Id(required=False, allow_null=True)
    provider = Id(required=False, allow_null=True)


class TimeBody(Strict):
    """A time mark that was at another time."""

    mark = Lower(choices=list(MARKS))
    at = Moment()
    reason = Line(200)


class ErBedBody(When):
    """Into which bed; null for out of the bed and still here."""

    bed = Id(allow_null=True)


class BestBedBody(Strict):
    """What is asked of a bed beyond what the visit needs."""

    kind = Lower(choices=BED_KINDS, required=False)
    section = Id(required=False, help_text="Only there.")
    needs = Features(required=False)
    assign = Yes(required=False, default=False, help_text="Take the best.")


class SwapVisitBody(Strict):
    """With whom."""

    visit = Id()
    reason = Line(200, required=False, allow_blank=True, default="")


class ErUndoBody(Strict):
    seq = serializers.IntegerField(min_value=1, max_value=2**62, required=False, help_text="X-Seq of the act.")
