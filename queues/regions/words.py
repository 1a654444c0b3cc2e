"""Sentences and short words of the lines: for staff, and in other words for patients (R3.5; nobody's illness named)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from clinic.directory.models import Doctor
from clinic.records.models import Patient
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.models import CARRIED_OVER, NORMAL, URGENT, VIP, Leg, Queue
from queues.operations.order import head_starts

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


def why(leg: Leg, policy: HospitalConfig | None = None) -> str:
    """Why a leg stands where it stands, for staff. Says nothing about its neighbours, so it holds while they change."""
    visit = leg.visit
    return why_here(
        visit.token, visit.klass, visit.class_reason, visit.arrived_at, policy or days.policies(), placed=leg.placed,
        skipped=bool(leg.skips), back=is_back(leg.returned_at, leg.called_at), since=_booked(leg), due=leg.due,
    )  # fmt: skip


def is_back(returned_at: datetime | None, called_at: datetime | None) -> bool:
    """Back from tests, payment or papers, and not called since: next after whoever is in the room (R3.13)."""
    return returned_at is not None and (called_at is None or called_at < returned_at)


def why_here(
    token: str, klass: str, class_reason: str, arrived_at: datetime, policy: HospitalConfig, *, placed: bool,
    skipped: bool, back: bool = False, since: datetime | None = None, due: bool = True,
) -> str:  # fmt: skip
    """The same of a leg that was read in parts. ``since``: of somebody booked, from when on they count as here."""
    told = {"token": token, "time": clock(arrived_at), "reason": class_reason}
    if back:
        return (
            gettext("%(token)s is back from tests, payment or papers, and is next after whoever is in the room.") % told
        )
    if placed and skipped:
        return gettext("%(token)s was called, did not come and was put back in the line.") % told
    if placed:
        return gettext("%(token)s was put at this place by hand.") % told
    if klass in OF_CLASS and (minutes := _head_start(klass, policy)) != 0:
        return OF_CLASS[klass](told, minutes)
    if not due:
        return gettext("Booked, and early: called before the time only if nobody else waits.")
    if since is not None:
        return gettext("Booked: goes before whoever came after %(time)s.") % {"time": clock(since)}
    return gettext("In order of arrival, here since %(time)s.") % told


def _of_urgent(told: dict[str, Any], minutes: int | None) -> str:
    if minutes is None:
        if told["reason"]:
            return gettext("Marked urgent at %(time)s (“%(reason)s”): goes before everybody who is not.") % told
        return gettext("Marked urgent at %(time)s: goes before everybody who is not.") % told
    told["minutes"] = minutes
    if told["reason"]:
        return gettext("Marked urgent at %(time)s (“%(reason)s”): counts as waiting %(minutes)s min longer.") % told
    return gettext("Marked urgent at %(time)s: counts as waiting %(minutes)s min longer.") % told


def _of_vip(told: dict[str, Any], minutes: int | None) -> str:
    if minutes is None:
        if told["reason"]:
            return gettext("Marked VIP at %(time)s (“%(reason)s”): goes after urgent, before all others.") % told
        return gettext("Marked VIP at %(time)s: goes after urgent, before all others.") % told
    told["minutes"] = minutes
    if told["reason"]:
        return gettext("Marked VIP at %(time)s (“%(reason)s”): counts as waiting %(minutes)s min longer.") % told
    return gettext("Marked VIP at %(time)s: counts as waiting %(minutes)s min longer.") % told


def _of_carried(told: dict[str, Any], minutes: int | None) -> str:
    if minutes is None:
        return gettext("Carried over from an earlier day: goes before normal.")
    return gettext("Carried over from an earlier day: counts as waiting %(minutes)s min longer.") % {"minutes": minutes}


OF_CLASS = {URGENT: _of_urgent, VIP: _of_vip, CARRIED_OVER: _of_carried}


def _head_start(klass: str, policy: HospitalConfig) -> int | None:
    """By how many minutes a class counts as longer here (R3.4); None where every class goes before the next."""
    if policy.order_policy == HospitalConfig.STRICT:
        return None
    return int(head_starts(policy)[klass].total_seconds() // 60)


def booked(leg_since: datetime, arrived_at: datetime, carried_from: object) -> datetime | None:
    """From when on somebody booked counts as here (R2.7); None for whoever walked in, or came late."""
    apart = abs(leg_since - arrived_at) > timedelta(seconds=1)
    return leg_since if apart and carried_from is None else None


def why_next(leg: Leg, other: Leg | None, policy: HospitalConfig | None = None) -> str:
    """``why`` for the head of own line and pools; ``other`` is the head of the other line, if one waits there."""
    if other is None or not _came_plainly(leg) or not _came_plainly(other):
        return why(leg, policy)
    told = {"time": clock(leg.visit.arrived_at), "token": other.visit.token}
    if leg.queue.sort == Queue.POOL:
        return gettext("From the pool, here since %(time)s: longer than %(token)s, first of the own line.") % told
    return gettext("From the own line, here since %(time)s: longer than %(token)s, first of the pool.") % told


def _came_plainly(leg: Leg) -> bool:
    """Stands where the arrival put it: no class, no hand and no booking moved it."""
    moved = leg.placed or not leg.due or leg.visit.klass != NORMAL
    return not moved and _booked(leg) is None


def _booked(leg: Leg) -> datetime | None:
    return booked(leg.effective_at, leg.visit.arrived_at, leg.visit.carried_from_id)


def why_waits(leg: Leg, ahead: list[Leg], policy: HospitalConfig | None = None) -> str:
    """For the patient: why somebody goes first who came later, or why the own place moved; empty if nobody does."""
    if leg.placed and leg.skips:
        return gettext("Your number was called and nobody came, so others go first. Stay where you hear the calls.")
    if leg.placed and leg.visit.delays:
        return gettext("You asked on this page to let others go first.")
    back = [one for one in ahead if one.returned_at is not None]
    later = [one for one in ahead if one.visit.arrived_at > leg.visit.arrived_at]
    if back and len(back) >= len(later):
        return gettext("Somebody comes back who was called before, and goes first.")
    if not later:
        return ""
    if not leg.due:
        return gettext("You are early for your appointment: until shortly before it, others go first.")
    return _why_before_me(later, policy or days.policies())


def _why_before_me(later: list[Leg], policy: HospitalConfig) -> str:
    """Of those who came later and go first, the strongest reason; nobody's illness is named, and nobody's name."""
    n = {"n": len(later)}
    if any(one.visit.klass == URGENT and not one.placed for one in later):
        if policy.order_policy == HospitalConfig.STRICT:
            return ngettext(
                "Somebody who came after you is urgent. Urgent cases go first.",
                "%(n)s people who came after you go first. Urgent cases go first.", len(later),
            ) % n  # fmt: skip
        return ngettext(
            "Somebody who came after you is urgent, and is called sooner.",
            "%(n)s people who came after you go first. Who is urgent is called sooner.", len(later),
        ) % n  # fmt: skip
    if all(_is_plainly_booked(one) for one in later):
        return ngettext(
            "Somebody who came after you has an appointment, and goes first.",
            "%(n)s people who came after you have appointments, and go first.", len(later),
        ) % n  # fmt: skip
    if all(one.visit.klass == CARRIED_OVER and not one.placed for one in later):
        return ngettext(
            "Somebody who came after you waited on an earlier day already, and goes first.",
            "%(n)s people who came after you waited on an earlier day already, and go first.", len(later),
        ) % n  # fmt: skip
    return ngettext(
        "The desk decided that somebody who came after you goes first.",
        "The desk decided that %(n)s people who came after you go first.", len(later),
    ) % n  # fmt: skip


def _is_plainly_booked(leg: Leg) -> bool:
    return leg.visit.klass == NORMAL and not leg.placed and _booked(leg) is not None
