"""Who asks at the API: a bearer token, a key, or the browser's session with its CSRF token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request
from rest_framework_simplejwt.tokens import AccessToken

from clinic.core.access import Actor
from clinic.core.api_who import Entered
from clinic.core.errors import Forbidden, NotSignedIn
from clinic.tenants import auth, people, sessions, tokens
from clinic.tenants.auth import HOSPITAL, Entry
from clinic.tenants.models import User

LONGEST_HEADER = 4096


@dataclass(frozen=True, slots=True)
class UserCredentials:
    """A person's token or session; ``bound`` is the hospital the token was made for, if it was made for one."""

    user: User
    bound: str = ""
    token: AccessToken | None = None

    def enter(self, tenant: str) -> Entered:
        return _entered(auth.entry_of(self.user, tenant or self.bound))

    def person(self) -> Actor:
        return people.person(self.user)


@dataclass(frozen=True, slots=True)
class SessionCredentials:
    """A browser's session: it is over after its age, or when the person did nothing for as long as the policy says."""

    user: User
    request: HttpRequest

    def enter(self, tenant: str) -> Entered:
        entry = auth.entry_of(self.user, tenant)
        self._alive(entry.hospital.pk)
        return _entered(entry)

    def person(self) -> Actor:
        self._alive(None)
        return people.person(self.user)

    def _alive(self, hospital_id: UUID | None) -> None:
        if sessions.is_over(self.request.session, self.user, hospital_id):
            raise NotSignedIn("token.ended")
        if self.request.method not in ("GET", "HEAD"):  # polling is no act of the person
            sessions.acted(self.request.session)


@dataclass(frozen=True, slots=True)
class KeyCredentials:
    """An integration's key."""

    raw: str

    def enter(self, tenant: str) -> Entered:
        return _entered(auth.actor_from_key(self.raw, tenant))

    def person(self) -> Actor:
        auth.actor_from_key(self.raw)
        raise Forbidden("access.denied")  # a key is nobody's account


def _entered(entry: Entry) -> Entered:
    return Entered(entry.hospital.pk, entry.hospital.zone, entry.actor)


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <access token>``."""

    def authenticate(self, request: Request) -> tuple[User, UserCredentials] | None:
        raw = after(request, "Bearer")
        if raw is None:
            return None
        token = tokens.access(raw)
        user = auth.user_of_token(token)
        return user, UserCredentials(user, str(token.get(HOSPITAL) or ""), token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Api-Key <key>``. Whether the key is good is seen when its hospital is entered."""

    def authenticate(self, request: Request) -> tuple[Any, KeyCredentials] | None:
        raw = after(request, "Api-Key")
        return None if raw is None else (AnonymousUser(), KeyCredentials(raw))


class SessionAuthentication(BaseAuthentication):
    """The browser's session. Whatever changes something also needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, SessionCredentials] | None:
        inner = request._request
        user = getattr(inner, "user", None)
        if request.headers.get("Authorization") or not isinstance(user, User) or not user.is_active:
            return None
        _enforce_csrf(inner)
        return user, SessionCredentials(user, inner)


def _enforce_csrf(request: HttpRequest) -> None:
    check = CSRFCheck(_no_page)
    check.process_request(request)
    if check.process_view(request, _no_page, (), {}):
        raise Forbidden("request.csrf")


def _no_page(request: HttpRequest) -> HttpResponse:
    """The check wants a page behind it; only its verdict is used."""
    return HttpResponse()


def after(request: Request, scheme: str) -> str | None:
    """What follows ``scheme`` in the Authorization header; None if it says something else."""
    word, _, rest = request.headers.get("Authorization", "").partition(" ")
    if word.lower() != scheme.lower():
        return None
    raw = rest.strip()
    if not raw.isascii() or not raw.isprintable() or len(raw) > LONGEST_HEADER:
        raise NotSignedIn("token.invalid" if scheme == "Bearer" else "key.invalid")
    return raw
