"""Links somebody makes and takes back: the hospital's kiosk, and a doctor's calendar feed."""

from __future__ import annotations

from datetime import timedelta

from clinic.core import clock
from clinic.core.access import Actor, abilities_of
from clinic.core.errors import Forbidden
from clinic.directory.models import Doctor
from clinic.live.record import operation, record
from clinic.tenants import days, links
from clinic.tenants.models import Hospital, PublicToken

LASTS = timedelta(days=3650)
"""A kiosk's ends when it is taken back; the day is there because every link that can be shown again has one."""
FEED_LASTS = timedelta(days=365)
"""A feed ends a year after a calendar asked for it last."""


@operation("displays.manage")
def make_kiosk(*, actor: Actor) -> str:
    """A new link for the kiosks of this hospital, whose screens all need it; the one before ends. Returns its token."""
    here = days.current_hospital()
    links.issue_once(PublicToken.KIOSK, here.ref, clock.now() + LASTS, here.pk)
    record("hospital.kiosk_linked", here)
    return links.sent_once(PublicToken.KIOSK, here.ref) or ""


@operation("displays.manage")
def end_kiosk(*, actor: Actor) -> None:
    """No screen checks anybody in any more. Twice is once."""
    here = days.current_hospital()
    if kiosk_of(here):
        links.end_once(PublicToken.KIOSK, here.ref)
        record("hospital.kiosk_ended", here)


def kiosk_of(here: Hospital) -> str:
    """The token of the hospital's kiosks, or nothing."""
    return links.sent_once(PublicToken.KIOSK, here.ref) or ""


@operation("doctor.edit_own")
def make_feed(doctor: Doctor, *, actor: Actor) -> str:
    """A new secret address of the doctor's own appointments for calendars; the one before ends. Returns its token."""
    _own(doctor, actor)
    links.issue_once(PublicToken.CALENDAR, doctor.ref, clock.now() + FEED_LASTS, doctor.hospital_id)
    record("doctor.calendar_linked", doctor)
    return links.sent_once(PublicToken.CALENDAR, doctor.ref) or ""


@operation("doctor.edit_own")
def end_feed(doctor: Doctor, *, actor: Actor) -> None:
    """Calendars that know the address get nothing any more. Twice is once."""
    _own(doctor, actor)
    _end_feed(doctor)


@operation("directory.manage")
def end_feed_of(doctor: Doctor, *, actor: Actor) -> None:
    """The doctor is not there any more, or it is another person's row now: the feed ends. Twice is once."""
    actor.must_see(doctor.department_id)
    _end_feed(doctor)


def _end_feed(doctor: Doctor) -> None:
    if feed_of(doctor):
        links.end_once(PublicToken.CALENDAR, doctor.ref)
        record("doctor.calendar_ended", doctor)


def feeds(doctor: Doctor) -> bool:
    """Whether the feed of this doctor is still of somebody who may have one: a member at work here as a doctor."""
    member = doctor.membership
    if not doctor.is_active or doctor.sort != Doctor.DOCTOR or member is None:
        return False
    return member.is_active and member.user.is_active and "doctor.edit_own" in abilities_of(member.roles)


def feed_of(doctor: Doctor) -> str:
    """The token of the doctor's feed, or nothing."""
    return links.sent_once(PublicToken.CALENDAR, doctor.ref) or ""


def _own(doctor: Doctor, actor: Actor) -> None:
    if actor.doctor_id != doctor.pk:
        raise Forbidden("access.denied", ability="doctor.edit_own")
