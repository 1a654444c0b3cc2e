"""Acts that ask something first: a dialog with script, a page without; the same form and the same address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from clinic.core import http
from clinic.core.errors import DomainError, Invalid
from clinic.tenants.pages import actor_of, staff
from queues.forms import Plain
from queues.views.answers import answer


def told(request: HttpRequest) -> QueryDict | None:
    """The answer to the question; None where it has not been asked yet (a row's button without script)."""
    is_answer = request.method == "POST" and ("asked" in request.POST or "reason" in request.POST)
    return request.POST if is_answer or (request.method == "POST" and http.is_fragment(request)) else None


def home(request: HttpRequest) -> str:
    """The screen whoever acts works at."""
    actor = actor_of(request)
    own = actor.doctor_id is not None and not actor.can("queues.call_for_any")
    return reverse("queues:doctor" if own else "queues:reception")


def asking(
    request: HttpRequest, form: Plain, do: Callable[[dict[str, Any]], str], *, title: str, button: str, why: str = "",
    **more: Any,
) -> HttpResponse:  # fmt: skip
    """Ask, or do it with what was answered and say what was done. A refusal stands above what was typed.

    ``part`` in ``more`` names another form than the plain one.
    """
    context = {
        "form": form, "title": title, "do": button, "why": why, "back": home(request), "in_dialog": _in_dialog(request),
        **more,
    }  # fmt: skip
    if not form.is_bound:
        return _shown(request, context, 200)
    if not form.is_valid():
        if http.is_fragment(request) and not _in_dialog(request):
            return http.refusal(request, Invalid("row.invalid", form.first_error(), **form.errors))
        return _shown(request, context, 422 if _in_dialog(request) else 200)
    try:
        text = do(form.cleaned_data)
    except DomainError as error:
        if not _in_dialog(request) or error.status == 404:
            raise
        return _shown(request, {**context, "refused": error.message, "refusal": error}, 422)
    return answer(request, text, back=home(request))


def _in_dialog(request: HttpRequest) -> bool:
    return http.is_fragment(request) and (request.method == "GET" or "asked" in request.POST)


def _shown(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    if not context["in_dialog"]:
        return staff(request, "queues/ask.html", here="reception", page=context["title"], status=status, **context)
    page = render(request, context.get("part", "queues/_ask_form.html"), context, status=status)
    page["Cache-Control"] = "no-store"
    return page
