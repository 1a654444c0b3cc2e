"""What the API takes and shows of departments, rooms and doctors."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.core.api_fields import Id, Line, Moment, Number, Pattern, Yes, YesInQuery
from clinic.core.api_input import Lower, Query, Strict
from clinic.directory.models import PREFIX, Department, Doctor

KINDS = [key for key, _ in Department.KINDS]
STATUSES = [key for key, _ in Doctor.STATUSES]


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
    active = YesInQuery(required=False)


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


class DoctorBody(Strict):
    name = Line(120)
    specialization = Line(80, required=False, allow_blank=True)
    department = Id()
    room = Id(required=False, allow_null=True)
    membership = Id(required=False, allow_null=True)
    parallel_rooms = Number(1, 4, required=False)
    serves_pool = Yes(required=False)
    active = Yes(source="is_active", required=False)


class DoctorStatusBody(Strict):
    status = Lower(choices=STATUSES)
    late_minutes = Number(1, 480, required=False, help_text="With running_late; 10 if left out.")
    until = Moment(required=False, allow_null=True, help_text="With on_break.")
