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
from queues.estimates.serializers import MinutesDoc, WaitDoc
from queues.models import CLASSES, HOLDS, NORMAL, URGENT, VIP, Appointment, Leg, Queue

STATES = [key for key, _label in Leg.STATES]
KLASSES = [key for key, _label in CLASSES]
GIVEN_KLASSES = [NORMAL, URGENT, VIP]
NAMES = [key for key, _label in HospitalConfig.NAMES]
LANGUAGES = [code for code, _name in settings.LANGUAGES]
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
    overnight = serializers.BooleanField(help_text="Open across the end of the day: whoever waits keeps the place.")
    paused = serializers.BooleanField(help_text="Nobody calls from it now.")
    joining = MinutesDoc(allow_null=True, help_text="For whoever joins now; null while paused or not known.")
    left_at = serializers.DateTimeField(
        allow_null=True, help_text="When the doctor left with people waiting: the desk is asked what becomes of them."
    )


class HoldDoc(serializers.Serializer[Any]):
    """Why a patient is on hold."""

    reason = serializers.ChoiceField(choices=[key for key, _label in HOLDS])
    since = serializers.DateTimeField()
    back_at = serializers.DateTimeField(allow_null=True, help_text="Until when somebody is away.")


class BookedDoc(serializers.Serializer[Any]):
    """What of an appointment stands in the visit it became."""

    id = serializers.UUIDField()
    starts_at = serializers.DateTimeField()


class VisitDoc(serializers.Serializer[Any]):
    """One stay of one patient, with what its current part says. Sort by `order` to get the order of a line."""

    id = serializers.UUIDField()
    token = serializers.CharField()
    status = serializers.ChoiceField(
        choices=[*STATES, "expected", "lapsed"],
        help_text="`expected`: carried over to another day, not there yet; `lapsed`: did not come that day.",
    )
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
    wait = WaitDoc(allow_null=True, help_text="Null unless waiting; null while paused or not known.")
    paused = serializers.BooleanField(help_text="Waits, and nobody calls from the line now.")
    ended_at = serializers.DateTimeField(allow_null=True)
    expected_on = serializers.DateField(allow_null=True, help_text="Carried over to this day.")
    hold = HoldDoc(allow_null=True, help_text="Set while on hold.")
    rejoin_asked_at = serializers.DateTimeField(allow_null=True, help_text="The patient asks to come back.")
    asked_at = serializers.DateTimeField(allow_null=True, help_text="Still there? Asked, and not answered yet.")
    appointment = BookedDoc(allow_null=True, help_text="What was booked; null for a walk-in.")
    due = serializers.BooleanField(help_text="False for somebody early: called before the time only if nobody waits.")

    def get_fields(self) -> dict[str, Any]:
        more = {
            "class": serializers.ChoiceField(choices=KLASSES), "source": serializers.CharField(),
            "type": serializers.UUIDField(allow_null=True, help_text="The kind of visit."),
        }  # fmt: skip
        return {**super().get_fields(), **more}


class WarnedDoc(serializers.Serializer[Any]):
    """Something to know that nobody was refused for."""

    code = serializers.CharField()
    message = serializers.CharField()


class NewVisitDoc(VisitDoc):
    """A visit just taken in, with the link of the patient's page."""

    status_token = serializers.CharField()
    status_url = serializers.CharField()
    warnings = WarnedDoc(many=True, help_text="A long line, a closed house.")


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


class BookedTodayDoc(serializers.Serializer[Any]):
    """The appointments of the day, by what became of them."""

    requested = serializers.IntegerField()
    confirmed = serializers.IntegerField(help_text="Still to come.")
    checked_in = serializers.IntegerField()
    completed = serializers.IntegerField()
    no_show = serializers.IntegerField()
    cancelled = serializers.IntegerField(help_text="Also those rejected.")


class StatsDoc(serializers.Serializer[Any]):
    """The day so far, in visits."""

    service_day = serializers.DateField()
    booked = serializers.IntegerField(help_text="Appointments of the day that are to come, here, or have been.")
    appointments = BookedTodayDoc()
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
    languages = serializers.ListField(child=serializers.CharField(), help_text="Empty: those of the hospital's policy.")
    names = serializers.ChoiceField(choices=NAMES)
    sound = serializers.BooleanField(help_text="Announces calls aloud.")
    queues = serializers.ListField(child=serializers.UUIDField(), help_text="Lines it shows.")
    rooms = serializers.ListField(child=serializers.UUIDField(), help_text="Rooms it announces calls to, of any line.")
    paired_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)


class PlaceDoc(serializers.Serializer[Any]):
    """One patient's place, for whoever holds the visit's link."""

    appointment = serializers.UUIDField(allow_null=True, help_text="Null for a walk-in.")
    starts_at = serializers.DateTimeField(allow_null=True, help_text="When it was booked for; by number: about then.")
    check_in_from = serializers.DateTimeField(allow_null=True, help_text="Before check-in: when it opens.")
    check_in_by = serializers.DateTimeField(allow_null=True, help_text="Before check-in: by when to be here.")
    video = serializers.BooleanField()
    token = serializers.CharField()
    patient = serializers.CharField(help_text="The patient's own name.")
    hospital = serializers.CharField()
    department = serializers.CharField()
    doctor = serializers.CharField(help_text="Or the department's name, where any doctor will do.")
    doctor_status = serializers.CharField(help_text="Empty where any doctor will do.")
    status = serializers.ChoiceField(
        choices=sorted({*STATES, "expected", "lapsed", *(key for key, _label in Appointment.STATES)}),
        help_text="Before check-in the appointment's, then the visit's.",
    )
    position = serializers.IntegerField(allow_null=True, help_text="1 is next; null when not waiting.")
    ahead = serializers.IntegerField()
    paused = serializers.BooleanField(help_text="Waits, and nobody is called now.")
    wait = WaitDoc(allow_null=True, help_text="Null unless waiting; null while paused or not known.")
    room = serializers.CharField()
    room_place = serializers.CharField()
    why = serializers.CharField(help_text="Why somebody who came later goes first; mostly empty.")
    called_at = serializers.DateTimeField(allow_null=True)
    back_at = serializers.DateTimeField(allow_null=True, help_text="Away until then.")
    delays_left = serializers.IntegerField(help_text="How often the place may still be pushed back from the phone.")
    rejoin_asked = serializers.BooleanField()
    rejoin_declined = serializers.BooleanField(help_text="The desk did not take the patient back into the line.")
    expected_on = serializers.DateField(allow_null=True, help_text="Carried over to that day, and not there yet.")


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
        "type": Id(required=False, allow_null=True, help_text="The kind of visit."),
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


class FamilyBody(LineBody):
    """Several known patients, into one line at once."""

    patients = serializers.ListField(child=Id(), min_length=1, max_length=12)
    again_reason = Line(200, required=False, allow_blank=True, default="", help_text="Why a second visit here.")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **_arrival_fields()}


class CorrectPatientBody(Strict):
    """The right patient of a visit, and how the wrong one came about."""

    patient = Id()
    reason = Line(200)
    again_reason = Line(200, required=False, allow_blank=True, default="", help_text="Why a second visit here.")


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


class DisplayChange(Strict):
    """What may be changed of a paired screen."""

    name = Line(80)
    queues = serializers.ListField(child=Id(), max_length=100, required=False, help_text="Lines it shows.")
    rooms = serializers.ListField(
        child=Id(), max_length=100, required=False, help_text="Rooms it announces calls to, of any line."
    )
    languages = serializers.ListField(
        child=serializers.ChoiceField(choices=LANGUAGES), max_length=len(LANGUAGES), required=False,
        help_text="Empty: those of the hospital's policy.",
    )  # fmt: skip
    names = Lower(choices=NAMES, required=False)
    sound = Yes(required=False, help_text="Announces calls aloud.")


class DisplayBody(DisplayChange):
    code = Line(12, help_text="What the screen shows.")
