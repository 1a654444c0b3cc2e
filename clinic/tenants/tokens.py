"""Families of tokens: a sign-in begins one, a refresh continues it, and a refresh token used twice ends it.

The token's id is ``<family>.<serial>``. A rotated token is blacklisted; a family that has ended has its own id
blacklisted, so its access tokens stop as well. The rows are those of simplejwt, without the tokens themselves: a copy
of the database opens nothing.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import CharField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import AuthenticationFailed, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from clinic.core.errors import NotSignedIn, say
from clinic.core.prepared import Given, Prepared
from clinic.tenants.models import User

GRACE = timedelta(seconds=10)
"""How long a rotated token still gets an answer: the first answer may have been lost on the way."""
FAMILY = "family"
CARRIED = ("auth_time", "hospital", "exp")
"""Claims that stay as at the sign-in: a family ends when its first token would have, however often it is renewed."""

say({"token.reused": _("This token was used before. Somebody may have copied it: sign in again.")})


class OurRefreshToken(RefreshToken):
    """A refresh token whose reuse is for ``renewed`` to judge, not for the reader to refuse."""

    def check_blacklist(self) -> None:
        return


def begin(user: User, **claims: Any) -> RefreshToken:
    """The first refresh token of a new family; its ``access_token`` carries the same claims."""
    family = secrets.token_hex(16)
    lifetime = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    OutstandingToken.objects.create(user=user, jti=family, token="", expires_at=timezone.now() + lifetime)
    return _next(user, family, claims)


def renewed(token: OurRefreshToken, user: User) -> RefreshToken:
    """The next refresh token of the family. A token that was used before ends the family, after a short grace."""
    jti, family = str(token[api_settings.JTI_CLAIM]), str(token.get(FAMILY))
    row = OutstandingToken.objects.filter(jti=jti, user=user).first()
    if row is None or has_ended(token):
        raise NotSignedIn("token.ended")
    used = _blacklist(row)
    if used is not None and timezone.now() - used > GRACE:
        end(token)
        raise NotSignedIn("token.reused")
    return _next(user, family, {name: token[name] for name in CARRIED if name in token})


FORGED = (TokenError, AuthenticationFailed, ValidationError, ValueError, TypeError, OverflowError)
"""What the libraries raise for a token that is not one, or whose claims are nonsense."""


def access(raw: str) -> AccessToken:
    """An access token that is signed by us and not expired."""
    try:
        return AccessToken(raw)  # type: ignore[arg-type]  # its types name the decoded form only
    except FORGED as error:
        raise NotSignedIn("token.invalid") from error


def read(raw: str) -> OurRefreshToken:
    """A refresh token that is signed by us and not expired, used before or not."""
    try:
        return OurRefreshToken(raw)  # type: ignore[arg-type]  # its types name the decoded form only
    except FORGED as error:
        raise NotSignedIn("token.invalid") from error


def end(token: Token) -> None:
    """End the family: none of its tokens opens anything any more. Twice is once."""
    row = OutstandingToken.objects.filter(jti=str(token.get(FAMILY))).first()
    if row is not None:
        _blacklist(row)


def has_ended(token: Token) -> bool:
    """Whether the family of this access or refresh token has ended, or never was."""
    family = token.get(FAMILY)
    if not isinstance(family, str):
        return True
    return not _ALIVE.rows(family=family)


_ALIVE = Prepared[int](
    lambda: (
        OutstandingToken.objects.filter(jti=Given("family", CharField()), blacklistedtoken=None)
        .order_by()
        .values_list("pk", flat=True)
    )
)


def _next(user: User, family: str, claims: dict[str, Any]) -> RefreshToken:
    # Not RefreshToken.for_user: it would write the token itself into the database.
    token = RefreshToken()
    token.payload.update(claims)
    token[api_settings.USER_ID_CLAIM] = str(user.pk)
    token[api_settings.REVOKE_TOKEN_CLAIM] = AccessToken.for_user(user)[api_settings.REVOKE_TOKEN_CLAIM]
    token[api_settings.JTI_CLAIM] = f"{family}.{secrets.token_hex(8)}"
    token[FAMILY] = family
    OutstandingToken.objects.create(
        user=user, jti=token[api_settings.JTI_CLAIM], token="", created_at=token.current_time,
        expires_at=datetime.fromtimestamp(token["exp"], UTC),
    )  # fmt: skip
    return token


def _blacklist(row: OutstandingToken) -> datetime | None:
    """Note the token as used; returns when it was first, or None if this is the first time."""
    BlacklistedToken.objects.bulk_create([mine := BlacklistedToken(token=row)], ignore_conflicts=True)
    first = BlacklistedToken.objects.get(token=row).blacklisted_at
    return None if first == mine.blacklisted_at else first
