"""Who may come in at a live door (``clinic.live.doors.Doors``): sessions, tokens, keys and public links.

Looking somebody up changes nothing here, so an open socket never keeps a session alive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from django.conf import settings

from clinic.core.access import PATIENT, Actor
from clinic.core.errors import DomainError, NotFound
from clinic.core.tenancy import hospital as opened
from clinic.live.doors import Guest, Place, names_opened
from clinic.tenants import auth, links, sessions
from clinic.tenants.auth import Entry
from clinic.tenants.models import PLATFORM_ID, Hospital, PublicToken


class TenantDoors:
    """The hospitals' answers to the live floor."""

    def place(self, hospital_id: UUID) -> Place:
        found = Hospital.objects.only("slug", "time_zone", "language").get(pk=hospital_id)
        return Place(f"/h/{found.slug}/", found.time_zone, found.language)

    def member(self, cookies: Mapping[str, str], hospital: str) -> Guest | None:
        found = sessions.user_of(cookies.get(settings.SESSION_COOKIE_NAME, ""))
        if found is None:
            return None
        user, session = found
        guest = _let_in(lambda: auth.entry_of(user, hospital))
        return None if guest is None or sessions.is_over(session, user, guest.hospital_id) else guest

    def token(self, raw: str, hospital: str) -> Guest | None:
        return _let_in(lambda: auth.actor_from_token(raw, hospital))

    def api_key(self, raw: str, hospital: str) -> Guest | None:
        return _let_in(lambda: auth.actor_from_key(raw, hospital))

    def public(self, kind: str, raw: str) -> Guest | None:
        try:
            link = links.open_link(kind, raw)
        except (NotFound, links.Closed):
            return None
        if link.hospital is None:
            return None
        with opened(link.hospital):
            names = names_opened(kind, link.target)
        abilities = frozenset() if kind == PublicToken.DISPLAY else PATIENT
        holder = Actor(kind="patient", id=link.target, name="", abilities=abilities)
        marks = frozenset({link.target, link.hospital.ref})  # R1.4: suspending ends it at once, ending the target too
        return Guest(link.hospital.pk, holder, names, marks)

    def platform_id(self) -> UUID | None:
        return PLATFORM_ID


def _let_in(ask: Callable[[], Entry]) -> Guest | None:
    try:
        entry = ask()
    except DomainError:
        return None
    return guest_of(entry)


def guest_of(entry: Entry) -> Guest:
    """The entry as the live floor sees it, with the references whose events may end its rights."""
    marks = {f"hospital:{entry.hospital.pk}"}
    if entry.membership is not None:
        marks |= {f"user:{entry.membership.user_id}", entry.membership.ref}
    if entry.key is not None:
        marks.add(entry.key.ref)
    return Guest(entry.hospital.pk, entry.actor, marks=frozenset(marks))
