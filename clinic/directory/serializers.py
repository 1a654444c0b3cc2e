"""What the API takes and shows of the directory."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from clinic.core.api_fields import ById, Day, Id, Line, Moment, Number, Pattern, Text, Yes, YesInQuery
from clinic.core.api_input import Lower, Query, Strict
from clinic.directory.models import PREFIX, Department, Doctor, VisitType
from clinic.tenants.policy_serializers import BOOKINGS, RESETS, WeekBody, WeekDoc

KINDS = [key for key, _ in Department.KINDS]
STATUSES = [key for key, _ in Doctor.STATUSES]
SORTS = [key for key, _ in Doctor.SORTS]
WHOM = [key for key, _ in VisitType.WHOM]
MONEY = r"^[0-9]{1,8}(\.[0-9]{1,2})?$"
DEGREES = r"^-?[0-9]{1,3}(\.[0-9]{1,6})?$"


class DepartmentDoc(serializers.Serializer[Any]):
    """A part of the hospital with its own tokens."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="Begins each token.")
    kind = serializers.ChoiceField(choices=KINDS)
    sensitive = serializers.BooleanField(help_text="Shown in public by a neutral name.")
    public_name = serializers.CharField()
    active = serializers.BooleanField()


class RoomDoc(serializers.Serializer[Any]):
    """Where somebody is seen."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    place = serializers.CharField(help_text="How to find it.")
    department = serializers.UUIDField()
    active = serializers.BooleanField()


class DoctorDoc(serializers.Serializer[Any]):
    """Somebody who sees patients, with a line of their own."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    specialization = serializers.CharField()
    department = serializers.UUIDField()
    room = serializers.UUIDField(allow_null=True)
    membership = serializers.UUIDField(allow_null=True)
    parallel_rooms = serializers.IntegerField(help_text="Patients at once.")
    serves_pool = serializers.BooleanField()
    status = serializers.ChoiceField(choices=STATUSES)
    late_minutes = serializers.IntegerField()
    status_until = serializers.DateTimeField(allow_null=True)
    status_at = serializers.DateTimeField(allow_null=True)
    active = serializers.BooleanField()
    kind = serializers.ChoiceField(choices=SORTS, help_text="Only doctors have a line of their own.")
    employee_no = serializers.CharField()
    qualifications = serializers.CharField()
    licence_no = serializers.CharField()
    npi = serializers.CharField()
    taxonomy = serializers.CharField()
    bio = serializers.CharField()
    services = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())
    fee = serializers.RegexField(MONEY, allow_null=True, help_text="In the hospital's currency.")
    address = serializers.CharField()
    city = serializers.CharField()
    latitude = serializers.RegexField(DEGREES, allow_null=True)
    longitude = serializers.RegexField(DEGREES, allow_null=True)
    minutes = serializers.IntegerField(allow_null=True, help_text="Of a visit; null is the department's.")
    daily_capacity = serializers.IntegerField(allow_null=True)
    booking_mode = serializers.CharField(help_text="slot, token or both; empty is as the department.")
    slot_capacity = serializers.IntegerField(help_text="Bookings for one time.")
    listed = serializers.BooleanField(help_text="In the public search, if the hospital is.")


class DepartmentPoliciesDoc(serializers.Serializer[Any]):
    """What a department does otherwise than its hospital; null is as the hospital."""

    id = serializers.UUIDField()
    version = serializers.IntegerField(help_text="0 while the department has never said anything.")
    department = serializers.UUIDField()
    token_reset = serializers.ChoiceField(choices=RESETS, allow_null=True)
    default_minutes = serializers.IntegerField(allow_null=True)
    buffer_minutes = serializers.IntegerField(allow_null=True)
    queue_soft_limit = serializers.IntegerField(allow_null=True)
    queue_hard_limit = serializers.IntegerField(allow_null=True)
    booking_mode = serializers.ChoiceField(choices=BOOKINGS, allow_null=True)
    arrival_window = serializers.IntegerField(allow_null=True)
    late_grace = serializers.IntegerField(allow_null=True)
    appointment_lead = serializers.IntegerField(allow_null=True)
    no_show_after = serializers.IntegerField(allow_null=True)


class FurtherDoc(serializers.Serializer[Any]):
    """A further department whose pool a doctor takes from."""

    id = serializers.UUIDField()
    doctor = serializers.UUIDField()
    department = serializers.UUIDField()


class HoursDoc(serializers.Serializer[Any]):
    """The week a doctor works: the own one, or the hospital's."""

    id = serializers.UUIDField(allow_null=True, help_text="null while it is the hospital's.")
    version = serializers.IntegerField(help_text="0 while it is the hospital's.")
    doctor = serializers.UUIDField()
    own = serializers.BooleanField(help_text="false: as the hospital is open.")
    weekly = WeekDoc()


class AbsenceDoc(serializers.Serializer[Any]):
    """When a doctor is away."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    doctor = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(help_text="Empty for whoever does not see the lines.")
    cancelled_at = serializers.DateTimeField(allow_null=True)
    begun_at = serializers.DateTimeField(allow_null=True, help_text="When the doctor was set off duty for it.")


class HitDoc(serializers.Serializer[Any]):
    """Somebody whom an absence hits."""

    ref = serializers.CharField(help_text="`visit:<id>`.")
    token = serializers.CharField()
    name = serializers.CharField()
    since = serializers.DateTimeField()


class VisitTypeDoc(serializers.Serializer[Any]):
    """A kind of visit with its usual length."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    buffer_minutes = serializers.IntegerField()
    fee = serializers.RegexField(MONEY, allow_null=True)
    colour = serializers.CharField(help_text="#rrggbb, or empty.")
    video = serializers.BooleanField()
    bookable = serializers.BooleanField(help_text="Online.")
    whom = serializers.ChoiceField(choices=WHOM)
    active = serializers.BooleanField()


class OwnTypeDoc(serializers.Serializer[Any]):
    """What a doctor does otherwise for one kind of visit; null is as usual."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    doctor = serializers.UUIDField()
    type = serializers.UUIDField()
    minutes = serializers.IntegerField(allow_null=True)
    capacity = serializers.IntegerField(allow_null=True, help_text="Bookings for one time.")
    offered = serializers.BooleanField(help_text="false: this doctor does not do it.")


class ClosureDoc(serializers.Serializer[Any]):
    """Service days on which the hospital, or one department, is closed."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    department = serializers.UUIDField(allow_null=True, help_text="null: the whole hospital.")
    name = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()


class DepartmentQuery(Query):
    ordering = serializers.ChoiceField(choices=["name", "-name", "id", "-id"], default="name")
    kind = Lower(choices=KINDS, required=False)
    active = YesInQuery(required=False)


class RoomQuery(Query):
    ordering = serializers.ChoiceField(choices=["name", "-name", "id", "-id"], default="name")
    department = Id(required=False)
    active = YesInQuery(required=False)


class DoctorQuery(Query):
    ordering = serializers.ChoiceField(choices=["name", "-name", "id", "-id"], default="name")
    department = Id(required=False)
    status = Lower(choices=STATUSES, required=False)
    kind = Lower(choices=SORTS, required=False)
    specialization = serializers.CharField(max_length=80, required=False)
    listed = YesInQuery(required=False)
    active = YesInQuery(required=False)


class FurtherQuery(ById):
    doctor = Id(required=False)
    department = Id(required=False)


class AbsenceQuery(Query):
    ordering = serializers.ChoiceField(choices=["starts_at", "-starts_at", "id", "-id"], default="starts_at")
    doctor = Id(required=False)


class VisitTypeQuery(Query):
    ordering = serializers.ChoiceField(choices=["name", "-name", "id", "-id"], default="name")
    active = YesInQuery(required=False)


class OwnTypeQuery(ById):
    doctor = Id(required=False)


class ClosureQuery(Query):
    ordering = serializers.ChoiceField(choices=["first_day", "-first_day", "id", "-id"], default="first_day")
    department = Id(required=False)


class DepartmentBody(Strict):
    name = Line(80)
    prefix = Pattern(PREFIX, help_text="One to three capital letters, without I and O.")
    kind = Lower(choices=KINDS, source="sort", required=False)
    sensitive = Yes(required=False)
    public_name = Line(80, required=False, allow_blank=True)
    active = Yes(source="is_active", required=False)


class RoomBody(Strict):
    name = Line(40)
    place = Line(120, required=False, allow_blank=True)
    department = Id()
    active = Yes(source="is_active", required=False)


class Amount(Pattern):
    """A decimal, written as a text so that no digit is lost."""

    def to_internal_value(self, data: Any) -> Decimal:  # type: ignore[override]
        text: str = super().to_internal_value(data)
        self.run_validators(text)  # the form first: no Decimal can be made of what is no number
        return Decimal(text)


def _texts() -> Any:
    return serializers.ListField(child=Line(80), max_length=40, required=False)


class DepartmentPoliciesBody(Strict):
    token_reset = Lower(choices=RESETS, required=False, allow_null=True)
    default_minutes = Number(3, 240, required=False, allow_null=True)
    buffer_minutes = Number(0, 120, required=False, allow_null=True)
    queue_soft_limit = Number(1, 10_000, required=False, allow_null=True)
    queue_hard_limit = Number(1, 10_000, required=False, allow_null=True)
    booking_mode = Lower(choices=BOOKINGS, required=False, allow_null=True)
    arrival_window = Number(0, 240, required=False, allow_null=True)
    late_grace = Number(0, 240, required=False, allow_null=True)
    appointment_lead = Number(0, 1440, required=False, allow_null=True)
    no_show_after = Number(5, 480, required=False, allow_null=True)


class FurtherBody(Strict):
    doctor = Id()
    department = Id()


class HoursBody(Strict):
    weekly = WeekBody(allow_null=True)


class AbsenceBody(Strict):
    doctor = Id()
    starts_at = Moment()
    ends_at = Moment()
    reason = Line(200, required=False, allow_blank=True, default="")


class VisitTypeBody(Strict):
    name = Line(80)
    minutes = Number(3, 480)
    buffer_minutes = Number(0, 240, required=False)
    fee = Amount(MONEY, required=False, allow_null=True)
    colour = Pattern(r"^(#[0-9a-f]{6})?$", required=False, allow_blank=True)
    video = Yes(required=False)
    bookable = Yes(required=False)
    whom = Lower(choices=WHOM, required=False)
    active = Yes(source="is_active", required=False)


class OwnTypeChange(Strict):
    minutes = Number(3, 480, required=False, allow_null=True)
    capacity = Number(1, 50, required=False, allow_null=True)
    offered = Yes(required=False)


class OwnTypeBody(OwnTypeChange):
    doctor = Id()
    type = Id()


class ClosureBody(Strict):
    name = Line(80)
    department = Id(required=False, allow_null=True)
    first_day = Day()
    last_day = Day()


class DoctorBody(Strict):
    name = Line(120)
    specialization = Line(80, required=False, allow_blank=True)
    department = Id()
    room = Id(required=False, allow_null=True)
    membership = Id(required=False, allow_null=True)
    parallel_rooms = Number(1, 4, required=False)
    serves_pool = Yes(required=False)
    active = Yes(source="is_active", required=False)
    kind = Lower(choices=SORTS, source="sort", required=False)
    employee_no = Line(40, required=False, allow_blank=True)
    qualifications = Line(200, required=False, allow_blank=True)
    licence_no = Line(40, required=False, allow_blank=True)
    npi = Pattern(r"^([0-9]{10})?$", required=False, allow_blank=True)
    taxonomy = Line(10, required=False, allow_blank=True)
    bio = Text(2000, required=False, allow_blank=True)
    services = _texts()
    languages = _texts()
    fee = Amount(MONEY, required=False, allow_null=True)
    address = Line(200, required=False, allow_blank=True)
    city = Line(80, required=False, allow_blank=True)
    latitude = Amount(DEGREES, required=False, allow_null=True)
    longitude = Amount(DEGREES, required=False, allow_null=True)
    minutes = Number(3, 240, required=False, allow_null=True)
    daily_capacity = Number(1, 1000, required=False, allow_null=True)
    booking_mode = Lower(choices=["", *BOOKINGS], required=False)
    slot_capacity = Number(1, 50, required=False)
    listed = Yes(required=False)


class DoctorStatusBody(Strict):
    status = Lower(choices=STATUSES)
    late_minutes = Number(1, 480, required=False, help_text="With running_late; the hospital's policy if left out.")
    until = Moment(required=False, allow_null=True, help_text="With on_break.")
