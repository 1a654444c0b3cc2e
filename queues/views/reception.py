"""Reception: who arrives on one side, who waits on the other (screens.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinic.core import http
from clinic.core.access import needs
from clinic.core.errors import DomainError, Invalid
from clinic.live import regions
from clinic.records import people, search
from clinic.records.models import Patient
from clinic.tenants.pages import actor_of, hospital_of, outside, staff
from queues.forms import WalkInForm
from queues.models import Queue, Visit
from queues.operations import calls, intake, walk_in
from queues.tickets import qr_of, why_no_code
from queues.views.answers import also, answer, find


@require_GET
@needs("queues.view")
def reception(request: HttpRequest) -> HttpResponse:
    return _page(request, WalkInForm())


def _page(request: HttpRequest, form: WalkInForm, *, status: int = 200, **more: Any) -> HttpResponse:
    queues = list(Queue.objects.select_related("department", "doctor__room").order_by(*SHOWN))
    shown = [(kind, queue.pk) for queue in queues for kind in ("queue-head", "line")]
    regions.prefetch(request, [*shown, ("reception-sub", "today")])
    actor = actor_of(request)
    context = {
        "queues": queues, "lines": _choices(queues),
        "may_intake": actor.can("queues.intake"), "may_manage": actor.can("doctor.set_any_status"), "form": form,
        "callers": callers_for(request, queues), **more,
    }  # fmt: skip
    return staff(request, "queues/reception.html", here="reception", page=_("Reception"), status=status, **context)


SHOWN = ("department__prefix", "sort", "name")
"""Departments together, in the order of their tokens; the doctors' own lines before the pool."""


def _choices(queues: list[Queue]) -> list[dict[str, Any]]:
    """The walk-in's lines. One is chosen beforehand only where a choice cannot go to the wrong department."""
    open_ones = [queue for queue in queues if queue.is_open]
    alone = len({queue.department_id for queue in open_ones}) == 1
    return [_choice(queue) | {"first": alone and queue.sort == Queue.POOL} for queue in open_ones]


def _choice(queue: Queue) -> dict[str, Any]:
    if queue.doctor is None:
        return {"id": str(queue.pk), "name": queue.department.name, "hint": _("Any doctor")}
    room = queue.doctor.room.name if queue.doctor.room else queue.department.name
    return {"id": str(queue.pk), "name": queue.name, "hint": room}


def callers_for(request: HttpRequest, queues: list[Queue]) -> list[tuple[str, str]]:
    """Who may be named as the caller of somebody from a pool: the doctors on duty, from the lines at hand."""
    if not actor_of(request).can("queues.call_for_any"):
        return []
    doctors = [queue.doctor for queue in queues if queue.doctor and queue.doctor.is_active]
    return [(str(doctor.pk), doctor.name) for doctor in doctors if not doctor.is_paused]


@require_GET
@needs("queues.intake")
def found(request: HttpRequest) -> HttpResponse:
    """Options of the walk-in's look-up: known patients, families of one phone, and "new patient"."""
    text = request.GET.get("q", "").strip()[:80]
    patients = people.faces(search.find(text)) if len(text) > 1 else []
    context = {"patients": patients, "text": text, "may_add": len(text) > 1}
    answer = render(request, "records/_found.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


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
        arrival = _take_in(request, form)
    except DomainError as error:
        return _again(request, form, error)
    return _taken_in(request, form, arrival)


def _take_in(request: HttpRequest, form: WalkInForm) -> intake.Arrival:
    given, actor = form.cleaned_data, actor_of(request)
    shared = {"klass": given["klass"] or "normal", "class_reason": given["class_reason"], "reason": given["reason"]}
    if given["patient"]:
        again = given["again_reason"]
        return intake.arrive(given["queue"], given["patient"], again_reason=again, actor=actor, **shared)
    new = {"force_new": given["force_new"], "unknown": given["unknown"]}
    return walk_in.take_in(given["queue"], form.person, actor=actor, **new, **shared)


def _taken_in(request: HttpRequest, form: WalkInForm, arrival: intake.Arrival) -> HttpResponse:
    ticket = reverse("queues:ticket", args=[arrival.visit.pk])
    wanted = bool(form.cleaned_data["print"])
    text = _("%(token)s taken in for %(queue)s") % {"token": arrival.visit.token, "queue": arrival.leg.queue.name}
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
    leg = calls.leg_of(visit, lock=False)
    doctor, hospital = leg.server or leg.queue.doctor, hospital_of(request)
    room = leg.room or (doctor.room if doctor else None)
    path = outside("queues:status", intake.status_link(visit))
    why = why_no_code()
    context = {
        "hospital": hospital, "visit": visit, "line": doctor.name if doctor else leg.queue.department.shown_name,
        "room": room.name if room else "", "room_place": room.place if room else "", "printed_at": timezone.now(),
        "qr": None if why else qr_of(settings.PUBLIC_URL.rstrip("/") + path), "qr_why": why, "status_url": path,
    }  # fmt: skip
    page = render(request, "queues/ticket.html", context)
    page["Cache-Control"] = "no-store"
    return page
