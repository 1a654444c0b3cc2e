"""What the API takes and shows of the figures of an emergency department (R4.40–R4.43)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Day, Id, Named
from clinic.core.api_input import Lower, Query
from er_flow.crowding import BANDS
from er_flow.log import HERE
from er_flow.measures import COMPLETE, PENDING, PERIODS, YEARS, behind
from er_flow.measures.counts import LENGTHS
from er_flow.models.words import ENDS
from er_flow.serializers import ARRIVAL_WORDS


class NedocsDoc(serializers.Serializer[Any]):
    """How crowded it is, 0 to 200, and what that is made of."""

    score = serializers.FloatField()
    band = serializers.ChoiceField(choices=[name for _most, name in BANDS])
    terms = serializers.DictField(child=serializers.FloatField(), help_text="Name → points, before the limits.")


class CrowdingDoc(serializers.Serializer[Any]):
    """One emergency department at this moment."""

    department = Named()
    at = serializers.DateTimeField()
    patients = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField())
    levels = serializers.DictField(child=serializers.IntegerField(), help_text="Level → patients; 0: not triaged.")
    unseen = serializers.IntegerField(help_text="Whom no provider has seen.")
    delayed = serializers.IntegerField()
    admitted_here = serializers.IntegerField(help_text="To be admitted or observed, and still here.")
    boarders = serializers.IntegerField(help_text="Of those, for so long that the policy counts it.")
    beds = serializers.DictField(child=serializers.IntegerField())
    occupancy = serializers.FloatField(allow_null=True, help_text="Patients for each staffed bed.")
    nedocs = NedocsDoc(allow_null=True, help_text="Null: not computable, as without the hospital's number of beds.")
    surge_since = serializers.DateTimeField(allow_null=True)


class PendingDoc(serializers.Serializer[Any]):
    """Service days that are still to be counted."""

    days = serializers.IntegerField()
    first = serializers.DateField()
    last = serializers.DateField()


class MeasuresDoc(serializers.Serializer[Any]):
    """How a period was: medians and 90th percentiles in minutes with n, shares of how many; never a bare mean."""

    departments = serializers.ListField(child=serializers.UUIDField())
    status = serializers.ChoiceField(
        choices=[COMPLETE, PENDING],
        help_text="`pending`: the visits of some days are in no figure yet; ask again later.",
    )
    pending = PendingDoc(allow_null=True, help_text="Which days, as after an import; null: none.")
    method = serializers.CharField()
    visits = serializers.IntegerField(help_text="By their arrival.")
    still_here = serializers.IntegerField()
    ends = serializers.DictField(child=serializers.IntegerField())
    door_to_provider_by_level = serializers.DictField()
    boarders = serializers.DictField()
    op22 = serializers.DictField()
    ecat = serializers.DictField()
    target_met = serializers.DictField()
    levels = serializers.DictField(help_text="Share of each level; 0: never triaged. ESI is never averaged.")
    concordance = serializers.DictField()
    reassessments = serializers.DictField()

    def get_fields(self) -> dict[str, Any]:
        span = {"from": serializers.DateField(), "to": serializers.DateField()}
        lengths = {name: serializers.DictField(help_text="n, median and p90, and of what.") for name in LENGTHS}
        return {**span, **super().get_fields(), **lengths}


class RangeDoc(serializers.Serializer[Any]):
    """Minutes from now."""

    soonest_minutes = serializers.IntegerField()
    latest_minutes = serializers.IntegerField()


class EtaDoc(serializers.Serializer[Any]):
    """About when a provider will come."""

    visit = serializers.UUIDField()
    at = serializers.DateTimeField()
    ahead = serializers.IntegerField(allow_null=True, help_text="Sicker, or as sick and earlier.")
    range = RangeDoc(allow_null=True, help_text="Null before triage, after provider contact, or if nobody can tell.")
    note = serializers.CharField(help_text="To be said with it: sicker people go first.")


class CrowdingQuery(Query):
    department = Id(required=False)


class SpanQuery(Query):
    """Service days by their first and last, or a period until today."""

    department = Id(required=False, help_text="All emergency departments, if left out.")
    period = Lower(choices=list(PERIODS), required=False, help_text="Until today; `day` if nothing is said.")

    def get_fields(self) -> dict[str, Any]:
        days = {"from": Day(required=False, source="first"), "to": Day(required=False, source="last")}
        return {**days, **super().get_fields()}

    def validate(self, attrs: Any) -> Any:
        both = ("first" in attrs) + ("last" in attrs)
        if both == 1 or (both and "period" in attrs):
            raise serializers.ValidationError({"from": [_("Give a first and a last day, or a period.")]})
        for name, source in (("from", "first"), ("to", "last")):
            if source in attrs and attrs[source].year not in YEARS:
                raise serializers.ValidationError({name: [_("No such time.")]})
        return attrs


class BehindQuery(SpanQuery):
    """Whose number: a measure by its name, or one of its parts, as `end:lwbs` or `target_missed:2`."""

    measure = Lower(choices=behind.names())


class ErLogQuery(SpanQuery):
    """Arrivals of these service days."""

    end = Lower(choices=[HERE, *ENDS], required=False)
    level = serializers.IntegerField(min_value=0, max_value=5, required=False, help_text="0: never triaged.")
    arrival_mode = Lower(choices=ARRIVAL_WORDS, required=False)
    section = Id(required=False)
