"""How pages answer: an act that was done, and a refusal. One rule, one answer; only the wrapping differs.

With htmx: a status and a toast in ``HX-Trigger``. Without JavaScript: back to the page with a message.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from structlog.contextvars import get_contextvars

from clinic.core.errors import DomainError

PAGES = {403: "403.html", 404: "404.html", 429: "429.html", 503: "503.html"}
BACK = {400, 409, 412, 422, 429}
"""Refusals after which somebody without JavaScript is best served by the page they came from."""


class SeeOther(HttpResponseRedirect):
    """303: look there, with GET."""

    status_code = 303


def is_fragment(request: HttpRequest) -> bool:
    """Whether a script asks for a piece of a page: a whole page must never come as the answer."""
    return request.headers.get("HX-Request") == "true" or request.headers.get("Sec-Fetch-Dest") == "empty"


def address(request: HttpRequest) -> str:
    """Where the request comes from, as the server or its proxy says it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def request_id() -> str:
    """The id that stands in this request's log lines and in X-Request-ID."""
    return str(get_contextvars().get("request", ""))


def toast(text: str, *, tone: str = "", undo: str = "", **more: str) -> str:
    """The value of an ``HX-Trigger`` header that shows a toast (static/js/toast.js); ASCII, as headers must be."""
    told = {"text": text, "tone": tone, "undo": undo, **more}
    return json.dumps({"toast": {name: value for name, value in told.items() if value}})


def came_from(request: HttpRequest, otherwise: str = "/") -> str:
    """The page of ours this request came from: what a form without JavaScript goes back to."""
    came = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(came, {request.get_host()}, require_https=request.is_secure())
    parts = urlsplit(came)
    if not own or not parts.path.startswith("/") or parts.path.startswith("//"):
        return otherwise
    return parts.path + (f"?{parts.query}" if parts.query else "")


def done(
    request: HttpRequest, text: str = "", *, seq: int | None = None, undo: str = "", back: str = "", **more: str
) -> HttpResponse:
    """The answer to an act: 204 with a toast and ``X-Seq``, or 303 back with a message whose tag is the undo address.

    ``more`` goes into the toast (``link`` and ``label``, for example). Live regions show the change itself.
    """
    if is_fragment(request):
        answer = HttpResponse(status=204)
        if text:
            answer["HX-Trigger"] = toast(text, undo=undo, **more)
        if seq is not None:
            answer["X-Seq"] = str(seq)
        return answer
    if text:
        messages.success(request, text, extra_tags=undo)
    return SeeOther(back or came_from(request))


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A page's answer to a DomainError: a status with a toast, back with a message, or a page with the sentence."""
    if is_fragment(request):
        answer = HttpResponse(status=error.status)
        answer["HX-Trigger"] = toast(error.message, tone="late")
    elif request.method == "POST" and error.status in BACK and came_from(request, ""):
        messages.error(request, error.message)
        answer = SeeOther(came_from(request))
    else:
        answer = _page(request, error)
    if "retry_after" in error.details:
        answer["Retry-After"] = str(error.details["retry_after"])
    return answer


def _page(request: HttpRequest, error: DomainError) -> HttpResponse:
    # A foreign id and an unknown address get the same page: 404.html, without a sentence that could tell them apart.
    context = {"sentence": error.message, "request_id": request_id()}
    return render(request, PAGES.get(error.status, "refused.html"), context, status=error.status)
