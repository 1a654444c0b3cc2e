"""What the API takes and shows of patients."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.api_fields import Day, Email, Id, Line, Number, Pattern, Text, Yes
from clinic.core.api_input import Lower, Query, Strict
from clinic.records.models import Patient

SEXES = [key for key, _ in Patient.SEXES]
GENDERS = [key for key, _ in Patient.GENDERS]
MOST_CONTACTS = 5
OLDEST = 1900


class ContactDoc(serializers.Serializer[Any]):
    """Somebody to tell in an emergency."""

    name = serializers.CharField()
    phone = serializers.CharField()
    relation = serializers.CharField()


class ContactBody(Strict):
    name = Line(80)
    phone = Line(80, allow_blank=True, default="")
    relation = Line(80, allow_blank=True, default="")


class PatientDoc(serializers.Serializer[Any]):
    """A person, as this hospital knows them."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    mrn = serializers.CharField()
    name = serializers.CharField(help_text="As staff read it.")
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    preferred_name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    birth_year = serializers.IntegerField(allow_null=True)
    birth_estimated = serializers.BooleanField()
    sex = serializers.ChoiceField(choices=SEXES)
    phone = serializers.CharField()
    email = serializers.CharField()
    language = serializers.CharField()
    address = serializers.CharField()
    notes = serializers.CharField()
    display_opt_out = serializers.BooleanField(help_text="Never shown by name.")
    message_opt_out = serializers.BooleanField(help_text="Takes no messages.")
    gender = serializers.ChoiceField(choices=GENDERS)
    phone_other = serializers.CharField()
    contacts = ContactDoc(many=True, help_text="Whom to tell in an emergency.")
    preconditions = serializers.CharField()
    allergies = serializers.CharField()
    merged_into = serializers.UUIDField(allow_null=True, help_text="The record this one was merged into.")


class MergeDoc(serializers.Serializer[Any]):
    """Two records that were made one."""

    id = serializers.UUIDField(help_text="What takes it back.")
    kept = PatientDoc()
    gone = serializers.UUIDField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class MergeBody(Strict):
    """The record that is merged into the one addressed, and why they are one person."""

    gone = Id()
    reason = Line(200)
    take_contacts = serializers.ListField(
        child=serializers.ChoiceField(choices=["phone", "phone_other", "email"]), required=False, max_length=3,
        help_text="Contacts taken from the other where this one has none; messages go there from then on.",
    )  # fmt: skip


class UnmergeBody(Strict):
    """Which merge is taken back."""

    merge = Id()


class PatientQuery(Query):
    ordering = serializers.ChoiceField(choices=["name", "-name", "id", "-id"], default="name")
    q = Line(80, required=False, help_text="Part of a name, the end of a phone, an MRN or a birth date; best first.")
    phone = Line(32, required=False, help_text="The whole number, however it is written.")
    mrn = Line(20, required=False)
    birth_date = Day(required=False)


class PersonBody(Strict):
    """A person's details."""

    given_name = Line(80, required=False, allow_blank=True)
    family_name = Line(80, required=False, allow_blank=True)
    preferred_name = Line(80, required=False, allow_blank=True)
    birth_date = Day(required=False, allow_null=True)
    birth_year = Number(OLDEST, 2100, required=False, allow_null=True)
    birth_estimated = Yes(required=False)
    sex = Lower(choices=SEXES, required=False)
    phone = Line(32, required=False, allow_blank=True)
    email = Email(required=False, allow_blank=True)
    language = Pattern(
        r"^([a-z]{2,3}(-[A-Za-z0-9]{2,4})?)?$", max_length=8, required=False, allow_blank=True, help_text="BCP 47."
    )
    address = Line(200, required=False, allow_blank=True)
    notes = Text(4000, required=False, allow_blank=True)
    display_opt_out = Yes(required=False)
    message_opt_out = Yes(required=False)
    gender = Lower(choices=GENDERS, required=False)
    phone_other = Line(32, required=False, allow_blank=True)
    contacts = serializers.ListField(child=ContactBody(), required=False, max_length=MOST_CONTACTS)
    preconditions = Text(2000, required=False, allow_blank=True)
    allergies = Text(2000, required=False, allow_blank=True)

    def validate_contacts(self, value: Any) -> Any:
        return [dict(one) for one in value]

    def validate_birth_date(self, value: Any) -> Any:
        return _not_later(value, timezone.localdate())

    def validate_birth_year(self, value: Any) -> Any:
        return _not_later(value, timezone.localdate().year)


def _not_later(value: Any, today: Any) -> Any:
    if value is not None and value > today:
        raise serializers.ValidationError(_("In the future."))
    return value


class NewPatientBody(PersonBody):
    """A new person. Somebody alike is refused with the candidates, unless ``force_new`` says why this is another."""

    force_new = Line(200, required=False, allow_blank=True, default="")
    unknown = Yes(required=False, default=False, help_text="Nobody knows who this is.")
