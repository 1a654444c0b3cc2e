"""Who may come in at a live door (``clinic.live.doors.Doors``): sessions, tokens, keys and public links.

Looking somebody up changes nothing here, so an open socket never keeps a session alive.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from clinic.core.access import PATIENT, Actor
from clinic.core.errors import NotFound
from clinic.core.tenancy import hospital as opened
from clinic.live.doors import Guest, Place, names_opened
from clinic.tenants import links, people
from clinic.tenants.models import PLATFORM_ID, Hospital, User


class TenantDoors:
    """The hospitals' answers to the live floor."""

    def place(self, hospital_id: UUID) -> Place:
        found = Hospital.objects.only("slug", "time_zone", "language").get(pk=hospital_id)
        return Place(f"/h/{found.slug}/", found.time_zone, found.language)

    def member(self, cookies: Mapping[str, str], hospital: str) -> Guest | None:
        user = _signed_in(cookies.get(settings.SESSION_COOKIE_NAME, ""))
        return None if user is None else guest_of(user, hospital)

    def public(self, kind: str, raw: str) -> Guest | None:
        try:
            link = links.open_link(kind, raw)
        except NotFound:
            return None
        if link.hospital is None:
            return None
        with opened(link.hospital):
            names = names_opened(kind, link.target)
        holder = Actor(kind="patient", id=link.target, name="", abilities=PATIENT if kind == "status" else frozenset())
        mark = {"status": "visit"}.get(kind, kind)
        return Guest(link.hospital.pk, holder, names, frozenset({f"{mark}:{link.target}"}))

    def platform_id(self) -> UUID | None:
        return PLATFORM_ID


def guest_of(user: User, hospital: str) -> Guest | None:
    """The user as a member of the hospital with this slug or id; '' takes the only one, None if there are several."""
    here = [row for row in people.memberships_of(user) if hospital in ("", row.hospital.slug, str(row.hospital_id))]
    if len(here) != 1:
        return None
    return Guest(here[0].hospital_id, people.actor_of(here[0]), marks=frozenset({f"user:{user.pk}"}))


def _signed_in(session_key: str) -> User | None:
    """The session's user, as a page would see it; the session is read and left as it is."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) else None
