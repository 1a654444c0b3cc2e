"""The end of a day at the desk (R3.22): a list, one choice each; and somebody who was expected is there."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clinic.core import clock
from clinic.core.access import needs
from clinic.tenants import days
from clinic.tenants.pages import actor_of, staff
from queues.models import CALLED, IN_PROGRESS, ON_HOLD, Leg, Visit
from queues.operations import close
from queues.views.answers import act, answer, find


@require_http_methods(["GET", "POST"])
@needs("queues.close_day")
def day_close(request: HttpRequest) -> HttpResponse:
    """Everybody who still waits, line by line; the policy's choice stands chosen."""
    policy = days.policies()
    today = days.service_day(policy.hospital, clock.now())
    if request.method == "POST":
        told = close.close_day(_choices(request), actor=actor_of(request))
        return answer(request, _sentence(told), back=reverse("queues:day_close"))
    actor = actor_of(request)
    legs = [leg for leg in _with_names(close.unfinished(today)) if actor.sees(leg.queue.department_id)]
    inside = Leg.objects.filter(state=IN_PROGRESS, queue__overnight=False).select_related("visit", "queue", "server")
    context: dict[str, Any] = {
        "lines": _by_line(legs), "chosen": policy.carry_over, "day": today, "count": len(legs),
        "inside": [leg for leg in inside.order_by("started_at") if actor.sees(leg.queue.department_id)],
        "cut": policy.hospital.service_day_cut, "called": CALLED, "on_hold": ON_HOLD,
    }  # fmt: skip
    return staff(request, "queues/close.html", here="reception", page=_("End of the day"), **context)


def _with_names(legs: Any) -> Iterable[Leg]:
    found: Iterable[Leg] = legs.select_related("visit__patient", "queue__department")
    return found


def _by_line(legs: list[Leg]) -> list[dict[str, Any]]:
    found = groupby(legs, key=lambda leg: leg.queue)
    lines = [{"name": queue.name, "department": queue.department.name, "legs": list(rows)} for queue, rows in found]
    return sorted(lines, key=lambda line: (line["department"], line["name"]))


def _choices(request: HttpRequest) -> dict[UUID, str]:
    """``choice-<visit>`` → carry or left; anything else in the form is not for us."""
    found: dict[UUID, str] = {}
    for name, value in request.POST.items():
        if name.startswith("choice-") and value in close.CHOICES:
            try:
                found[UUID(name.removeprefix("choice-"))] = str(value)
            except ValueError:
                continue
    return found


def _sentence(told: close.Closed) -> str:
    parts = []
    if told.carried:
        parts.append(ngettext("%(n)s carried over", "%(n)s carried over", len(told.carried)) % {"n": len(told.carried)})
    if told.left:
        parts.append(ngettext("%(n)s left", "%(n)s left", len(told.left)) % {"n": len(told.left)})
    if told.refused:
        sentence = ngettext(
            "%(n)s was called meanwhile and stays", "%(n)s were called meanwhile and stay", len(told.refused)
        )
        parts.append(sentence % {"n": len(told.refused)})
    return " · ".join(parts) or _("Nothing was chosen.")


@act("queues.intake")
def arrive(request: HttpRequest, pk: UUID) -> str:
    leg = close.arrive_expected(find(Visit, pk), actor=actor_of(request))
    return _("%(token)s is in the line %(line)s") % {"token": leg.visit.token, "line": leg.queue.name}
