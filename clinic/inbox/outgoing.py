"""Sending what is due: claimed in a transaction of its own, sent outside any, settled in another.

Killed before the claim: it still waits. Killed after it: its lease runs out and nobody knows, which is shown to staff.
Nothing is ever tried a second time that may have been sent.
"""

from __future__ import annotations

import hashlib

import structlog
from django.template.loader import render_to_string
from django.utils import translation

from clinic.core import clock
from clinic.core.access import SYSTEM
from clinic.core.errors import DomainError
from clinic.inbox import operations, subscriptions, texts
from clinic.inbox.channels import NotSent, Outgoing, Way, way
from clinic.inbox.models import PENDING, PUSH, SENDING, PatientMessage, PushSubscription
from clinic.tenants import days, links, mail
from clinic.tenants.models import Hospital, PublicToken

AT_ONCE = 100
KEPT = 24 * 60 * 60
"""Seconds a push service may keep what has no end of its own."""
PAGES = {PublicToken.STATUS: "s", PublicToken.BOOKING: "b", operations.STOP: "m"}
"""Purpose of a link → the first word of its address."""

log = structlog.get_logger(__name__)


def send_due(limit: int = AT_ONCE) -> int:
    """Send what is due in the open hospital, and note of what nobody knows the end. Returns how many were sent."""
    hospital, now = days.current_hospital(), clock.now()
    if not hospital.is_open:
        return 0  # R1.4: nothing is sent; it waits, and is too late when it is of no use any more
    for row in PatientMessage.objects.filter(state=SENDING, lease_until__lte=now).order_by("lease_until")[:limit]:
        operations.give_up(row, actor=SYSTEM)
    due = PatientMessage.objects.filter(state=PENDING, not_before__lte=now).order_by("not_before", "id")[:limit]
    return sum(_send(row, hospital) for row in list(due))


def _send(message: PatientMessage, hospital: Hospital) -> bool:
    send = way(message.channel)
    try:
        row = operations.claim(message, has_way=send is not None, actor=SYSTEM)
    except DomainError as refused:  # somebody else is at it
        log.info("message.not_claimed", message=str(message.pk), code=refused.code)
        return False
    except Exception:
        log.exception("message.not_claimed", message=str(message.pk))  # the others do not wait for this one
        return False
    if row is None or send is None:
        return False
    try:
        leaving = _outgoing(row, hospital)
    except Exception:
        operations.not_sent(row, error="not written", again=True, actor=SYSTEM)
        log.exception("message.not_written", message=str(row.pk))
        return False
    try:
        provider_id = _handed_over(send, leaving)
    except NotSent as error:
        operations.not_sent(row, error=str(error), again=error.again, actor=SYSTEM)
        log.warning("message.not_sent", message=str(row.pk), error=str(error), again=error.again)
        return False
    except Exception as error:  # noqa: BLE001 (whatever it was, the provider may have the message)
        operations.give_up(row, error=type(error).__name__, at_once=True, actor=SYSTEM)
        log.error("message.unknown", message=str(row.pk), error=type(error).__name__)
        return False
    operations.sent(row, provider_id=provider_id, actor=SYSTEM)
    return True


def _handed_over(send: Way, leaving: Outgoing) -> str:
    try:
        return send(leaving)
    finally:
        _forget(leaving.gone)


def _forget(gone: list[PushSubscription]) -> None:
    """Drop the phones that are no more; what came of the message does not hang on it."""
    try:
        if gone:
            subscriptions.forget(gone, actor=SYSTEM)
    except Exception:
        log.exception("push.not_forgotten", count=len(gone))


def _outgoing(row: PatientMessage, hospital: Hospital) -> Outgoing:
    """The message with its links, which no row holds."""
    url = _url(row.link)
    stop_url = _url(f"{operations.STOP} patient:{row.patient_id}") if row.patient_id else ""
    if row.secret:
        text = texts.with_code(row.secret, language=row.language, hospital=hospital)
        subject, body = text.subject, text.body
    else:
        subject, body = row.subject, row.body
    sentences, _, remember = body.partition("\n\n")
    told = {
        "hospital": hospital, "sentences": sentences, "remember": remember.splitlines(), "url": url,
        "stop_url": stop_url, "urgent": row.is_urgent,
    }  # fmt: skip
    with translation.override(row.language):
        return Outgoing(
            id=str(row.pk), to=row.address, sender=hospital.name, reply_to=hospital.email, language=row.language,
            subject=f"{hospital.name}: {subject}",
            text="\n".join(render_to_string("messages/mail.txt", told).strip().splitlines()) + "\n",
            short=" ".join(render_to_string("messages/sms.txt", told).split()),
            html=render_to_string("messages/mail.html", told), stop_url=stop_url, say=sentences, url=url,
            urgent=row.is_urgent, seconds=_seconds(row), topic=hashlib.sha256(row.about.encode()).hexdigest()[:32],
            phones=tuple(subscriptions.of(row.about)) if row.channel == PUSH else (),
        )  # fmt: skip


def _seconds(row: PatientMessage) -> int:
    """How long it is of use from now on."""
    if row.valid_until is None:
        return KEPT
    return max(0, min(KEPT, int((row.valid_until - clock.now()).total_seconds())))


def _url(link: str) -> str:
    """The address of a link that still opens something; empty where there is none."""
    purpose, _, target = link.partition(" ")
    if not target or not PublicToken.objects.filter(hash=links.hashed(links.token_for(purpose, target))).exists():
        return ""
    return mail.link(f"/{PAGES[purpose]}/{links.token_for(purpose, target)}/")
