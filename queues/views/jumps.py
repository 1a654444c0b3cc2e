"""The jump ledger for whoever answers for the order of a day (R3.6): who did not stand, or go in, as they had come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from clinic.core import clock, sight
from clinic.core.access import needs
from clinic.tenants import days
from clinic.tenants.pages import actor_of, staff
from queues import jumps
from queues.models import Queue

CAUSES: dict[str, str | Promise] = {
    "class": gettext_lazy("Urgent, or another class"),
    "vip": gettext_lazy("VIP"),
    "carried_over": gettext_lazy("Carried over"),
    "manual_call": gettext_lazy("Called out of order"),
    "recall": gettext_lazy("Called again"),
    "rejoin": gettext_lazy("Back after the end"),
    "skip": gettext_lazy("Skipped"),
    "delay": gettext_lazy("Let others go first"),
    "hold_return": gettext_lazy("Back from tests, payment or papers"),
    "reassign": gettext_lazy("Moved to another line"),
    "send_on": gettext_lazy("Sent on"),
    "booked": gettext_lazy("By the booked time"),
    "policy": gettext_lazy("Another policy of order"),
}
"""Cause → its words, in the order in which they can be chosen."""
EARLIEST = 2000
"""No hospital's log is older; the calendar's very first days have no instants in other zones."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: a service day that has begun, a line and a cause; what makes no sense is left out."""

    day: date
    today: date
    queue: str
    cause: str

    @property
    def before(self) -> str:
        return (self.day - timedelta(days=1)).isoformat()

    @property
    def after(self) -> str:
        return (self.day + timedelta(days=1)).isoformat() if self.day < self.today else ""


@require_GET
@needs("log.view")
def ledger(request: HttpRequest) -> HttpResponse:
    """Every departure from the order of arrival on a day, with its cause, and how many calls went in order."""
    actor, lines = actor_of(request), _lines()
    asked = _asked(request, lines)
    found = jumps.of_day(asked.day, departments=actor.departments)
    of_line = [jump for jump in found if not asked.queue or jump.queue in (asked.queue, "")]
    shown = [_row(jump, lines) for jump in of_line if not asked.cause or jump.cause == asked.cause]
    context: dict[str, Any] = {
        "asked": asked, "lines": lines.items(), "causes": CAUSES.items(), "jumps": shown,
        "counts": _counts(of_line),
        "calls": jumps.calls_of_day(asked.day, departments=actor.departments, queue=asked.queue),
    }  # fmt: skip
    return staff(request, "queues/jumps.html", here="home", page=_("Order of calls"), **context)


def _lines() -> dict[str, str]:
    rows = sight.seen(Queue.objects.order_by("name", "id"))
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}


def _asked(request: HttpRequest, lines: dict[str, str]) -> Asked:
    today = days.service_day(days.current_hospital(), clock.now())
    try:
        day = min(date.fromisoformat(request.GET.get("day", "")), today)
    except ValueError:
        day = today
    if day.year < EARLIEST:
        day = today
    queue, cause = request.GET.get("line", ""), request.GET.get("cause", "")
    return Asked(day, today, queue if queue in lines else "", cause if cause in CAUSES else "")


def _row(jump: jumps.Jump, lines: dict[str, str]) -> dict[str, Any]:
    return {
        "at": jump.at, "token": jump.token, "cause": CAUSES[jump.cause], "line": lines.get(jump.queue, ""),
        "reason": "" if jump.cause == "policy" else jump.reason, "who": jump.actor, "undone": jump.undone,
    }  # fmt: skip


def _counts(found: list[jumps.Jump]) -> list[tuple[str | Promise, int]]:
    """Cause by cause, the most frequent first; what was taken back does not count."""
    counted = Counter(jump.cause for jump in found if not jump.undone)
    return [(CAUSES[cause], n) for cause, n in counted.most_common()]
