"""REST: registering, signing in and out, refreshing, and who am I."""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import RefreshToken

from clinic.core.access import needs, public
from clinic.core.api import HouseViewSet, Shown
from clinic.core.api_told import answers
from clinic.core.errors import NotFound, NotSignedIn
from clinic.core.http import address
from clinic.core.limits import limit
from clinic.core.nouns import split_ref
from clinic.tenants import auth, links, operations, people, sessions, tokens
from clinic.tenants.authentication import SessionCredentials, UserCredentials
from clinic.tenants.models import Hospital, Membership, PublicToken, User
from clinic.tenants.passwords import new_password, normal_email
from clinic.tenants.serializers import (
    LoginBody,
    MeDoc,
    NewPasswordBody,
    RefreshBody,
    RegisterBody,
    ResetBody,
    SignedInDoc,
    TokenBody,
    TokensDoc,
)

REGISTRATIONS = (30, 3600)
"""New accounts from one address in an hour: generous, for a clinic shares one."""
SIGN_INS = (300, 60)
"""Sign-ins from one address in a minute; guessing is held back per person and address by ``auth.known_user``."""
REFRESHES = (600, 60)
TRIES = (60, 600)
"""Tokens of mailed links tried, and links asked for, from one address."""
RESETS = (5, 3600)
"""Links to a new password for one address, whether somebody has it or not."""


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
        invitation = given.pop("invitation", None)
        if invitation is not None:
            wanted = {name: given[name] for name in ("email", "name", "language") if name in given}
            verb = partial(operations.accept_as_new, invitation, password=password, actor=actor, **wanted)
        elif code is None:
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

    @public("whoever forgot the password cannot sign in")
    @answers(None, 204, body=ResetBody, limited=True, example={"email": "mara@harbor.example"})
    def ask_reset(self, request: Request) -> Response:
        """Have a link to a new password mailed. The same answer whether somebody has the address or not."""
        limit("reset-from", address(request), *TRIES)
        limit("reset", f"{address(request)} {normal_email(self.body['email'])}", *RESETS)
        with people.platform():
            verb = partial(operations.ask_reset, self.body["email"], actor=people.visitor(""))
            return self.act(verb, lambda _: Shown(None, 204))

    @public("the token is the right")
    @answers(
        None, 204, body=NewPasswordBody, limited=True, also=[404],
        example={"token": "Zk3…", "password": "correct horse battery"},
    )  # fmt: skip
    def reset(self, request: Request) -> Response:
        """Set a new password with the token of the mailed link; everything of the person is signed out."""
        limit("reset-by-link", address(request), *TRIES)
        link = links.open_link(PublicToken.RESET, self.body["token"], address(request))
        user = User.objects.filter(pk=split_ref(links.ref_of(link))[1], is_active=True).first()
        if user is None:
            raise NotFound("link.unknown")
        password = new_password(self.body["password"], email=user.email, name=user.name)
        with people.platform():
            verb = partial(
                operations.reset_password, self.body["token"], password=password, actor=people.visitor("")
            )  # fmt: skip
            return self.act(verb, lambda _: Shown(None, 204))

    @public("the token is the right")
    @answers(None, 204, body=TokenBody, limited=True, also=[404], example={"token": "Zk3…"})
    def confirm(self, request: Request) -> Response:
        """Confirm an address with the token of the mailed link."""
        limit("confirm-by-link", address(request), *TRIES)
        with people.platform():
            verb = partial(operations.confirm_address, self.body["token"], actor=people.visitor(""))
            return self.act(verb, lambda _: Shown(None, 204))

    @needs("platform.account")
    @answers(MeDoc, body=TokenBody, limited=True, also=[403, 404], example={"token": "Zk3…"})
    def accept(self, request: Request) -> Response:
        """Accept an invitation to the caller's address with the token of the mailed link."""
        user = request.user
        if not isinstance(user, User):
            raise NotSignedIn("request.not_signed_in")
        limit("invited", address(request), *TRIES)
        with people.platform():
            verb = partial(operations.accept_invitation, self.body["token"], user=copy(user), actor=self.actor)
            return self.act(verb, lambda row: _me(row.user))

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
        "email_confirmed": user.email_confirmed_at is not None,
        "memberships": [
            {
                "id": str(row.pk), "roles": sorted(row.roles),
                "hospital": {"id": str(row.hospital_id), "slug": row.hospital.slug, "name": row.hospital.name},
            }
            for row in rows
        ],
    }  # fmt: skip
