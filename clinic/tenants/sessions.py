"""Sessions: begun at a sign-in, ended by idleness, by age or everywhere at once (R1.5, policy idle_minutes).

Only acts of the person move the idle timer: never a socket, a refresh of regions or polling. The absolute limit is
12 hours from the sign-in, whatever happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import get_user, login, logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from clinic.core.tenancy import hospital
from clinic.tenants.days import policies
from clinic.tenants.models import User

STARTED, ACTED, POLICY = "started_at", "acted_at", "idle_policy"
LONGEST = timedelta(seconds=settings.SESSION_COOKIE_AGE)
IDLE = timedelta(seconds=settings.SESSION_IDLE_SECONDS)
"""Until the first hospital is entered."""
GRAIN = 20.0
"""Seconds between two writes of the idle timer: not every click costs a write, and a session may end so much early."""
BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin(request: HttpRequest, user: User) -> None:
    """Sign the person in on this browser, with a new session key."""
    login(request, user, backend=BACKEND)
    request.session.save()
    try:
        UserSession.objects.create_from_request(request)
    except PermissionDenied:
        return  # no address can be told: the session works, it is only not in the list


def stamp(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """At every sign-in, by whatever door: when the session began."""
    now = timezone.now()
    request.session[STARTED] = request.session[ACTED] = now.timestamp()
    request.session.set_expiry(now + LONGEST)


user_logged_in.connect(stamp, dispatch_uid="clinic.tenants.sessions")


def end(request: HttpRequest) -> None:
    """Sign out on this browser."""
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)


def idle_limit(session: SessionBase | Mapping[str, Any], hospital_id: UUID | None) -> timedelta:
    """How long somebody may do nothing: by the policy of this hospital, or of the one entered last."""
    if hospital_id is not None:
        with hospital(hospital_id):
            return timedelta(minutes=policies().idle_minutes)
    known = session.get(POLICY)
    return timedelta(minutes=known) if isinstance(known, int) else IDLE


def is_over(session: SessionBase | Mapping[str, Any], user: User, hospital_id: UUID | None) -> bool:
    """Whether the session has ended by age, by idleness or by a sign-out everywhere. Changes nothing."""
    started, acted, now = session.get(STARTED), session.get(ACTED), timezone.now().timestamp()
    if not isinstance(started, float | int) or not isinstance(acted, float | int):
        return True
    if user.signed_out_at is not None and started <= user.signed_out_at.timestamp():
        return True
    if now - started >= LONGEST.total_seconds():
        return True
    quiet = now - acted
    return quiet >= GRAIN and quiet >= idle_limit(session, hospital_id).total_seconds()


def acted(session: SessionBase, hospital_id: UUID | None = None) -> None:
    """The person has done something: the idle timer starts again."""
    now = timezone.now().timestamp()
    if now - session.get(ACTED, 0.0) < GRAIN and (hospital_id is None or POLICY in session):
        return
    session[ACTED] = now
    if hospital_id is not None:
        session[POLICY] = int(idle_limit(session, hospital_id).total_seconds() // 60)


def user_of(session_key: str) -> tuple[User, SessionBase] | None:
    """The session's user, as a page would see it, for doors without a request. The session is left as it is."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = store(session_key)
    user = get_user(request)
    return (user, request.session) if isinstance(user, User) else None


def store(session_key: str | None = None) -> SessionBase:
    made: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    return made


def of_user(user: User) -> list[UserSession]:
    """Where the person is signed in, the newest first; what has ended is cleared away."""
    found: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(found, key=lambda row: row.created_at, reverse=True)


def drop_session(row: UserSession) -> None:
    """End one session, wherever its browser is."""
    store().delete(row.session_key)
    row.delete()


def remove(user_id: UUID, before: datetime, *, keep: str = "") -> int:
    """Delete the sessions of a user that began before, but one; returns how many."""
    rows = UserSession.objects.filter(user_id=user_id, created_at__lte=before).exclude(session_key=keep)
    keys = list(rows.values_list("session_key", flat=True))
    for key in keys:
        store().delete(key)
    rows.delete()
    return len(keys)
