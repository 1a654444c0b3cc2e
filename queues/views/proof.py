"""How a visitor shows that they read what is sent to a phone or a mailbox: asked in one way by every public form."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language

from clinic.core import http
from clinic.core.access import SYSTEM, VISITOR
from clinic.core.errors import DomainError
from clinic.tenants.models import Hospital, HospitalConfig
from queues.booking_forms import CodeForm, PersonForm
from queues.operations import one_time, public_limits


def code_channel(policy: HospitalConfig, *, asks: bool) -> str:
    """How a visitor is checked: ``mail``, ``sms``, or not at all; while many book at once, always (bots)."""
    if policy.public_verification != HospitalConfig.NONE:
        return policy.public_verification
    if not asks:
        return ""
    return HospitalConfig.SMS if policy.tell_by == HospitalConfig.SMS else HospitalConfig.MAIL


def address_of(form: PersonForm, channel: str) -> str:
    """The phone or mailbox that the form names and the code goes to."""
    return str(form.cleaned_data["phone" if channel == HospitalConfig.SMS else "email"])


def proven(request: HttpRequest, form: PersonForm, channel: str) -> str:
    """The phone or mailbox whose code was typed, or nothing where none was; raises where it is wrong."""
    nonce, code = request.POST.get("nonce", "")[:40], request.POST.get("code", "")[:20]
    if not nonce or not code:
        return ""
    to = address_of(form, channel)
    one_time.prove(nonce, to, code, actor=VISITOR)
    return to


def send(request: HttpRequest, here: Hospital, to: str, *, known_only: bool, language: str = "") -> str:
    """Have a code sent; returns the number of the request. Where the hospital's own limit is met, its office learns."""
    try:
        return one_time.ask(
            to, language=language or get_language() or here.language, known_only=known_only,
            address=http.address(request), actor=VISITOR,
        )  # fmt: skip
    except public_limits.Capped as full:
        one_time.note_cap(full.window, actor=SYSTEM)
        raise


def ask(
    request: HttpRequest, here: Hospital, form: PersonForm, channel: str, wrong: DomainError | None = None
) -> tuple[str, CodeForm]:
    """The number of the request and the form of the code: one sent now, or the one before with what is wrong."""
    if wrong is None:
        to = address_of(form, channel)
        return send(request, here, to, known_only=False, language=form.cleaned_data["language"]), CodeForm()
    typed = CodeForm(request.POST)
    typed.is_valid()
    typed.add_error("code", wrong.message)
    typed.mark()
    return request.POST.get("nonce", "")[:40], typed
