"""What needs a word more: a disposition, an end, a reason, who, at what time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.core.access import needs
from clinic.directory.models import Department
from clinic.tenants.pages import actor_of
from er_flow.forms import (
    DecideForm,
    DetailsForm,
    EndForm,
    ReasonForm,
    SeenForm,
    TeamForm,
    TimeForm,
    WhoForm,
)
from er_flow.models import EmergencyVisit
from er_flow.models.words import ENDS, MOVES
from er_flow.operations import arrivals, delays, moves, places, team, times
from er_flow.regions.visit import TIMES
from er_flow.views.answers import ASK, act, asking, board_of, find, said, told, visit_of


def home(visit: EmergencyVisit) -> str:
    return board_of(visit.department_id)


def page_of(visit: EmergencyVisit) -> str:
    return reverse("er:visit", args=[visit.pk])


def whom(visit: EmergencyVisit) -> str:
    """The patient as a question names them: name or unknown, and the number, so that it is the right one."""
    name = visit.patient.full_name if visit.patient else _("Unknown")
    return f"{name}, E-{visit.number}"


@ASK
@needs("er.care")
def see_at(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Provider contact at an earlier time."""
    visit = visit_of(pk)
    form = SeenForm(told(request), initial={"at": timezone.localtime()})

    def do(_given: dict[str, Any]) -> str:
        return said(moves.see(visit, actor=actor_of(request), **form.when), _("E-%(number)s is in treatment"))

    title = _("Provider contact: %(who)s") % {"who": whom(visit)}
    return asking(request, form, do, title=title, button=_("Record"), back=home(visit))


@ASK
@needs("er.care")
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    visit = visit_of(pk)
    form = DecideForm(told(request), initial={"disposition": visit.disposition, "note": visit.disposition_note})

    def do(given: dict[str, Any]) -> str:
        row = moves.decide(visit, given["disposition"], note=given["note"], actor=actor_of(request), **form.when)
        return f"E-{row.number}: {row.get_disposition_display()}"

    title = _("Disposition: %(who)s") % {"who": whom(visit)}
    why = _("Whoever is admitted or observed waits for a ward bed from now on.")
    return asking(request, form, do, title=title, button=_("Decide"), back=home(visit), why=why)


@ASK
@needs("er.care")
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    visit = visit_of(pk)

    def do(given: dict[str, Any]) -> str:
        row = moves.withdraw(visit, reason=given["reason"], actor=actor_of(request))
        return said(row, _("E-%(number)s is in treatment again"))

    title = _("Withdraw the disposition: %(who)s") % {"who": whom(visit)}
    return asking(request, ReasonForm(told(request)), do, title=title, button=_("Withdraw"), back=home(visit))


@ASK
@needs("er.care")
def ends(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every end there is from here; leaving against advice needs the risks explained."""
    visit = visit_of(pk)
    possible = tuple(one for one in ENDS if one in MOVES[visit.state])
    form = EndForm(told(request), ends=possible)

    def do(given: dict[str, Any]) -> str:
        explained = bool(given.get("risks_explained"))
        row = moves.depart(visit, given["end"], risks_explained=explained, actor=actor_of(request), **form.when)
        return f"E-{row.number}: {row.get_state_display()}"

    title = _("How does the visit end? %(who)s") % {"who": whom(visit)}
    why = _("The bed is free for cleaning in the same act.")
    return asking(request, form, do, title=title, button=_("End the visit"), back=home(visit), why=why)


@ASK
@needs("er.care")
def explain(request: HttpRequest, pk: UUID) -> HttpResponse:
    visit = visit_of(pk)

    def do(given: dict[str, Any]) -> str:
        return said(delays.explain(visit, given["reason"], actor=actor_of(request)), _("E-%(number)s: reason kept"))

    form = ReasonForm(told(request), initial={"reason": visit.delay_reason})
    title = _("Why does %(who)s wait?") % {"who": whom(visit)}
    return asking(request, form, do, title=title, button=_("Keep the reason"), back=home(visit))


@ASK
@needs("er.care")
def set_team(request: HttpRequest, pk: UUID) -> HttpResponse:
    visit = visit_of(pk, "nurse", "provider")

    def do(_given: dict[str, Any]) -> str:
        row = team.set_team(visit, actor=actor_of(request), **form.changed)
        return said(row, _("E-%(number)s: team changed"))

    form = TeamForm(told(request), initial={"nurse": visit.nurse_id, "provider": visit.provider_id})
    title = _("Who looks after %(who)s?") % {"who": whom(visit)}
    return asking(request, form, do, title=title, button=_("Save"), back=home(visit))


@ASK
@needs("er.register")
def details(request: HttpRequest, pk: UUID) -> HttpResponse:
    visit = visit_of(pk)
    form = DetailsForm(told_details(request), visit=visit)

    def do(_given: dict[str, Any]) -> str:
        row = team.change_details(visit, actor=actor_of(request), **form.changed)
        return said(row, _("E-%(number)s changed"))

    title = _("Details of %(who)s") % {"who": whom(visit)}
    return asking(request, form, do, title=title, button=_("Save"), back=page_of(visit))


def told_details(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@ASK
@needs("er.register")
def identify(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who an unknown patient is; or that the visit is somebody else's, with a reason."""
    visit = visit_of(pk)
    form = WhoForm(told(request))

    def do(given: dict[str, Any]) -> str:
        row = arrivals.identify(visit, given["patient"], reason=given["reason"], actor=actor_of(request))
        return said(row, _("E-%(number)s has a name now"))

    title = _("Who is %(who)s?") % {"who": whom(visit)}
    why = _("Everything that was written stays with the visit.")
    return asking(request, form, do, title=title, button=_("This is the patient"), back=page_of(visit), why=why)


@ASK
@needs("er.care")
def set_time(request: HttpRequest, pk: UUID, mark: str) -> HttpResponse:
    """A time mark was at another time (R4.2)."""
    visit = visit_of(pk)
    form = TimeForm(told(request), initial={"at": timezone.localtime(getattr(visit, mark) or timezone.now())})

    def do(given: dict[str, Any]) -> str:
        row = times.set_time(visit, mark, given["at"], reason=given["reason"], actor=actor_of(request))
        return said(row, _("E-%(number)s: time corrected"))

    title = _("%(mark)s: %(who)s") % {"mark": TIMES[mark], "who": whom(visit)}
    return asking(request, form, do, title=title, button=_("Correct the time"), back=page_of(visit))


@ASK
@needs("er.surge")
def surge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that more come than can be looked after (R4.44)."""
    department = find(Department, pk)

    def do(given: dict[str, Any]) -> str:
        places.set_surge(department, True, reason=given["reason"], actor=actor_of(request))
        return _("Surge: everybody sees it")

    title, back = _("Say that there is a surge"), board_of(department.pk)
    return asking(request, ReasonForm(told(request)), do, title=title, button=_("Tell everybody"), back=back)


@act("er.surge")
def surge_end(request: HttpRequest, pk: UUID) -> str:
    places.set_surge(find(Department, pk), False, actor=actor_of(request))
    return _("The surge is over")
