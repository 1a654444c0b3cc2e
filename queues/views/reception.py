"""Reception: who arrives on one side, who waits on the other (screens.md)."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.core import http
from clinic.core.access import needs
from clinic.core.errors import DomainError, Invalid
from clinic.core.nouns import split_ref
from clinic.core.sight import seen
from clinic.core.tenancy import require_hospital_id
from clinic.live import regions
from clinic.records import people, search
from clinic.records.models import Patient
from clinic.tenants import links
from clinic.tenants.models import PublicToken
from clinic.tenants.pages import actor_of, hospital_of, outside, staff
from queues.forms import WalkInForm
from queues.models import NORMAL, Queue, Visit
from queues.operations import intake, walk_in
from queues.regions import facts
from queues.tickets import printed, qr_of, why_no_code
from queues.views.answers import also, answer, find


@require_GET
@needs("queues.view")
def reception(request: HttpRequest) -> HttpResponse:
    return _page(request, WalkInForm())


def _page(request: HttpRequest, form: WalkInForm, *, status: int = 200, **more: Any) -> HttpResponse:
    with regions.reading(request):
        return _shown(request, form, status, more)


def _shown(request: HttpRequest, form: WalkInForm, status: int, more: dict[str, Any]) -> HttpResponse:
    actor = actor_of(request)
    queues = _pinned_first(request, [line for line in facts.lines().values() if actor.sees(line.department_id)])
    shown = [(kind, queue.pk) for queue in queues for kind in ("queue-head", "line", "line-away")]
    may_intake = actor.can("queues.intake")
    arriving = [("left-lines", "today"), ("expected", "today")] if may_intake else []
    may_see_bookings = may_intake and actor.can("appointments.view")
    arriving += [("bookings", "today")] if may_see_bookings else []
    # All lines first: what they read of everybody serves the others.
    regions.prefetch(request, [("lines-nav", "today"), *shown, ("reception-sub", "today"), *arriving])
    for queue in queues:
        queue.signs_on = queue.sort != Queue.DOCTOR and actor.can("queues.sign_on")
    context = {
        "queues": queues, "lines": _choices(queues), "may_intake": may_intake, "may_see_bookings": may_see_bookings,
        "may_manage": actor.can("doctor.set_any_status"), "may_close": actor.can("queues.close_day"), "form": form,
        **more,
    }  # fmt: skip
    return staff(request, "queues/reception.html", here="reception", page=_("Reception"), status=status, **context)


PINS = "pins"
"""The cookie with the lines this device shows first: the last eight letters of their ids, kept under the hospital's
address."""
YEAR = 60 * 60 * 24 * 365
MOST_PINS = 40


def _pins(request: HttpRequest) -> list[str]:
    return [pin for pin in request.COOKIES.get(PINS, "").split(".") if len(pin) == 8 and pin.isalnum()][:MOST_PINS]


def _pinned_first(request: HttpRequest, queues: list[Any]) -> list[Any]:
    pins = _pins(request)
    for queue in queues:
        queue.pinned = queue.pk.hex[-8:] in pins
    return sorted(queues, key=lambda queue: not queue.pinned)


@require_POST
@needs("queues.view")
def pin(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a line first on this device, or not any more. Nothing of the hospital changes."""
    queue = find(Queue, pk)
    pins = [one for one in _pins(request) if one != queue.pk.hex[-8:]]
    if request.POST.get("pin") == "1":
        pins.append(queue.pk.hex[-8:])
    told = http.done(request, back=reverse("queues:reception"))
    told.set_cookie(
        PINS, ".".join(pins), max_age=YEAR, path=get_script_prefix(), samesite="Lax", httponly=True,
        secure=request.is_secure(),
    )  # fmt: skip
    return told


def _choices(queues: list[Queue]) -> list[dict[str, Any]]:
    """The walk-in's lines. One is chosen beforehand only where a choice cannot go to the wrong department."""
    open_ones = [queue for queue in queues if queue.is_open]
    alone = len({queue.department_id for queue in open_ones}) == 1
    return [_choice(queue) | {"first": alone and queue.sort == Queue.POOL} for queue in open_ones]


def _choice(queue: Queue) -> dict[str, Any]:
    """The hint is what joining means now; the chips of the lines bring it (static/js/parts.js)."""
    name, hint = queue.name, queue.department.name
    if queue.sort == Queue.POOL:
        name, hint = queue.department.name, _("Any doctor")
    return {"id": str(queue.pk), "name": name, "hint": hint}


@require_GET
@needs("queues.intake")
def family(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who shares the phone of somebody chosen in the walk-in: they can be taken in together (R1.7)."""
    patient = find(Patient, pk)
    others = search.here().filter(phone_key=patient.phone_key).exclude(pk=pk).order_by("name_key")
    shown = people.faces(others[:FAMILY]) if patient.phone_key else []
    told = render(request, "queues/_family.html", {"family": shown})
    told["Cache-Control"] = "no-store"
    return told


FAMILY = 8


@require_GET
@needs("queues.intake")
def found(request: HttpRequest) -> HttpResponse:
    """Options of the walk-in's look-up: known patients, families of one phone, and "new patient"."""
    text = request.GET.get("q", "").strip()[:300]
    patients = people.faces(scanned(text) or search.find(text[:80])) if len(text) > 1 else []
    context = {"patients": patients, "text": text, "may_add": len(text) > 1}
    answer = render(request, "records/_found.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def scanned(text: str) -> list[Patient]:
    """The patient of a ticket's code, which is the address of the status page; nobody for anything else."""
    token = SCANNED.search(text)
    if token is None:
        return []
    try:
        link = links.open_link(PublicToken.STATUS, token[1])
    except DomainError:
        return []
    if link.hospital is None or link.hospital.pk != require_hospital_id():
        return []
    visit = seen(Visit.objects.select_related("patient")).filter(pk=split_ref(link.target)[1]).first()
    return [visit.patient] if visit else []


SCANNED = re.compile(r"/s/([\w-]{16,200})/?$")


@require_POST
@needs("queues.intake")
def arrive(request: HttpRequest) -> HttpResponse:
    """Take somebody in. What is missing or doubtful comes back with what was typed."""
    form = WalkInForm(request.POST)
    if matches := _matches(request):
        return _page(request, form, status=422, matches=matches)
    try:
        if not form.is_valid():
            raise Invalid("row.invalid", form.first_error())
        arrivals = _take_in(request, form)
    except DomainError as error:
        return _again(request, form, error)
    return _taken_in(request, form, arrivals)


def _take_in(request: HttpRequest, form: WalkInForm) -> list[intake.Arrival]:
    given, actor = form.cleaned_data, actor_of(request)
    shared = {name: given[name] for name in ("class_reason", "reason", "type")}
    shared["klass"] = given["klass"] or NORMAL
    if given["patient"]:
        together, again = [given["patient"], *given["also"]], given["again_reason"]
        return walk_in.take_in_all(given["queue"], together, again_reason=again, actor=actor, **shared)
    new = {"force_new": given["force_new"], "unknown": given["unknown"]}
    return [walk_in.take_in(given["queue"], form.person, actor=actor, **new, **shared)]


def _taken_in(request: HttpRequest, form: WalkInForm, arrivals: list[intake.Arrival]) -> HttpResponse:
    first = arrivals[0]
    ticket = reverse("queues:ticket", args=[first.visit.pk])
    wanted = bool(form.cleaned_data["print"])
    tokens = ", ".join(arrival.visit.token for arrival in arrivals)
    text = _("%(token)s taken in for %(queue)s") % {"token": tokens, "queue": first.leg.queue.name}
    if first.warning is not None:
        text = f"{text}. {first.warning.message}"
    back = ticket if wanted else reverse("queues:reception")
    told = answer(request, text, back=back, link=ticket, label=_("Print ticket"))
    if wanted and http.is_fragment(request):
        also(told, "ticket", url=f"{ticket}?print")
    return told


def _matches(request: HttpRequest) -> list[dict[str, str]]:
    """Without script nobody looked anybody up: what was typed is looked up now, once, and the desk chooses."""
    given = request.POST
    typed = given.get("q", "").strip()[:80]
    settled = any(given.get(name) for name in ("patient", "given_name", "family_name"))
    if http.is_fragment(request) or settled or not typed or given.get("looked") == typed:
        return []
    return people.faces(search.find(typed))


def _again(request: HttpRequest, form: WalkInForm, error: DomainError) -> HttpResponse:
    """The refusal beside the form: candidates to choose from, or the field that is missing."""
    ids = error.details.get("candidates", [])
    alike = people.faces(Patient.objects.filter(pk__in=ids).order_by("name_key")) if ids else []
    if not http.is_fragment(request):
        more = {"refused": error.message, "alike": alike, "ask_again": error.code == "visit.already_in_line"}
        return _page(request, form, status=422, **more)
    if alike:
        context = {"patients": alike, "text": "", "known": True, "may_add": True}
        told = render(request, "records/_found.html", context, status=422)
        told["HX-Retarget"], told["HX-Reswap"] = "#found", "innerHTML"
        return told
    context = {"refused": error.message, "ask_again": error.code == "visit.already_in_line"}
    told = render(request, "queues/_intake_say.html", context, status=422)
    told["HX-Retarget"], told["HX-Reswap"] = "#intake-say", "innerHTML"
    return told


@require_GET
@needs("queues.view")
def ticket(request: HttpRequest, pk: UUID) -> HttpResponse:
    """80 mm: token, line, room, and the code of the status page where phones can reach it (R3.44)."""
    visit = find(Visit, pk)
    told, path, why = printed(visit), outside("queues:status", intake.status_link(visit)), why_no_code()
    address = settings.PUBLIC_URL.rstrip("/") + path
    context = {
        "hospital": hospital_of(request), "visit": visit, "line": told.line, "turn": told.turn,
        "expected_on": told.expected_on,
        "room": told.room.name if told.room else "", "room_place": told.room.place if told.room else "",
        "printed_at": timezone.now(), "qr": None if why else qr_of(address), "qr_why": why,
        "link_text": "" if why else address.partition("://")[2].rstrip("/"), "status_url": path,
    }  # fmt: skip
    page = render(request, "queues/ticket.html", context)
    page["Cache-Control"] = "no-store"
    return page
