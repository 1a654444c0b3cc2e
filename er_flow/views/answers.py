"""What the pages of the emergency department have in common: which department, answering an act, asking first."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from clinic.core import http
from clinic.core.access import needs
from clinic.core.errors import DomainError, Invalid
from clinic.core.sight import seen
from clinic.directory.models import Department
from clinic.live.record import done
from clinic.tenants.pages import actor_of, staff
from er_flow.models import EmergencyVisit
from er_flow.operations import undo
from queues.forms import Plain
from queues.views.answers import find
from queues.views.asking import told

__all__ = ["ASK", "act", "answer", "asking", "board_of", "departments", "find", "said", "told", "visit_of"]

View = Callable[..., HttpResponse]
ASK = require_http_methods(["GET", "POST"])
RELATED = ("patient", "department", "section")


def departments() -> list[Department]:
    """The emergency departments the reader may see, by name."""
    rows = seen(Department.objects.filter(sort=Department.EMERGENCY, is_active=True))
    return list(rows.order_by("name", "pk"))


def visit_of(pk: UUID, *related: str) -> EmergencyVisit:
    return find(EmergencyVisit, pk, *RELATED, *related)


def said(visit: EmergencyVisit, text: str) -> str:
    """A sentence about a visit, which goes by its number: names stay on the board."""
    return text % {"number": visit.number}


def board_of(department: UUID | None) -> str:
    """The board of a department."""
    base = reverse("er:board")
    return f"{base}?department={department}" if department else base


def answer(request: HttpRequest, text: str, *, back: str = "", **more: str) -> HttpResponse:
    """The answer to an act that was done: its sentence, with Undo where the operation can be undone."""
    return http.done(request, text, seq=done().seq, undo=undo_url(request), back=back, **more)


def undo_url(request: HttpRequest) -> str:
    """Where the act that was just done is taken back; empty where it cannot be."""
    op = done()
    if not undo.is_undoable(name for name, _ in op.events) or not actor_of(request).can("er.undo"):
        return ""
    return reverse("er:undo", args=[op.seq])


def act(ability: str) -> Callable[[Callable[..., str]], View]:
    """A button: a POST by somebody with this ability. The function does it and returns the sentence that says so."""

    def wrap(verb: Callable[..., str]) -> View:
        @require_POST
        @needs(ability)
        @wraps(verb)
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return answer(request, verb(request, *args, **kwargs))

        return view

    return wrap


def asking(
    request: HttpRequest, form: Plain, do: Callable[[dict[str, Any]], str], *, title: str, button: str, back: str,
    why: str = "", part: str = "er_flow/_ask.html", **more: Any,
) -> HttpResponse:  # fmt: skip
    """Ask, or do it with what was answered and say what was done. A refusal stands above what was typed, one of the
    patient who was chosen at the look-up."""
    context = {
        "form": form, "title": title, "do": button, "why": why, "back": back, "in_dialog": http.is_fragment(request),
        "part": part, **more,
    }  # fmt: skip
    if not form.is_bound:
        return _shown(request, context, 200)
    if not form.is_valid():
        if http.is_fragment(request) and "asked" not in request.POST:
            return http.refusal(request, Invalid("row.invalid", form.first_error(), **form.errors))
        return _shown(request, context, 422 if context["in_dialog"] else 200)
    try:
        text = do(form.cleaned_data)
    except DomainError as error:
        if error.status == 404:
            raise
        if "patient" in error.details and "q" in form.fields:
            form.add_error("q", error.message)
        else:
            context |= {"refused": error.message, "refusal": error}
        return _shown(request, context, 422)
    return answer(request, text, back=back)


def _shown(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    if not context["in_dialog"]:
        return staff(
            request, "er_flow/ask.html", here="er", page=context["title"], subtitle=gettext("Emergency"), status=status,
            **context,
        )  # fmt: skip
    page = render(request, context["part"], context, status=status)
    page["Cache-Control"] = "no-store"
    return page
