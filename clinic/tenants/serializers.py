"""What the API takes and shows of hospitals and their people."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.access import MATRIX, ROLES
from clinic.core.api_fields import Email, Id, Line, Moment, Named, Number, Pattern, Secret, Yes
from clinic.core.api_input import Strict
from clinic.tenants.policy_serializers import LANGUAGES

GIVEN_ROLES = [role for role in ROLES if role != "superadmin"]
MOST_DEPARTMENTS = 100

# --- documents -------------------------------------------------------------------------------------------------------


class HospitalDoc(serializers.Serializer[Any]):
    """A hospital, as its members see it."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField(help_text="Its short name in addresses.")
    address = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()
    time_zone = serializers.CharField(help_text="IANA name.")
    language = serializers.CharField()
    currency = serializers.CharField(help_text="ISO 4217.")
    service_day_cut = serializers.RegexField(r"^\d\d:\d\d$", help_text="Local time at which a service day begins.")
    status = serializers.ChoiceField(choices=["active", "suspended"])
    city = serializers.CharField()
    npi = serializers.CharField(help_text="Ten digits, or empty.")
    tax_id = serializers.CharField()
    taxonomy = serializers.CharField()
    listed = serializers.BooleanField(help_text="Doctors who are listed too can be found by anybody.")


class MembershipDoc(serializers.Serializer[Any]):
    """Somebody at the hospital."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    user = Named()
    email = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=list(ROLES)))
    departments = serializers.ListField(child=serializers.UUIDField(), help_text="Limited to these; empty for all.")
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class InvitationDoc(serializers.Serializer[Any]):
    """An invitation by e-mail. Its link is in the mail alone."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    email = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=GIVEN_ROLES))
    departments = serializers.ListField(child=serializers.UUIDField())
    invited_by = serializers.CharField()
    expires_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True, help_text="When it was taken back.")


class JoinCodeDoc(serializers.Serializer[Any]):
    """A code with which one person can join. The code itself is shown once, to whoever made it."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=GIVEN_ROLES)
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)


class NewJoinCodeDoc(JoinCodeDoc):
    """A fresh code: this is the only time it is shown."""

    code = serializers.CharField()


class KeyDoc(serializers.Serializer[Any]):
    """An integration's key, without the key."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How the key begins.")
    abilities = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewKeyDoc(KeyDoc):
    """A fresh key: this is the only time it is shown."""

    key = serializers.CharField()


class EntranceDoc(serializers.Serializer[Any]):
    """A hospital somebody may enter."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class OwnMembershipDoc(serializers.Serializer[Any]):
    """One of the caller's memberships."""

    id = serializers.UUIDField()
    hospital = EntranceDoc()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=list(ROLES)))


class MeDoc(serializers.Serializer[Any]):
    """Who asks."""

    user = Named()
    email = serializers.CharField()
    language = serializers.CharField()
    email_confirmed = serializers.BooleanField()
    memberships = OwnMembershipDoc(many=True)


class TokensDoc(serializers.Serializer[Any]):
    """A pair of tokens."""

    access = serializers.CharField(help_text="For `Authorization: Bearer`.")
    refresh = serializers.CharField(help_text="Good once, for `auth/refresh`.")
    expires_in = serializers.IntegerField(help_text="Seconds the access token lasts.")


class SignedInDoc(TokensDoc):
    """A pair of tokens, and whose they are."""

    me = MeDoc()


# --- bodies ----------------------------------------------------------------------------------------------------------


class RegisterBody(Strict):
    """A new person, with a new hospital or a join code."""

    email = Email()
    name = Line(120)
    password = Secret(256)
    hospital = Line(120, required=False, help_text="Name of the new hospital.")
    join_code = Line(32, required=False, help_text="Instead of a new hospital: join one.")
    invitation = Secret(64, required=False, help_text="Instead of both: the token of an invitation to this address.")
    time_zone = Line(64, required=False)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)
    currency = Pattern(r"^[A-Z]{3}$", required=False)

    def validate(self, attrs: Any) -> Any:
        if sum(name in attrs for name in ("hospital", "join_code", "invitation")) != 1:
            told = _("Give a hospital's name, a join code or an invitation, one of them.")
            raise serializers.ValidationError({"hospital": [told]})
        return attrs


class LoginBody(Strict):
    email = Secret(254)
    password = Secret(256)
    hospital = Line(64, required=False, help_text="Id or short name: the tokens then hold for this hospital only.")


class RefreshBody(Strict):
    refresh = Secret(4096)


class HospitalBody(Strict):
    name = Line(120, required=False)
    address = Line(200, required=False, allow_blank=True)
    phone = Line(32, required=False, allow_blank=True)
    email = Email(required=False, allow_blank=True)
    time_zone = Line(64, required=False)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)
    currency = Pattern(r"^[A-Z]{3}$", required=False)
    service_day_cut = serializers.TimeField(required=False, input_formats=["%H:%M"], format="%H:%M")
    city = Line(80, required=False, allow_blank=True)
    npi = Pattern(r"^([0-9]{10})?$", required=False, allow_blank=True)
    tax_id = Line(20, required=False, allow_blank=True)
    taxonomy = Line(10, required=False, allow_blank=True)
    listed = Yes(required=False)


class Roles(serializers.ListField):
    """Roles a hospital can give, at least one."""

    def __init__(self, **options: Any) -> None:
        child = serializers.ChoiceField(choices=GIVEN_ROLES)
        super().__init__(child=child, min_length=1, max_length=len(GIVEN_ROLES), **options)


class DepartmentIds(serializers.ListField):
    """Departments somebody is limited to; empty for all."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=Id(), max_length=MOST_DEPARTMENTS, **options)


class MembershipBody(Strict):
    roles = Roles(required=False)
    departments = DepartmentIds(required=False)


class InvitationBody(Strict):
    email = Email()
    roles = Roles()
    departments = DepartmentIds(required=False, default=list)


class ResetBody(Strict):
    email = Email()


class NewPasswordBody(Strict):
    token = Secret(64, help_text="From the link that was mailed.")
    password = Secret(256)


class TokenBody(Strict):
    token = Secret(64, help_text="From the link that was mailed.")


class JoinCodeBody(Strict):
    role = serializers.ChoiceField(choices=GIVEN_ROLES)
    days = Number(1, 30, required=False, default=7)


class ReceptionistBody(Strict):
    days = Number(1, 30, required=False, default=7)


class KeyBody(Strict):
    name = Line(80)
    abilities = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(MATRIX)), min_length=1, max_length=len(MATRIX)
    )
    expires_at = Moment(required=False, allow_null=True, default=None)
