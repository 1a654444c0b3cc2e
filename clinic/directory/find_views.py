"""Find a doctor across hospitals (R1.8): list and map, from the public projection alone. Works without JavaScript."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from clinic.core import clock
from clinic.core.access import public
from clinic.core.errors import NotFound
from clinic.core.http import address
from clinic.core.limits import limit
from clinic.directory import find
from clinic.directory.api.public import WHY
from clinic.directory.find_forms import FindForm
from clinic.tenants import pages

A_PAGE = 20
AN_ADDRESS = (1200, 60)
"""Pages from one address in a minute: a waiting room stands behind one."""


@require_GET
@public(WHY)
def find_doctor(request: HttpRequest) -> HttpResponse:
    """Whom one may go to, where that is and when the next place is free; each leads to the clinic's own booking."""
    if request.hospital is not None:  # type: ignore[attr-defined]
        raise NotFound  # nobody's staff page
    limit("find-page", address(request), *AN_ADDRESS)
    choices = find.choices()
    form = FindForm(request.GET, choices)
    found = find.search(form.question())
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    city = form.cleaned_data.get("city", "")
    answer = pages.public(
        request, "directory/find.html", form=form, choices=choices, page=page, count=len(found),
        rows=[_row(each, page.start_index() + n) for n, each in enumerate(find.shown(page.object_list))],
        ways=_ways(request, page), city=city, feed=_feed(city) if city else "",
        narrowed=form.has_asked,
    )  # fmt: skip
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _row(found: find.Found, number: int) -> dict[str, Any]:
    """One doctor; the number stands in the list and on the map."""
    row = found.listing
    return {
        "number": number,
        "listing": row, "free_at": found.next_free_at, "free": _moment(found.next_free_at, row.hospital.zone),
        "km": None if found.km is None else f"{found.km:.1f}",
        "url": f"/book/{row.slug}/?{urlencode({'doctor': row.doctor_id})}",
    }  # fmt: skip


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    """The start in the clinic's own time, as somebody says it who is asked there: "Tomorrow 09:10"."""
    if at is None:
        return ""
    there, today = timezone.localtime(at, zone), timezone.localtime(clock.now(), zone).date()
    told = {"time": f"{there:%H:%M}"}
    if there.date() == today:
        return gettext("Today %(time)s") % told
    if there.date() == today + timedelta(days=1):
        return gettext("Tomorrow %(time)s") % told
    return f"{date_format(there, 'D j M')} {told['time']}"


def _ways(request: HttpRequest, page: Page[find.Place]) -> dict[str, str]:
    """The addresses of the pages before and after this one, with the same question."""
    ways = {}
    if page.has_previous():
        ways["previous"] = _at(request, page.previous_page_number())
    if page.has_next():
        ways["next"] = _at(request, page.next_page_number())
    return ways


def _at(request: HttpRequest, number: int) -> str:
    asked = request.GET.copy()
    asked["page"] = str(number)
    return f"?{asked.urlencode()}"


def _feed(city: str) -> str:
    """Where the page hears of new doctors in this city, from the moment it was made."""
    return "/api/v1/public/feed?" + urlencode({"city": city, "since": clock.now().isoformat()})
