"""What the API takes of beds, sections and departments."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Id, Line, Moment, Number, Yes, YesInQuery
from clinic.core.api_input import Lower, Query, Strict
from er_flow.models.words import AVAILABLE, RESERVED
from er_flow.serializers import BED_KINDS, BED_WORDS
from er_flow.visit_fields import Features

EARLIER_WORDS = {"open": AVAILABLE, "held": RESERVED}
"""Words of an earlier system → ours; OCCUPIED is the same."""
MOST = 32767


class BedQuery(Query):
    """Beds in use, unless asked otherwise."""

    ordering = serializers.ChoiceField(choices=["name", "-name", "id", "-id"], default="name")
    status = Lower(choices=BED_WORDS, other_words=EARLIER_WORDS, required=False)
    kind = Lower(choices=BED_KINDS, required=False)
    department = Id(required=False)
    section = Id(required=False)
    feature = Line(40, required=False)
    active = YesInQuery(required=False, default=True)


class SectionQuery(Query):
    """Sections in use, unless asked otherwise."""

    ordering = serializers.ChoiceField(choices=["position", "-position", "name", "-name"], default="position")
    department = Id(required=False)
    active = YesInQuery(required=False, default=True)


def _bed_fields(*, new: bool) -> dict[str, Any]:
    """The model calls the kind ``sort``."""
    return {
        "section": Id(required=new), "name": Line(20, required=new),
        "kind": Lower(choices=BED_KINDS, source="sort", required=False), "features": Features(required=False),
        "position": Number(0, MOST, required=False, help_text="Among the beds of the section."),
    }  # fmt: skip


class NewBedBody(Strict):
    """A bed, a chair, a place in the hallway: free from now on."""

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **_bed_fields(new=True)}


class BedChangeBody(Strict):
    """Only an empty bed is taken out of use."""

    active = Yes(required=False, source="is_active")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **_bed_fields(new=False)}


class NewSectionBody(Strict):
    """A part of an emergency department."""

    department = Id(required=False, help_text="May be left out where there is one emergency department.")
    name = Line(80)
    position = Number(0, MOST, required=False, help_text="Neighbours stand next to each other.")


class SectionChangeBody(Strict):
    """One with beds in use stays in use."""

    name = Line(80, required=False)
    position = Number(0, MOST, required=False)
    active = Yes(required=False, source="is_active")


class SectionNurseBody(Strict):
    """Whoever looks after everybody there who has no nurse of their own; null for nobody."""

    nurse = Id(allow_null=True)


class BedStatusBody(Strict):
    """The status a bed should have next, in our words or an earlier system's, in any case."""

    status = Lower(choices=BED_WORDS, other_words=EARLIER_WORDS)
    visit = Id(required=False, help_text="For reserved and occupied.")
    reason = Line(200, required=False, allow_blank=True, default="", help_text="For blocked.")
    until = Moment(required=False, allow_null=True, help_text="For blocked.")

    def validate(self, attrs: Any) -> Any:
        if attrs["status"] in (RESERVED, "occupied") and "visit" not in attrs:
            raise serializers.ValidationError({"visit": [_("Say for whom.")]})
        return attrs


class BlockBody(Strict):
    """Why nobody is put there, and until when."""

    reason = Line(200)
    until = Moment(required=False, allow_null=True)


class ForWhomBody(Strict):
    """For whom."""

    visit = Id()


class ReleaseBody(Strict):
    """Who it is kept for, as far as the asker knows."""

    visit = Id(required=False, help_text="For whom the bed was seen to be kept.")


class TransferBody(Strict):
    """To which bed whoever lies here goes."""

    to = Id()
    reason = Line(200, required=False, allow_blank=True, default="")


class SwapBedsBody(Strict):
    """With whoever lies in which bed."""

    bed = Id()
    reason = Line(200, required=False, allow_blank=True, default="")


class SurgeBody(Strict):
    """On with a reason, or off."""

    on = Yes()
    department = Id(required=False, help_text="May be left out where there is one emergency department.")
    reason = Line(200, required=False, allow_blank=True, default="")
