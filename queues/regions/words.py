"""Sentences and short words of the lines: for staff, and in other words for patients (R3.5; nobody's illness named)."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from clinic.directory.models import Doctor
from clinic.records.models import Patient
from queues.models import CARRIED_OVER, NORMAL, URGENT, VIP, Leg, Queue

NAMES_RANK = ("token", "initials", "first_initial")
"""How much of a name a screen may show, the least first."""


def clock(at: datetime) -> str:
    """The time of day in the hospital's zone, as all screens write it."""
    return timezone.localtime(at).strftime("%H:%M")


# --- people ----------------------------------------------------------------------------------------------------------


def public_name(patient: Patient, policy: str) -> str:
    """What a waiting room may read of a name: nothing, initials, or the first name with an initial (R3.40)."""
    if policy == NAMES_RANK[0] or patient.display_opt_out:
        return ""
    first = (patient.preferred_name or patient.given_name).strip()
    last = patient.family_name.strip()
    initial = f"{last[0].upper()}." if last else ""
    if policy == "first_initial":
        return f"{first.split()[0] if first else ''} {initial}".strip()
    return f"{f'{first[0].upper()}.' if first else ''} {initial}".strip()


def names_allowed(display: str, hospital: str) -> str:
    """The stricter of what the display was set to and what the hospital allows."""
    ranks = [NAMES_RANK.index(each) if each in NAMES_RANK else 0 for each in (display, hospital)]
    return NAMES_RANK[min(ranks)]


# --- doctors ---------------------------------------------------------------------------------------------------------


def status_extra(doctor: Doctor) -> str:
    """What follows the status word for staff: "by 20 min", "until 11:00"."""
    if doctor.status == Doctor.RUNNING_LATE and doctor.late_minutes:
        return gettext("by %(minutes)s min") % {"minutes": doctor.late_minutes}
    if doctor.status == Doctor.ON_BREAK and doctor.status_until:
        return gettext("until %(time)s") % {"time": clock(doctor.status_until)}
    return ""


def status_text(doctor: Doctor) -> str:
    """The status in words for patients."""
    if doctor.status == Doctor.RUNNING_LATE:
        return gettext("About %(minutes)s min late") % {"minutes": doctor.late_minutes}
    if doctor.status == Doctor.ON_BREAK:
        if doctor.status_until:
            return gettext("On break until %(time)s") % {"time": clock(doctor.status_until)}
        return gettext("On break")
    return gettext("On time") if doctor.status == Doctor.ON_TIME else gettext("Not here now")


# --- calls -----------------------------------------------------------------------------------------------------------


def spelled(token: str) -> str:
    """Letters and digits one by one, as a voice has to say them: "A 0 1 2"."""
    return " ".join(letter for letter in token if letter.isalnum())


def announcement(token: str, room: str) -> str:
    """The sentence of a call, in the active language."""
    if room:
        return gettext("Token %(token)s, %(room)s") % {"token": spelled(token), "room": room}
    return gettext("Token %(token)s, please come in") % {"token": spelled(token)}


# --- why (R3.5) ------------------------------------------------------------------------------------------------------


def why(leg: Leg) -> str:
    """Why a leg stands where it stands, for staff. Says nothing about its neighbours, so it holds while they change."""
    visit = leg.visit
    return why_here(
        visit.token, visit.klass, visit.class_reason, visit.arrived_at, placed=leg.placed, skipped=bool(leg.skips)
    )


def why_here(token: str, klass: str, class_reason: str, arrived_at: datetime, *, placed: bool, skipped: bool) -> str:
    """The same of a leg that was read in parts."""
    told = {"token": token, "time": clock(arrived_at), "reason": class_reason}
    if placed and skipped:
        return gettext("%(token)s was called, did not come and was put back in the line.") % told
    if placed:
        return gettext("%(token)s was put at this place by hand.") % told
    if klass == URGENT:
        if class_reason:
            return gettext("Marked urgent at %(time)s (“%(reason)s”): goes before everybody who is not.") % told
        return gettext("Marked urgent at %(time)s: goes before everybody who is not.") % told
    if klass == VIP:
        if class_reason:
            return gettext("Marked VIP at %(time)s (“%(reason)s”): goes after urgent, before all others.") % told
        return gettext("Marked VIP at %(time)s: goes after urgent, before all others.") % told
    if klass == CARRIED_OVER:
        return gettext("Carried over from an earlier day: goes before normal.")
    return gettext("In order of arrival, here since %(time)s.") % told


def why_next(leg: Leg, other: Leg | None) -> str:
    """``why`` for the head of own line and pools; ``other`` is the head of the other line, if one waits there."""
    plain = not leg.placed and leg.visit.klass == NORMAL
    if other is None or not plain or other.placed or other.visit.klass != NORMAL:
        return why(leg)
    told = {"time": clock(leg.visit.arrived_at), "token": other.visit.token}
    if leg.queue.sort == Queue.POOL:
        return gettext("From the pool, here since %(time)s: longer than %(token)s, first of the own line.") % told
    return gettext("From the own line, here since %(time)s: longer than %(token)s, first of the pool.") % told


def why_waits(leg: Leg, ahead: list[Leg]) -> str:
    """For the patient: why somebody goes first who came later, or why the own place moved; empty if nobody does."""
    if leg.placed and leg.skips:
        return gettext("Your number was called and nobody came, so others go first. Stay where you hear the calls.")
    later = [one for one in ahead if one.visit.arrived_at > leg.visit.arrived_at]
    if not later:
        return ""
    if any(one.visit.klass == URGENT for one in later):
        return ngettext(
            "Somebody who came after you is urgent. Urgent cases go first.",
            "%(n)s people who came after you go first. Urgent cases go first.",
            len(later),
        ) % {"n": len(later)}
    return ngettext(
        "The desk decided that somebody who came after you goes first.",
        "The desk decided that %(n)s people who came after you go first.",
        len(later),
    ) % {"n": len(later)}
