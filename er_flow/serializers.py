"""What the API shows of the emergency department."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.core.api_fields import Named
from clinic.records.serializers import SEXES
from er_flow.models import Triage
from er_flow.models.words import (
    ALERTS,
    ARRIVALS,
    BED_STATES,
    BED_TYPES,
    DISPOSITIONS,
    PRECAUTIONS,
    STATES,
    WAITS,
)
from er_flow.targets import OWN, SETS

STATE_WORDS = [key for key, _label in STATES]
BED_WORDS = [key for key, _label in BED_STATES]
BED_KINDS = [key for key, _label in BED_TYPES]
ARRIVAL_WORDS = [key for key, _label in ARRIVALS]
PRECAUTION_WORDS = [key for key, _label in PRECAUTIONS]
ALERT_WORDS = [key for key, _label in ALERTS]
WAIT_WORDS = [key for key, _label in WAITS]
DISPOSITION_WORDS = [key for key, _label in DISPOSITIONS]
TRIAGE_KINDS = [key for key, _label in Triage.SORTS]
SET_NAMES = sorted({*SETS, OWN})


class ErWhoDoc(serializers.Serializer[Any]):
    """A patient, or somebody unknown, who has no id and is called by the number."""

    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class AgeDoc(serializers.Serializer[Any]):
    """The age on arrival: completed months, and days."""

    months = serializers.IntegerField()
    days = serializers.IntegerField()
    text = serializers.CharField(help_text="`12 d`, `7 mo` or `45 y`.")


class TargetDoc(serializers.Serializer[Any]):
    """By when somebody is to be seen by a provider, or, without a level, to be triaged."""

    set = serializers.ChoiceField(choices=SET_NAMES)
    version = serializers.CharField()
    minutes = serializers.IntegerField()
    since = serializers.DateTimeField(help_text="From when the wait counts.")
    due_at = serializers.DateTimeField(help_text="Later than this is delayed.")


class ErVisitDoc(serializers.Serializer[Any]):
    """One stay of one patient in the emergency department."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    number = serializers.IntegerField(help_text="Of the department, ever growing.")
    patient = ErWhoDoc()
    age = AgeDoc()
    sex = serializers.ChoiceField(choices=SEXES)
    complaint = serializers.CharField()
    complaint_code = serializers.CharField()
    arrival_mode = serializers.ChoiceField(choices=ARRIVAL_WORDS)
    notes = serializers.CharField()
    department = Named()
    section = Named(allow_null=True)
    status = serializers.ChoiceField(choices=STATE_WORDS)
    status_since = serializers.DateTimeField()
    level = serializers.IntegerField(allow_null=True, help_text="ESI, 1 to 5; null until triaged.")
    reported_level = serializers.IntegerField(allow_null=True, help_text="As it came with the patient; triage is due.")
    delayed = serializers.BooleanField(help_text="Not seen by a provider, and past the target.")
    crossed_at = serializers.DateTimeField(allow_null=True, help_text="When the target was passed.")
    delay_reason = serializers.CharField()
    target = TargetDoc(allow_null=True, help_text="Null once a provider has seen the patient, or who has left.")
    nurse = Named(allow_null=True)
    provider = Named(allow_null=True)
    precautions = serializers.ChoiceField(choices=PRECAUTION_WORDS)
    ventilated = serializers.BooleanField()
    alerts = serializers.ListField(child=serializers.ChoiceField(choices=ALERT_WORDS))
    waiting_for = serializers.ListField(child=serializers.ChoiceField(choices=WAIT_WORDS))
    needs = serializers.ListField(child=serializers.CharField(), help_text="Features a bed must have.")
    bed = Named(allow_null=True)
    reserved_bed = Named(allow_null=True)
    disposition = serializers.ChoiceField(choices=DISPOSITION_WORDS, allow_null=True)
    disposition_note = serializers.CharField()
    risks_explained = serializers.BooleanField()
    arrived_at = serializers.DateTimeField(help_text="First seen asking for care.")
    registered_at = serializers.DateTimeField()
    triage_started_at = serializers.DateTimeField(allow_null=True)
    triaged_at = serializers.DateTimeField(allow_null=True)
    bedded_at = serializers.DateTimeField(allow_null=True, help_text="First in a bed.")
    seen_at = serializers.DateTimeField(allow_null=True, help_text="Provider contact.")
    decided_at = serializers.DateTimeField(allow_null=True)
    admit_at = serializers.DateTimeField(allow_null=True)
    departed_at = serializers.DateTimeField(allow_null=True)
    reassess_at = serializers.DateTimeField(allow_null=True, help_text="The next look is due.")
    entered_later = serializers.BooleanField(help_text="From a downtime sheet, with the original times.")

    def get_fields(self) -> dict[str, Any]:
        label = serializers.CharField(help_text="`E-` and the number: where no name may stand.")
        return {**super().get_fields(), "label": label}


class ByDoc(serializers.Serializer[Any]):
    """Who did it, as the log names them."""

    id = serializers.CharField()
    name = serializers.CharField()


class ErTriageDoc(serializers.Serializer[Any]):
    """One assessment: what was asked, measured, suggested and decided."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    visit = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=TRIAGE_KINDS)
    at = serializers.DateTimeField()
    by = ByDoc()
    answers = serializers.DictField(help_text="What was answered, without what was not so.")
    vitals = serializers.DictField(help_text="What was measured; decimals as text, degrees Celsius.")
    baselines = serializers.DictField()
    function = serializers.CharField(help_text="Name and version of what suggested; empty for vital signs alone.")
    suggested = serializers.IntegerField(allow_null=True)
    consider = serializers.ListField(child=serializers.IntegerField(), help_text="More urgent levels to think about.")
    path = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    level = serializers.IntegerField(allow_null=True, help_text="What was decided; null if the level stayed.")
    override_reason = serializers.CharField()
    notes = serializers.CharField()
    what_changed = serializers.CharField()
    what_was_done = serializers.CharField()
    error_at = serializers.DateTimeField(allow_null=True, help_text="Entered in error: kept, and counts nowhere.")
    error_reason = serializers.CharField()


class StageDoc(serializers.Serializer[Any]):
    """A time in one care stage."""

    status = serializers.ChoiceField(choices=STATE_WORDS)
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class StayDoc(serializers.Serializer[Any]):
    """A time in one bed."""

    bed = Named()
    precautions = serializers.ChoiceField(choices=PRECAUTION_WORDS)
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class ErVisitHistoryDoc(ErVisitDoc):
    """A visit with all it went through, oldest first."""

    stages = StageDoc(many=True)
    stays = StayDoc(many=True)
    triages = ErTriageDoc(many=True, help_text="Empty for whoever may not triage.")


class TriagedDoc(serializers.Serializer[Any]):
    """What was noted, and how the visit stands now."""

    visit = ErVisitDoc()
    triage = ErTriageDoc()


class ClocksDoc(serializers.Serializer[Any]):
    """Both clocks of a wait, in whole minutes until now."""

    since_arrival = serializers.IntegerField()
    in_status = serializers.IntegerField()


class ErDelayedDoc(serializers.Serializer[Any]):
    """Somebody who waits longer than the target; which of the clocks counts is the hospital's policy."""

    visit = ErVisitDoc()
    minutes = ClocksDoc()
    target = TargetDoc()
    over = serializers.IntegerField(help_text="Whole minutes past the target.")


class BedDoc(serializers.Serializer[Any]):
    """A bed, a chair, a place in the hallway."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=BED_KINDS)
    features = serializers.ListField(child=serializers.CharField())
    section = Named()
    department = Named()
    status = serializers.ChoiceField(choices=BED_WORDS)
    status_since = serializers.DateTimeField()
    visit = Named(allow_null=True, help_text="Who is in it, by the number.")
    reserved_for = Named(allow_null=True, help_text="For whom it is kept, by the number.")
    blocked_reason = serializers.CharField()
    blocked_until = serializers.DateTimeField(allow_null=True)
    position = serializers.IntegerField()
    active = serializers.BooleanField()


class SectionDoc(serializers.Serializer[Any]):
    """A part of an emergency department."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    position = serializers.IntegerField(help_text="Neighbours stand next to each other.")
    department = Named()
    nurse = Named(allow_null=True, help_text="For everybody here who has no nurse of their own.")
    active = serializers.BooleanField()


class FloorDoc(serializers.Serializer[Any]):
    """An emergency department as a whole."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    department = Named()
    surge = serializers.BooleanField(help_text="More come than can be looked after.")
    surge_since = serializers.DateTimeField(allow_null=True)
    surge_reason = serializers.CharField()


class FitDoc(serializers.Serializer[Any]):
    """A free bed that suits, and why it stands where it does."""

    bed = Named()
    section = Named()
    has = serializers.ListField(child=serializers.CharField(), help_text="Needed, and there.")
    spare = serializers.ListField(child=serializers.CharField(), help_text="There, and not needed.")
    away = serializers.IntegerField(help_text="Sections between.")
    makeshift = serializers.BooleanField(help_text="A hallway or a chair, for want of better.")
    why = serializers.CharField(help_text="The same as a sentence.")


class BestBedDoc(serializers.Serializer[Any]):
    """The free beds that suit, the best first."""

    suggestions = FitDoc(many=True)
    assigned = serializers.BooleanField(help_text="The best was taken.")
    visit = ErVisitDoc()


class ErUndoneDoc(serializers.Serializer[Any]):
    """What was taken back, and how the visit stands now."""

    undone = serializers.ListField(child=serializers.CharField())
    visit = ErVisitDoc()
