"""What the API takes and shows of lines, visits and displays."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Day, Id, Line, Named, Yes, YesInQuery
from clinic.core.api_input import Lower, Query, Strict
from clinic.records.serializers import NewPatientBody
from clinic.tenants.models import HospitalConfig
from queues.models import CLASSES, NORMAL, URGENT, VIP, Leg, Queue

STATES = [key for key, _label in Leg.STATES]
KLASSES = [key for key, _label in CLASSES]
GIVEN_KLASSES = [NORMAL, URGENT, VIP]
NAMES = [key for key, _label in HospitalConfig.NAMES]
LANGUAGES = [code for code, _name in settings.LANGUAGES]
SKIPPED = "skipped"
STATUS_WORDS = ["waiting", "called", "in_progress", "completed", SKIPPED, "no_show", "left", "cancelled"]
OTHER_WORDS = {"checked_in": "waiting"}
"""Words of earlier systems → ours."""

# --- documents -------------------------------------------------------------------------------------------------------


class QueueDoc(serializers.Serializer[Any]):
    """A line people wait in."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[key for key, _label in Queue.KINDS])
    name = serializers.CharField()
    department = serializers.UUIDField()
    doctor = serializers.UUIDField(allow_null=True)
    open = serializers.BooleanField(help_text="Takes people in.")


class VisitDoc(serializers.Serializer[Any]):
    """One stay of one patient, with what its current part says. Sort by `order` to get the order of a line."""

    id = serializers.UUIDField()
    token = serializers.CharField()
    status = serializers.ChoiceField(choices=STATES)
    reason = serializers.CharField(help_text="Why the patient came.")
    class_reason = serializers.CharField()
    patient = Named()
    department = Named()
    queue = Named()
    server = Named(allow_null=True)
    room = Named(allow_null=True)
    order = serializers.CharField(allow_null=True, help_text="Opaque; set while waiting.")
    calls = serializers.IntegerField()
    skips = serializers.IntegerField()
    service_day = serializers.DateField()
    arrived_at = serializers.DateTimeField()
    first_called_at = serializers.DateTimeField(allow_null=True)
    called_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        more = {"class": serializers.ChoiceField(choices=KLASSES), "source": serializers.CharField()}
        return {**super().get_fields(), **more}


class NewVisitDoc(VisitDoc):
    """A visit just taken in, with the link of the patient's page."""

    status_token = serializers.CharField()
    status_url = serializers.CharField()


class CalledDoc(serializers.Serializer[Any]):
    """Who was called; null if nobody waits."""

    visit = VisitDoc(allow_null=True)


class CompletedDoc(serializers.Serializer[Any]):
    """Who was completed, and who was called in the same act."""

    completed = VisitDoc()
    called = VisitDoc(allow_null=True)


class SkippedDoc(serializers.Serializer[Any]):
    """Who was put back, and by how many places: 0 means that nobody else waits."""

    visit = VisitDoc()
    places = serializers.IntegerField()


class UndoneDoc(serializers.Serializer[Any]):
    """What was taken back, and how the visit stands now."""

    undone = serializers.ListField(child=serializers.CharField())
    visit = VisitDoc()


class LineDoc(serializers.Serializer[Any]):
    """A line as it stands: who is with its server, and who waits, in order."""

    seq = serializers.IntegerField(help_text="Of the log: everything up to here is in it.")
    queue = QueueDoc()
    now = VisitDoc(many=True)
    waiting = VisitDoc(many=True)


class LinesDoc(serializers.Serializer[Any]):
    """All lines as they stand."""

    seq = serializers.IntegerField()
    lines = serializers.ListField(child=serializers.DictField())


class StatsDoc(serializers.Serializer[Any]):
    """The day so far, in visits."""

    service_day = serializers.DateField()
    arrived = serializers.IntegerField()
    waiting = serializers.IntegerField()
    called = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    on_hold = serializers.IntegerField()
    completed = serializers.IntegerField()
    no_show = serializers.IntegerField()
    left = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class DisplayDoc(serializers.Serializer[Any]):
    """A waiting-room screen."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    names = serializers.ChoiceField(choices=NAMES)
    queues = serializers.ListField(child=serializers.UUIDField())
    paired_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class PlaceDoc(serializers.Serializer[Any]):
    """One patient's place, for whoever holds the visit's link."""

    token = serializers.CharField()
    patient = serializers.CharField(help_text="The patient's own name.")
    hospital = serializers.CharField()
    department = serializers.CharField()
    doctor = serializers.CharField(help_text="Or the department's name, where any doctor will do.")
    doctor_status = serializers.CharField(help_text="Empty where any doctor will do.")
    status = serializers.ChoiceField(choices=STATES)
    position = serializers.IntegerField(allow_null=True, help_text="1 is next; null when not waiting.")
    ahead = serializers.IntegerField()
    paused = serializers.BooleanField(help_text="Waits, and nobody is called now.")
    room = serializers.CharField()
    room_place = serializers.CharField()
    why = serializers.CharField(help_text="Why somebody who came later goes first; mostly empty.")
    called_at = serializers.DateTimeField(allow_null=True)


class SaidDoc(serializers.Serializer[Any]):
    """An announcement in one language."""

    lang = serializers.CharField()
    text = serializers.CharField()


class BoardCallDoc(serializers.Serializer[Any]):
    """A call that stands; `key` is new for each call and recall."""

    key = serializers.CharField()
    token = serializers.CharField()
    room = serializers.CharField()
    doctor = serializers.CharField()
    name = serializers.CharField(help_text="Empty unless policy and patient allow it.")
    says = SaidDoc(many=True)
    called_at = serializers.DateTimeField()


class BoardRoomDoc(serializers.Serializer[Any]):
    token = serializers.CharField()
    room = serializers.CharField()
    doctor = serializers.CharField()
    name = serializers.CharField()


class BoardLineDoc(serializers.Serializer[Any]):
    """A line, as a waiting room may see it."""

    doctor = serializers.CharField()
    department = serializers.CharField()
    status = serializers.CharField()
    room = serializers.CharField()
    tokens = serializers.ListField(child=serializers.CharField(), help_text="The next few.")
    more = serializers.IntegerField()
    paused = serializers.BooleanField()


class BoardDoc(serializers.Serializer[Any]):
    """A waiting room: tokens, rooms and states, and nothing else."""

    calls = BoardCallDoc(many=True)
    rooms = BoardRoomDoc(many=True)
    missed = serializers.ListField(child=serializers.CharField())
    lines = BoardLineDoc(many=True)


# --- queries ---------------------------------------------------------------------------------------------------------


class QueueQuery(Query):
    ordering = serializers.ChoiceField(choices=["name", "-name", "id", "-id"], default="name")
    department = Id(required=False)
    doctor = Id(required=False)
    kind = Lower(choices=[key for key, _label in Queue.KINDS], required=False)
    open = YesInQuery(required=False)


class VisitQuery(Query):
    ordering = serializers.ChoiceField(choices=["arrived_at", "-arrived_at"], default="-arrived_at")
    status = Lower(choices=STATES, other_words=OTHER_WORDS, required=False)
    department = Id(required=False)
    queue = Id(required=False, help_text="Stands, or stood last, in this line.")
    doctor = Id(required=False, help_text="Is, or was last, with this doctor.")
    patient = Id(required=False)
    service_day = Day(required=False)
    open = YesInQuery(required=False, help_text="Still here, or ended.")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": Lower(choices=KLASSES, source="klass", required=False)}


class DisplayQuery(Query):
    ordering = serializers.ChoiceField(choices=["id", "-id"], default="id")
    revoked = YesInQuery(required=False)


# --- bodies ----------------------------------------------------------------------------------------------------------


class QueueBody(Strict):
    open = Yes()


class LineBody(Strict):
    """Names a line: by itself, by its doctor, or by its department (the pool)."""

    queue = Id(required=False)
    doctor = Id(required=False)
    department = Id(required=False)

    def validate(self, attrs: Any) -> Any:
        if sum(name in attrs for name in ("queue", "doctor", "department")) != 1:
            raise serializers.ValidationError({"queue": [_("Name a queue, a doctor or a department, one of them.")]})
        return attrs


def _arrival_fields() -> dict[str, Any]:
    return {
        "class": Lower(choices=GIVEN_KLASSES, source="klass", required=False, default=NORMAL),
        "class_reason": Line(200, required=False, allow_blank=True, default=""),
        "reason": Line(200, required=False, allow_blank=True, default="", help_text="Why the patient came."),
    }


class ArrivalBody(LineBody):
    """A known patient, into a line."""

    patient = Id()
    again_reason = Line(200, required=False, allow_blank=True, default="", help_text="Why a second visit here.")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **_arrival_fields()}


class IntakeBody(LineBody):
    """A patient by id, or a new one, into a line."""

    patient = Id(required=False)
    person = NewPatientBody(required=False)
    again_reason = Line(200, required=False, allow_blank=True, default="", help_text="Why a second visit here.")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **_arrival_fields()}

    def validate(self, attrs: Any) -> Any:
        if ("patient" in attrs) == ("person" in attrs):
            raise serializers.ValidationError({"patient": [_("Give a patient's id or a new person, one of them.")]})
        return super().validate(attrs)


class VisitStatusBody(Strict):
    """The earlier systems' way to act on a visit: by the word it should have next."""

    status = Lower(choices=STATUS_WORDS, other_words=OTHER_WORDS)
    reason = Line(200, required=False, allow_blank=True, default="", help_text="For called, left and cancelled.")
    doctor = Id(required=False, help_text="Who calls; the line's own doctor if left out.")


class UndoBody(Strict):
    seq = serializers.IntegerField(min_value=1, max_value=2**62, required=False, help_text="X-Seq of the act.")


class NextBody(Strict):
    resume = Yes(required=False, default=False, help_text="End a break first.")


class PoolNextBody(NextBody):
    doctor = Id(help_text="Who calls.")


class CallBody(NextBody):
    visit = Id()
    reason = Line(200, help_text="Why out of order.")


class WhoBody(Strict):
    visit = Id(required=False, help_text="Who is with the doctor, if left out.")


class SkipBody(WhoBody):
    reason = Line(200, required=False, allow_blank=True, default="")


class CompleteAndCallBody(WhoBody):
    resume = Yes(required=False, default=False, help_text="End a break first.")


class DisplayBody(Strict):
    code = Line(12, help_text="What the screen shows.")
    name = Line(80)
    queues = serializers.ListField(child=Id(), min_length=1, max_length=100)
    languages = serializers.ListField(
        child=serializers.ChoiceField(choices=LANGUAGES), min_length=1, max_length=len(LANGUAGES), required=False
    )
    names = Lower(choices=NAMES, required=False)
