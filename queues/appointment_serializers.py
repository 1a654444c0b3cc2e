"""What the API takes and shows of appointments and of who may come when."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Day, Id, Line, Moment, Named, Number, YesInQuery
from clinic.core.api_input import Lower, Query, Strict
from clinic.records.serializers import NewPatientBody
from queues.models import CALLED_OFF, CHECKED_IN, CONFIRMED, MISSED, REJECTED, Appointment
from queues.serializers import LineBody, VisitDoc

STATES = [key for key, _label in Appointment.STATES]
MODES = [key for key, _label in Appointment.MODES]
SOURCES = [key for key, _label in Appointment.SOURCES]
GIVEN_SOURCES = [Appointment.DESK, Appointment.PHONE, Appointment.API]
OTHER_WORDS = {"accepted": CONFIRMED, "accept": CONFIRMED, "reject": REJECTED, "canceled": CALLED_OFF}
"""Words of earlier systems → ours."""
ACTS = [CONFIRMED, REJECTED, CALLED_OFF, CHECKED_IN, MISSED]

# --- documents -------------------------------------------------------------------------------------------------------


class WhoDoc(serializers.Serializer[Any]):
    """Whose it is, and where."""

    patient = Named(allow_null=True, help_text="Null while a place is only held.")
    queue = Named()
    doctor = Named(allow_null=True, help_text="Null where any doctor of the department will do.")
    department = Named()
    type = Named(allow_null=True)


class AppointmentDoc(WhoDoc):
    """A patient is to come to a line at a start, or under a number of a day."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=STATES)
    mode = serializers.ChoiceField(choices=MODES)
    starts_at = serializers.DateTimeField(help_text="By number: about then.")
    ends_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    service_day = serializers.DateField()
    token = serializers.CharField(help_text="The ticket: the same after check-in. Empty until there is one.")
    reason = serializers.CharField()
    notes = serializers.CharField()
    video = serializers.BooleanField()
    booked_at = serializers.DateTimeField()
    held_until = serializers.DateTimeField(allow_null=True, help_text="Until when the place is kept.")
    delay_minutes = serializers.IntegerField(help_text="The patient said to be so late.")
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField()
    ended_by = serializers.CharField()
    successor = serializers.UUIDField(allow_null=True, help_text="What a rescheduled one became.")
    series = serializers.UUIDField(allow_null=True)
    visit = serializers.UUIDField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "source": serializers.ChoiceField(choices=SOURCES)}


class NewAppointmentDoc(AppointmentDoc):
    """An appointment just made, with the link of the patient's booking page."""

    booking_token = serializers.CharField()
    booking_url = serializers.CharField()


class CheckedInDoc(serializers.Serializer[Any]):
    """The appointment, and the visit it became."""

    appointment = AppointmentDoc()
    visit = VisitDoc()


class DashboardDoc(serializers.Serializer[Any]):
    """The appointments of a service day."""

    service_day = serializers.DateField()
    appointments = AppointmentDoc(many=True)


# --- queries ---------------------------------------------------------------------------------------------------------


class AppointmentQuery(Query):
    ordering = serializers.ChoiceField(choices=["starts_at", "-starts_at", "id", "-id"], default="starts_at")
    date = Day(required=False, help_text="Of this service day.")
    since = Day(required=False, help_text="From this service day on.")
    until = Day(required=False, help_text="Up to this service day.")
    doctor = Id(required=False)
    queue = Id(required=False)
    department = Id(required=False)
    patient = Id(required=False)
    type = Id(required=False)
    series = Id(required=False)
    status = Lower(choices=STATES, other_words=OTHER_WORDS, required=False)
    live = YesInQuery(required=False, help_text="Still to come or here, or ended.")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "source": Lower(choices=SOURCES, required=False)}


class DashboardQuery(Query):
    date = Line(10, required=False, default="today", help_text="`today`, or a day.")

    def validate_date(self, value: str) -> Any:
        return None if value.lower() == "today" else Day().run_validation(value)


class CancelQuery(Query):
    reason = Line(200, required=False, allow_blank=True, default="", help_text="Why.")


# --- bodies ----------------------------------------------------------------------------------------------------------


class PlaceHoldBody(LineBody):
    """A place to be kept while somebody is asked for their details."""

    type = Id(required=False)
    starts_at = Moment()


def _when_fields() -> dict[str, Any]:
    return {
        "starts_at": Moment(required=False, help_text="A free start."),
        "date": Day(required=False, help_text="Or a number of this day."),
    }


def one_of_when(attrs: Any) -> Any:
    """By time or by number, one of them."""
    if ("starts_at" in attrs) == ("date" in attrs):
        raise serializers.ValidationError({"starts_at": [_("Give a start, or a day for a number: one of them.")]})
    return attrs


class AppointmentBody(LineBody):
    """Who comes where and when."""

    patient = Id(required=False)
    person = NewPatientBody(required=False)
    type = Id(required=False, help_text="Kind of visit.")
    hold = Id(required=False, help_text="The place kept before; then no other start is needed.")
    reason = Line(200, required=False, allow_blank=True, default="", help_text="Why the patient comes.")
    notes = Line(500, required=False, allow_blank=True, default="")
    override_reason = Line(
        200, required=False, allow_blank=True, default="", help_text="Why a second one with this doctor that day."
    )

    def get_fields(self) -> dict[str, Any]:
        more = {"source": Lower(choices=GIVEN_SOURCES, required=False)}
        return {**super().get_fields(), **_when_fields(), **more}

    def validate(self, attrs: Any) -> Any:
        if ("patient" in attrs) == ("person" in attrs):
            raise serializers.ValidationError({"patient": [_("Give a patient's id or a new person, one of them.")]})
        if "hold" not in attrs:
            one_of_when(attrs)
        return super().validate(attrs)


class RescheduleBody(Strict):
    """Another time, another day's number, or another line."""

    queue = Id(required=False, help_text="Another line; the same if left out.")
    reason = Line(200, required=False, allow_blank=True, default="")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **_when_fields()}

    def validate(self, attrs: Any) -> Any:
        return one_of_when(attrs)


class DecisionBody(Strict):
    """Accept or reject, by the word it should have next."""

    status = Lower(choices=[CONFIRMED, REJECTED], other_words=OTHER_WORDS)
    reason = Line(200, required=False, allow_blank=True, default="", help_text="Why it is rejected.")


class AppointmentStatusBody(Strict):
    """The word it should have next."""

    status = Lower(choices=ACTS, other_words=OTHER_WORDS)
    reason = Line(200, required=False, allow_blank=True, default="")


class PublicPersonBody(Strict):
    """Who comes: the least that finds a person and reaches them."""

    given_name = Line(80)
    family_name = Line(80, required=False, allow_blank=True, default="")
    phone = Line(32)
    birth_year = Number(1900, 2100, required=False)
    birth_date = Day(required=False)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    language = serializers.RegexField(r"^([a-z]{2,3}(-[A-Za-z0-9]{2,4})?)?$", max_length=8, required=False)


class PublicBookingBody(PublicPersonBody):
    """A booking without sign-in: where, with whom, when and who."""

    hospital = Line(60, help_text="The short name in its address.")
    doctor = Id(required=False)
    department = Id(required=False, help_text="Any doctor of it.")
    type = Id(required=False)
    reason = Line(200, required=False, allow_blank=True, default="")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **_when_fields()}

    def validate(self, attrs: Any) -> Any:
        if ("doctor" in attrs) == ("department" in attrs):
            raise serializers.ValidationError({"doctor": [_("Name a doctor or a department, one of them.")]})
        return one_of_when(attrs)


class PublicMoveBody(Strict):
    starts_at = Moment()


class PublicReasonBody(Strict):
    reason = Line(200, required=False, allow_blank=True, default="")


class PublicBookedDoc(serializers.Serializer[Any]):
    """What a booking without sign-in answers: the same whoever it was."""

    token = serializers.CharField(help_text="Opens status, cancel, reschedule, delay and check-in.")
    url = serializers.CharField()
    status = serializers.ChoiceField(choices=STATES)
    starts_at = serializers.DateTimeField()
    number = serializers.CharField(help_text="The token, where the booking is by number.")
