"""Coming in: three fields, many at once, and what was written on paper meanwhile (R4.5, R4.43, R4.44)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.core.access import needs
from clinic.core.errors import DomainError
from clinic.tenants.pages import actor_of, staff
from er_flow.forms import ArrivalForm, ManyForm, OneOfMany
from er_flow.models import EmergencyVisit
from er_flow.operations import arrivals, newcomers
from er_flow.views.answers import ASK, answer, asking, board_of
from er_flow.views.board import chosen

LINES = 12
"""Lines of the form for many at once."""


@ASK
@needs("er.register")
def arrive(request: HttpRequest) -> HttpResponse:
    """Who, how old, what for; the rest is on offer."""
    department, others = chosen(request)
    first = department or (others[0] if others else None)
    initial: dict[str, Any] = {"department": first.pk if first else None, "later": bool(request.GET.get("later"))}
    if initial["later"]:
        initial["arrived_at"] = timezone.localtime()
    form = ArrivalForm(request.POST if request.method == "POST" else None, initial=initial)

    def do(_given: dict[str, Any]) -> str:
        return _("E-%(number)s is here, to be triaged") % {"number": _take_in(request, form).number}

    if form.is_bound and form.is_valid():
        form.must_choose()
    return asking(
        request, form, do, title=_("Downtime entry") if initial["later"] else _("Arrival"), button=_("Take in"),
        back=board_of(first.pk if first else None), part="er_flow/_arrive.html", choices=others, matches=form.matches,
    )  # fmt: skip


def _take_in(request: HttpRequest, form: ArrivalForm) -> EmergencyVisit:
    given, actor = form.cleaned_data, actor_of(request)
    how: dict[str, Any] = {"reason": given["reason"], "entered_later": bool(given["later"])}
    if given["patient"] is None and given["q"]:
        how["force_new"] = _("None of those who are known") if form.looked else ""
        return newcomers.arrive(given["department"], form.who, form.person, actor=actor, **how)
    return arrivals.arrive(given["department"], form.who, actor=actor, **how)


@ASK
@needs("er.register")
def many(request: HttpRequest) -> HttpResponse:
    """Several at once, unknown: a line for each, and what they have in common."""
    department, others = chosen(request)
    first = department or (others[0] if others else None)
    posted = request.POST if request.method == "POST" else None
    form = ManyForm(posted, initial={"department": first.pk if first else None})
    lines = [OneOfMany(posted, prefix=f"p{n}") for n in range(LINES)]
    context: dict[str, Any] = {"form": form, "lines": lines, "back": board_of(first.pk if first else None)}
    if posted is not None and form.is_valid() and all(line.is_valid() for line in lines):
        told = [who for line in lines if (who := line.who(form.cleaned_data)) is not None]
        try:
            made = arrivals.arrive_all(form.cleaned_data["department"], told, actor=actor_of(request))
        except DomainError as error:
            context["refused"] = error.message
        else:
            n = len(made)
            text = ngettext("%(n)s patient is here, to be triaged", "%(n)s patients are here, to be triaged", n)
            return answer(request, text % {"n": n}, back=context["back"])
    status = 200 if posted is None else 422
    return staff(request, "er_flow/many.html", here="er", page=_("Many at once"), status=status, **context)
