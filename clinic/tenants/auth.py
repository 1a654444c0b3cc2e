"""Who asks: from a password, a session's user, a token or a key to the hospital and the actor that operations ask.

Pages, API and sockets all come through here, so a revoked member is out everywhere at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import Sum, UUIDField
from django.http import HttpRequest
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from clinic.core.access import MATRIX, Actor
from clinic.core.errors import Forbidden, Invalid, NotFound, NotSignedIn, TooMany
from clinic.core.prepared import Given, Prepared
from clinic.tenants import passwords, people, tokens
from clinic.tenants.models import ApiKey, Hospital, Membership, User

FAILURES_PER_USER = 100
"""Wrong passwords for one address of a person, from everywhere together, within the cool-off."""
KEY_START = "cfk_"

STARTED, HOSPITAL = "auth_time", "hospital"
"""Claims: when the person signed in (kept when a token is refreshed), and the hospital the token was made for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody let in: where, and as whom."""

    hospital: Hospital
    actor: Actor
    membership: Membership | None = None
    key: ApiKey | None = None


def known_user(request: HttpRequest, email: str, password: str) -> User:
    """The person with this address and password; NotSignedIn or TooMany, the same for addresses nobody has.

    Give it Django's own request: failures are counted by its address. It does not begin a session.
    """
    username = passwords.normal_email(email)
    if "\0" in username + password or len(password) > passwords.LONGEST or not username:
        raise NotSignedIn("sign_in.wrong")
    _refuse_flood(username)
    with passwords.hashing():
        user = authenticate(request, username=username, password=password)
    if isinstance(user, User):
        return user
    if getattr(request, "axes_locked_out", False):
        request.axes_locked_out = False  # type: ignore[attr-defined]  # we answer, not the library's middleware
        raise TooMany("sign_in.locked", retry_after=int(settings.AXES_COOLOFF_TIME.total_seconds()))
    raise NotSignedIn("sign_in.wrong")


def _refuse_flood(username: str) -> None:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    tries = AccessAttempt.objects.filter(username=username, attempt_time__gte=since)
    if (tries.aggregate(n=Sum("failures_since_start"))["n"] or 0) >= FAILURES_PER_USER:
        raise TooMany("sign_in.locked", retry_after=int(settings.AXES_COOLOFF_TIME.total_seconds()))


def entry_of(user: User, hospital: str = "") -> Entry:
    """The user as a member of the hospital with this slug or id.

    '' takes the only one; Invalid lists them if there are several (R1.5), Forbidden if there is none.
    """
    rows = people.memberships_of(user)
    if hospital:
        row = next((row for row in rows if hospital in (row.hospital.slug, str(row.hospital_id))), None)
        if row is None:
            raise NotFound()
        return Entry(row.hospital, people.actor_of(row), membership=row)
    if not rows:
        raise Forbidden("membership.none")
    if len(rows) > 1:
        raise Invalid("hospital.needed", hospitals=[row.hospital.slug for row in rows])
    return Entry(rows[0].hospital, people.actor_of(rows[0]), membership=rows[0])


def actor_from_token(raw: str, hospital: str = "") -> Entry:
    """The holder of an access token; ``hospital`` (a slug or id) chooses among the person's memberships."""
    token = tokens.access(raw)
    return entry_of(user_of_token(token), hospital or str(token.get(HOSPITAL) or ""))


_USER = Prepared[User](lambda: User.objects.filter(pk=Given("user", UUIDField())))


def user_of_token(token: Token) -> User:
    """The user of a verified access or refresh token; NotSignedIn if the password changed or everything was ended."""
    user, started = _user_named(token), token.get(STARTED)
    if user is None or not user.is_active or not isinstance(started, float | int):
        raise NotSignedIn("token.invalid")
    if token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise NotSignedIn("token.invalid")
    if user.signed_out_at is not None and started <= user.signed_out_at.timestamp():
        raise NotSignedIn("token.ended")
    if tokens.has_ended(token):
        raise NotSignedIn("token.ended")
    return user


def _user_named(token: Token) -> User | None:
    try:
        return _USER.first(user=UUID(str(token.get(api_settings.USER_ID_CLAIM))))
    except ValueError:
        return None


def tokens_for(user: User, hospital: Hospital | None = None, started: datetime | None = None) -> RefreshToken:
    """A new family of tokens: the refresh token, whose ``access_token`` carries the same claims."""
    claims = {
        STARTED: (started or timezone.now()).timestamp(),
        HOSPITAL: str(hospital.pk) if hospital else "",
    }
    return tokens.begin(user, **claims)


def actor_from_key(raw: str, hospital: str = "") -> Entry:
    """The holder of an API key; a named ``hospital`` must be the key's own."""
    key = ApiKey.objects.select_related("hospital").filter(hash=hashed_key(raw)).first()
    if key is None or key.revoked_at is not None or not key.hospital.is_open:
        raise NotSignedIn("key.invalid")
    if key.expires_at is not None and key.expires_at <= timezone.now():
        raise NotSignedIn("key.invalid")
    if hospital and hospital not in (key.hospital.slug, str(key.hospital_id)):
        raise NotFound()
    abilities = frozenset(key.abilities) & MATRIX.keys()
    return Entry(key.hospital, Actor(kind="key", id=str(key.pk), name=key.name, abilities=abilities), key=key)


def hashed_key(raw: str) -> str:
    """What is kept of a key: it is random and long, so one round and no salt are enough."""
    return hashlib.sha256(raw.encode()).hexdigest()
