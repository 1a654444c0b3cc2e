"""What the API takes and shows of hospitals and their people."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from clinic.core.access import MATRIX, ROLES
from clinic.core.api_fields import Email, Line, Moment, Named, Number, Pattern, Secret
from clinic.core.api_input import Strict
from clinic.tenants.models import HospitalConfig

GIVEN_ROLES = [role for role in ROLES if role != "superadmin"]
LANGUAGES = [code for code, _name in settings.LANGUAGES]

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


class PoliciesDoc(serializers.Serializer[Any]):
    """The policies that something reads."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    token_reset = serializers.ChoiceField(choices=[key for key, _ in HospitalConfig.RESETS])
    skip_places = serializers.IntegerField()
    skip_max = serializers.IntegerField()
    min_calls = serializers.IntegerField()
    call_gap = serializers.IntegerField(help_text="Seconds.")
    call_total = serializers.IntegerField(help_text="Seconds.")
    undo_seconds = serializers.IntegerField()
    display_names = serializers.ChoiceField(choices=[key for key, _ in HospitalConfig.NAMES])
    idle_minutes = serializers.IntegerField()


class MembershipDoc(serializers.Serializer[Any]):
    """Somebody at the hospital."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    user = Named()
    email = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=list(ROLES)))
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


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
    time_zone = Line(64, required=False)
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)
    currency = Pattern(r"^[A-Z]{3}$", required=False)

    def validate(self, attrs: Any) -> Any:
        if ("hospital" in attrs) == ("join_code" in attrs):
            raise serializers.ValidationError({"hospital": [_("Give a hospital's name or a join code, one of them.")]})
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


class PoliciesBody(Strict):
    token_reset = serializers.ChoiceField(choices=[key for key, _ in HospitalConfig.RESETS], required=False)
    skip_places = Number(1, 50, required=False)
    skip_max = Number(0, 20, required=False)
    min_calls = Number(1, 10, required=False)
    call_gap = Number(0, 3600, required=False)
    call_total = Number(0, 3600, required=False)
    undo_seconds = Number(0, 600, required=False)
    display_names = serializers.ChoiceField(choices=[key for key, _ in HospitalConfig.NAMES], required=False)
    idle_minutes = Number(1, 480, required=False)


class RolesBody(Strict):
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=GIVEN_ROLES), min_length=1, max_length=len(GIVEN_ROLES)
    )


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
