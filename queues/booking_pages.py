"""What the public booking pages show: doctors, days at a glance, times, money; words only, no rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from clinic.core import clock
from clinic.core.errors import NotFound
from clinic.directory.models import Doctor, VisitType
from clinic.records.search import plain
from clinic.tenants import days
from clinic.tenants.models import Hospital
from queues.availability import lengths
from queues.models import Queue
from queues.regions import spoken, words

if TYPE_CHECKING:
    from queues.availability.book import Day, Slot

SPAN = 14
"""Days shown at a glance."""
ONE = timedelta(days=1)
AHEAD = 8 * 7
"""How far ahead somebody may book without calling."""
NOON, EVENING = 12, 17
SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "INR": "₹", "JPY": "¥"}


def money(fee: Decimal | None, currency: str) -> str:
    """A fee as the doctors' list shows it; empty where none is named."""
    if fee is None:
        return ""
    amount = f"{fee:.0f}" if fee == fee.to_integral_value() else f"{fee:.2f}"
    return f"{SIGNS.get(currency, currency)} {amount}"


def moment(at: datetime | None, now: datetime) -> str:
    """A start in words: "Today 11:35", "Tomorrow 09:10", "Mon 23 Nov 08:30"."""
    if at is None:
        return ""
    there, today = timezone.localtime(at), timezone.localtime(now).date()
    told = {"time": words.clock(at)}
    if there.date() == today:
        return gettext("Today %(time)s") % told
    if there.date() == today + timedelta(days=1):
        return gettext("Tomorrow %(time)s") % told
    return f"{date_format(there, 'D j M')} {told['time']}"


# --- doctors ---------------------------------------------------------------------------------------------------------


def doctors(
    rows: Iterable[Queue], free: dict[UUID, datetime | None], here: Hospital, asked: dict[str, str]
) -> list[dict[str, Any]]:
    """The lines that match what was asked, in the order that was asked for."""
    now = clock.now()
    shown = [_doctor(row, free.get(row.pk), here, now) for row in rows if _matches(row, asked)]
    orders: dict[str, Any] = {
        "name": lambda one: (plain(one["name"]),),
        "fee": lambda one: (one["fee_value"] is None, one["fee_value"] or 0, plain(one["name"])),
    }
    soonest = lambda one: (one["free_at"] is None, one["free_at"] or now, plain(one["name"]))  # noqa: E731
    return sorted(shown, key=orders.get(asked.get("sort", ""), soonest))


def specialities(rows: Iterable[Queue]) -> list[str]:
    return sorted({row.doctor.specialization for row in rows if row.doctor and row.doctor.specialization})


def _matches(row: Queue, asked: dict[str, str]) -> bool:
    doctor = row.doctor
    if (wanted := asked.get("speciality")) and (doctor is None or doctor.specialization != wanted):
        return False
    about = [spoken.line_name(row), row.department.shown_name]
    if doctor is not None:
        about += [doctor.specialization, *doctor.services, *doctor.languages]
    text = plain(" ".join(about))
    return all(word in text for word in plain(asked.get("q", "")).split())


def _doctor(row: Queue, free_at: datetime | None, here: Hospital, now: datetime) -> dict[str, Any]:
    doctor = row.doctor
    late = doctor is not None and doctor.status == Doctor.RUNNING_LATE and doctor.late_minutes
    today = free_at is not None and timezone.localtime(free_at).date() == timezone.localtime(now).date()
    return {
        "key": str(row.pk), "name": spoken.line_name(row), "is_pool": doctor is None,
        "about": doctor.specialization if doctor else gettext("Any doctor of the department"),
        "languages": ", ".join(doctor.languages) if doctor else "", "fee_value": doctor.fee if doctor else None,
        "fee": money(doctor.fee, here.currency) if doctor else "", "free_at": free_at, "free": moment(free_at, now),
        "late": words.status_text(doctor) if doctor and late and today else "",
    }  # fmt: skip


def summary(row: Queue, kind: VisitType | None, here: Hospital) -> dict[str, Any]:
    """The doctor beside the second and third step."""
    doctor = row.doctor
    fee = kind.fee if kind is not None and kind.fee is not None else doctor.fee if doctor else None
    minutes = lengths.of(row, kind).minutes
    parts = [doctor.specialization if doctor else "", gettext("%(n)s min") % {"n": minutes}, money(fee, here.currency)]
    where = [here.name, (doctor.address if doctor else "") or here.address]
    return {
        "name": spoken.line_name(row), "parts": [part for part in parts if part],
        "where": ", ".join(part for part in where if part), "fee": money(fee, here.currency),
        "room": doctor.room.name if doctor and doctor.room else "", "bio": doctor.bio if doctor else "",
    }  # fmt: skip


# --- days and times --------------------------------------------------------------------------------------------------


def window(here: Hospital, asked: str) -> tuple[date, date, date]:
    """First and last of the days shown, and the last that can be booked."""
    today = days.service_day(here)
    last = today + timedelta(days=AHEAD)
    first = min(max(day_of(asked) or today, today), last)
    return first, min(first + timedelta(days=SPAN - 1), last), last


def day_of(text: str) -> date | None:
    """An ISO day; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def glance(shown: Sequence[Day], chosen: date | None) -> list[dict[str, Any]]:
    """Each day with how much is free."""
    return [
        {
            "day": one.day, "iso": one.day.isoformat(), "free": free(one), "open": one.open,
            "chosen": one.day == chosen, "says": _says(one),
        }
        for one in shown
    ]  # fmt: skip


def free(one: Day) -> int:
    """Places that can be booked on a day, by time or by number."""
    return len(one.slots) or (one.tokens_left or 0 if one.next_token_at else 0)


def has_any(one: Day) -> bool:
    return bool(one.slots) or takes_number(one)


def takes_number(one: Day) -> bool:
    """Whether a number of this day can be booked."""
    return "token" in one.modes and one.next_token_at is not None and (one.tokens_left is None or one.tokens_left > 0)


def _says(one: Day) -> str:
    if not one.open:
        return pgettext("of a day", "closed")
    if one.slots:
        return gettext("%(n)s free") % {"n": len(one.slots)}
    return gettext("by number") if takes_number(one) else pgettext("of a day", "full")


def pick(shown: Sequence[Day], asked: str) -> Day | None:
    """The day asked for, else the first with a place."""
    wanted = day_of(asked)
    return next((one for one in shown if one.day == wanted), next((one for one in shown if has_any(one)), None))


def parts(one: Day | None) -> list[dict[str, Any]]:
    """The times of a day by morning, afternoon and evening; a service day goes on after midnight."""
    if one is None:
        return []
    heads = (gettext("Morning"), gettext("Afternoon"), gettext("Evening"), gettext("After midnight"))
    found: list[list[dict[str, str]]] = [[], [], [], []]
    for slot in one.slots:
        there = timezone.localtime(slot.starts_at)
        part = 3 if there.date() > one.day else 0 if there.hour < NOON else 1 if there.hour < EVENING else 2
        found[part].append(slot_doc(slot))
    return [{"head": head, "slots": slots} for head, slots in zip(heads, found, strict=True) if slots]


def instant(text: str) -> datetime:
    """The start that a button names; NotFound for anything else."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise NotFound
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotFound from None


def slot_doc(slot: Slot) -> dict[str, str]:
    return {"value": slot.starts_at.isoformat(), "time": words.clock(slot.starts_at)}


def zone_words(here: Hospital, at: datetime | None = None) -> str:
    """Whose clock the times are of: "Europe/Paris, GMT+1"."""
    offset = (at or clock.now()).astimezone(here.zone).utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign, hours, rest = "+" if minutes >= 0 else "-", abs(minutes) // 60, abs(minutes) % 60
    return f"GMT{sign}{hours}{f':{rest:02}' if rest else ''}" if minutes else "GMT"
