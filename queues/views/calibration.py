"""How good the waits told were, for whoever answers for them (R3.32): by kind of line, people ahead, and line."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from clinic.core.access import needs
from clinic.tenants.pages import staff
from queues import analytics
from queues.estimates import calibrated
from queues.estimates.calibrated import FAR, FARTHER, FEW, GOOD, LATE, NEAR, NEXT, WIDE, Tally
from queues.models import Queue

PERIODS: dict[str, str | Promise] = {
    "day": gettext_lazy("Today"), "week": gettext_lazy("7 days"), "month": gettext_lazy("30 days"),
    "3months": gettext_lazy("3 months"),
}  # fmt: skip
USUAL = "month"
AHEAD: dict[str, str | Promise] = {
    NEXT: gettext_lazy("nobody"), NEAR: pgettext_lazy("people ahead", "1–3"), FAR: pgettext_lazy("people ahead", "4–8"),
    FARTHER: gettext_lazy("9 or more"),
}  # fmt: skip
KINDS: dict[str, str | Promise] = {
    Queue.DOCTOR: gettext_lazy("One doctor"), Queue.POOL: gettext_lazy("Pool of several doctors"),
    Queue.COUNTER: gettext_lazy("Counter"),
}  # fmt: skip
VERDICTS: dict[str, tuple[str, str | Promise]] = {
    GOOD: ("ok", gettext_lazy("as promised")), LATE: ("late", gettext_lazy("too often late")),
    WIDE: ("warn", gettext_lazy("wider than need be")), FEW: ("line", gettext_lazy("too few to say")),
}  # fmt: skip
"""Verdict → its colour and its words."""


@require_GET
@needs("log.view")
def waits(request: HttpRequest) -> HttpResponse:
    """What came of the waits that people were told, over a period."""
    asked = request.GET.get("period", "")
    period = asked if asked in PERIODS else USUAL
    told = calibrated.of(*analytics.span(period))
    context: dict[str, Any] = {
        "period": period, "periods": PERIODS.items(), "since": told.since,
        "kinds": [_row(KINDS[sort], tally, AHEAD[band]) for sort, bands in told.kinds.items()
                  for band in AHEAD if (tally := bands.get(band))],
        "lines": [_row(line.name, line.total, KINDS[line.sort]) for line in told.lines],
        "low": round(100 * calibrated.BAND[0]), "high": round(100 * calibrated.BAND[1]),
        "smaller": round(100 * calibrated.SMALLER),
    }  # fmt: skip
    return staff(request, "queues/calibration.html", here="home", page=_("Promised waits"), **context)


def _row(name: str | Promise, told: Tally, beside: str | Promise) -> dict[str, Any]:
    tone, words = VERDICTS[told.verdict]
    return {
        "name": name, "beside": beside, "told": told.told, "coverage": _percent(told.coverage), "tone": tone,
        "verdict": words, "width": told.width_minutes, "error": told.error_minutes, "rolling": told.rolling_minutes,
        "smaller": _percent(told.smaller), "is_better": told.is_better, "is_few": told.verdict == FEW,
    }  # fmt: skip


def _percent(part: float | None) -> float | None:
    return None if part is None else round(100 * part, 1)
