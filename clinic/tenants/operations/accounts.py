"""Verbs of somebody's own account, open under the platform: registering, joining, password, signing out.

What belongs to a person is recorded under the platform, what belongs to a hospital under the hospital; this is the
one room whose operations open another hospital than the door did, because the hospital is made or found inside.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from clinic.core.access import Actor
from clinic.core.errors import Forbidden, NotAllowed, NotFound
from clinic.core.tenancy import hospital as opened
from clinic.live.record import add, change, operation, record
from clinic.tenants import links, sessions
from clinic.tenants.models import Hospital, HospitalConfig, JoinCode, Membership, PublicToken, User
from clinic.tenants.operations.checks import valid
from clinic.tenants.operations.members import RUNS
from clinic.tenants.passwords import Password, normal_email

CONFIRM_WITHIN = timedelta(days=3)
"""How long the link that confirms an address works."""


@operation("platform.register")
def register(
    *, email: str, name: str, password: Password, hospital: str, time_zone: str = "UTC", language: str = "en",
    currency: str = "USD", actor: Actor,
) -> Membership:  # fmt: skip
    """A new person and their new hospital, whose owner they are (R1.3). Working defaults follow by reaction."""
    user = new_user(email, name, password, language)
    membership = _new_hospital(user, hospital, time_zone=time_zone, language=language, currency=currency)
    record("user.registered", user, membership.hospital)
    return membership


@operation("platform.account")
def open_hospital(
    user: User, *, hospital: str, time_zone: str = "UTC", language: str = "en", currency: str = "USD", actor: Actor
) -> Membership:
    """Somebody who has an account opens another hospital and is its owner."""
    own(user, actor)
    membership = _new_hospital(user, hospital, time_zone=time_zone, language=language, currency=currency)
    record("user.opened_hospital", user, membership.hospital)
    return membership


@operation("platform.register")
def join_as_new(
    code: str, *, email: str, name: str, password: Password, language: str = "", actor: Actor
) -> Membership:
    """A new person joins by a code (R1.3). The code is looked at first: only its holder learns of taken addresses."""
    held = _usable(code)
    user = new_user(email, name, password, language)
    membership = _redeem(held, user)
    record("user.registered", user, membership.hospital)
    return membership


@operation("platform.account")
def join(code: str, *, user: User, actor: Actor) -> Membership:
    """Somebody with an account joins by a code; the same person using it again is answered the same."""
    own(user, actor)
    used = JoinCode.objects.filter(code=normal_code(code), used_by=user).first()
    if used is not None:
        return Membership.objects.select_related("user", "hospital").get(user=user, hospital_id=used.hospital_id)
    return _redeem(_usable(code), user)


@operation("platform.account")
def change_profile(user: User, *, actor: Actor, **fields: str) -> User:
    """Change one's own name and language."""
    own(user, actor)
    if change(user, **valid(user, fields, allowed=("name", "language"))):
        record("user.changed", user)
    return user


@operation("platform.account")
def change_password(user: User, *, password: Password, actor: Actor) -> User:
    """Set one's own new password: every other session and every token of the person is over."""
    own(user, actor)
    change(user, password=password.hash)
    record("user.password_changed", user)
    return user


@operation("platform.account")
def sign_out_everywhere(user: User, *, at: datetime | None = None, actor: Actor) -> User:
    """End every session, socket and token of the person that began until ``at`` (now). Twice is once."""
    own(user, actor)
    moment = at or timezone.now()
    if user.signed_out_at is None or user.signed_out_at < moment:
        change(user, signed_out_at=moment)
        record("user.signed_out_everywhere", user)
    return user


@operation("platform.account")
def end_session(user: User, session_id: int, *, actor: Actor) -> None:
    """End one of one's own sessions; sockets of it close when they hear of it."""
    own(user, actor)
    row = UserSession.objects.filter(user_id=user.pk, pk=session_id).first()
    if row is None:
        raise NotFound()
    sessions.drop_session(row)
    record("user.session_ended", user)


@operation("platform.account")
def note_sign_in(user: User, *, actor: Actor) -> None:
    """Write down that the person signed in."""
    own(user, actor)
    record("user.signed_in", user)


@operation("platform.account")
def note_sign_out(user: User, *, actor: Actor) -> None:
    """Write down that the person signed out on one browser; its sockets close when they hear of it."""
    own(user, actor)
    record("user.signed_out", user)


# --- what they are made of -------------------------------------------------------------------------------------------


def normal_code(text: str) -> str:
    """A join code as it is kept, however it was typed: case, hyphens and spaces do not matter."""
    letters = "".join(letter for letter in text.upper() if letter.isalnum())[:16]
    return "-".join(letters[n : n + 3] for n in range(0, len(letters), 3))


def own(user: User, actor: Actor) -> None:
    if actor.kind != "system" and actor.user_id != user.pk:
        raise Forbidden("user.not_you")


def new_user(email: str, name: str, password: Password, language: str, *, confirmed: bool = False) -> User:
    """An account. A link to confirm the address is made valid, and sent by reaction, unless it is known already."""
    user = User(password=password.hash, email_confirmed_at=timezone.now() if confirmed else None)
    fields = {"email": normal_email(email), "name": name, "language": language}
    for field, value in valid(user, fields, allowed=("email", "name", "language")).items():
        setattr(user, field, value)
    if not confirmed:
        links.issue_once(PublicToken.CONFIRM, user.ref, timezone.now() + CONFIRM_WITHIN)
    return add(user)


def _new_hospital(user: User, name: str, **fields: str) -> Membership:
    here = Hospital(slug=_free_slug(name))
    values = valid(here, {"name": name, **fields}, allowed=("name", "time_zone", "language", "currency"))
    for field, value in values.items():
        setattr(here, field, value)
    with opened(here.pk):
        add(here)
        config = add(HospitalConfig())
        membership = add(Membership(user=user, hospital=here, roles=["owner"]))
        record("hospital.registered", here, config, membership)
    return membership


def _free_slug(name: str) -> str:
    """The name in the letters of an address; a few random ones behind it if somebody has it already."""
    plain = slugify(name)[:30].strip("-_").replace("_", "-") or "hospital"
    taken = Hospital.objects.filter(slug=plain).exists()
    return f"{plain}-{get_random_string(4, 'abcdefghjkmnpqrstuvwxyz23456789')}" if taken else plain


def _usable(code: str) -> JoinCode:
    """The code, locked; one refusal for used, expired and never made."""
    found = (
        JoinCode.objects.select_for_update(no_key=True, of=("self",))
        .select_related("hospital").filter(code=normal_code(code)).first()
    )  # fmt: skip
    if found is None or found.used_at is not None or found.expires_at <= timezone.now():
        raise NotAllowed("join_code.unknown")
    if not found.hospital.is_open:
        raise NotAllowed("join_code.unknown")
    return found


def _redeem(code: JoinCode, user: User) -> Membership:
    with opened(code.hospital_id):
        change(code, used_at=timezone.now(), used_by=user)
        membership = as_member(user, code.hospital, {code.role}, [])
        record("membership.joined", membership, code)
    return membership


def as_member(user: User, hospital: Hospital, roles: set[str], departments: list[str]) -> Membership:
    """Somebody comes with these roles: a member gets them besides, somebody revoked comes back with nothing else.

    A member limited to departments (R1.2) stays limited only if what they come with is limited too.
    """
    rows = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("user", "hospital")
    known = rows.filter(user=user, hospital=hospital).first()
    if known is None:
        return add(Membership(user=user, hospital=hospital, roles=sorted(roles), department_ids=departments))
    wanted = {*(known.roles if known.is_active else ()), *roles}
    stays = known.is_active and known.department_ids and departments and not RUNS & wanted
    limits = sorted({*known.department_ids, *departments}) if stays else [] if known.is_active else departments
    change(known, is_active=True, roles=sorted(wanted), department_ids=limits)
    return known
