"""REST: registering, signing in and out, refreshing, and who am I."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import RefreshToken

from clinic.core.access import needs, public
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.errors import NotSignedIn
from clinic.core.http import address
from clinic.core.limits import limit
from clinic.tenants import auth, operations, people, sessions, tokens
from clinic.tenants.authentication import SessionCredentials, UserCredentials
from clinic.tenants.models import Hospital, Membership, User
from clinic.tenants.passwords import new_password
from clinic.tenants.serializers import LoginBody, MeDoc, RefreshBody, RegisterBody, SignedInDoc, TokensDoc

REGISTRATIONS = (30, 3600)
"""New accounts from one address in an hour: generous, for a clinic shares one."""
SIGN_INS = (300, 60)
"""Sign-ins from one address in a minute; guessing is held back per person and address by ``auth.known_user``."""
REFRESHES = (600, 60)


class AuthViewSet(HouseViewSet):
    """Accounts and tokens."""

    tag = "auth"

    @public("whoever registers has no account yet")
    @answers(
        SignedInDoc, 201, body=RegisterBody, limited=True, refusals=["USER_EMAIL_TAKEN", "JOIN_CODE_UNKNOWN"],
        example={"email": "mara@harbor.example", "name": "Mara Lindqvist", "password": "correct horse battery",
                 "hospital": "Harbor Clinic", "time_zone": "Europe/Paris"},
    )  # fmt: skip
    def register(self, request: Request) -> Response:
        """A new person with a new hospital, whose owner they are; or with a join code."""
        limit("register", address(request), *REGISTRATIONS)
        given = dict(self.body)
        password = new_password(given.pop("password"), email=given["email"], name=given["name"])
        code, actor = given.pop("join_code", None), people.visitor(given["name"])
        if code is None:
            verb = partial(operations.register, password=password, actor=actor, **given)
        else:
            wanted = {name: given[name] for name in ("email", "name", "language") if name in given}
            verb = partial(operations.join_as_new, code, password=password, actor=actor, **wanted)
        with people.platform():
            return self.act(verb, _registered, status=201)

    @public("whoever signs in has not signed in yet")
    @answers(
        SignedInDoc, body=LoginBody, limited=True, also=[401, 404],
        example={"email": "mara@harbor.example", "password": "correct horse battery", "hospital": "harbor"},
    )  # fmt: skip
    def login(self, request: Request) -> Response:
        """A pair of tokens for an e-mail and a password; the same answer for addresses nobody has."""
        limit("login", address(request), *SIGN_INS)
        user = auth.known_user(request._request, self.body["email"], self.body["password"])
        named = self.body.get("hospital", "")
        here = auth.entry_of(user, named).hospital if named else None
        with people.platform():
            verb = partial(operations.note_sign_in, user, actor=people.person(user))
            return self.act(verb, lambda _: _signed_in(user, here))

    @public("the refresh token says who asks")
    @answers(TokensDoc, body=RefreshBody, limited=True, also=[401], example={"refresh": "eyJhbGciOiJIUzI1NiJ9.…"})
    def refresh(self, request: Request) -> Response:
        """The next pair of tokens. A refresh token is good once; used again, it ends everything of its sign-in."""
        limit("refresh", address(request), *REFRESHES)
        token = tokens.read(self.body["refresh"])
        user = auth.user_of_token(token)
        return Response(_pair(tokens.renewed(token, user)))

    @needs("platform.account")
    @answers(None, 204)
    def logout(self, request: Request) -> Response:
        """End the caller's sign-in: its session, or all tokens of its family."""
        credentials = cast("UserCredentials | SessionCredentials", request.auth)
        user = credentials.user
        with people.platform():
            operations.note_sign_out(user, actor=self.actor)
        if isinstance(credentials, SessionCredentials):
            sessions.end(credentials.request)
        elif credentials.token is not None:
            tokens.end(credentials.token)
        return Response(status=204)

    @needs("platform.account")
    @answers(MeDoc)
    def me(self, request: Request) -> Response:
        """The caller, and the hospitals they may enter."""
        user = request.user
        if not isinstance(user, User):
            raise NotSignedIn("request.not_signed_in")
        return Response(_me(user))


def _registered(membership: Membership) -> dict[str, Any]:
    return _signed_in(membership.user, membership.hospital)


def _signed_in(user: User, here: Hospital | None) -> dict[str, Any]:
    return {**_pair(auth.tokens_for(user, here)), "me": _me(user)}


def _pair(refresh: RefreshToken) -> dict[str, Any]:
    access = refresh.access_token
    return {"access": str(access), "refresh": str(refresh), "expires_in": int(access.lifetime.total_seconds())}


def _me(user: User) -> dict[str, Any]:
    rows = people.memberships_of(user)
    return {
        "user": {"id": str(user.pk), "name": user.name}, "email": user.email, "language": user.language,
        "memberships": [
            {
                "id": str(row.pk), "roles": sorted(row.roles),
                "hospital": {"id": str(row.hospital_id), "slug": row.hospital.slug, "name": row.hospital.name},
            }
            for row in rows
        ],
    }  # fmt: skip
