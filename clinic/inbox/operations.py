"""Verbs of messages to patients: told, taken back, claimed, settled, sent again, and stopped by the patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import NotAllowed, NotFound, constraints, say
from clinic.core.nouns import new_id
from clinic.directory.models import Department
from clinic.inbox import quiet, subscriptions, texts, truth
from clinic.inbox.models import (
    CANCELLED,
    FAILED,
    LATE,
    MAIL,
    NO_WAY,
    OF_THE_TURN,
    OPTED_OUT,
    OTHER_WAY,
    PENDING,
    PUSH,
    QUIET,
    SENDING,
    SENT,
    SKIPPED,
    SMS,
    TO_LOOK_AT,
    UNKNOWN,
    UNTRUE,
    PatientMessage,
)
from clinic.live.record import add, add_unless, change, operation, record
from clinic.records.models import Patient
from clinic.tenants import days, links
from clinic.tenants.models import HospitalConfig

LEASE = timedelta(minutes=5)
"""Longer than any provider may take: after it nobody is at it any more."""
TRIES = 5
AGAIN_AFTER = timedelta(minutes=1)
"""After a try that surely reached nobody; longer each time."""
CODE_FOR = timedelta(minutes=10)
STOP = "messages"
"""Purpose of the link that stops all messages."""

say({
    "message.known": _("This was told already."),
    "message.not_to_resend": _("Only a message that was not sent, or of which nobody knows, is sent again."),
    "message.claimed": _("Somebody is sending this at the moment."),
})  # fmt: skip
constraints({"patientmessage_once": "message.known", "patientmessage_sending_has_lease": "message.claimed"})


@operation("messages.send")
def tell(
    patient: Patient, occasion: str, *, about: str, facts: Mapping[str, Any], not_before: datetime | None = None,
    valid_until: datetime | None = None, nth: int = 0, department: Department | None = None, link: str = "",
    actor: Actor,
) -> list[PatientMessage]:  # fmt: skip
    """Tell a patient something, by each way the policy and the patient allow; told twice is told once.

    It is sent by the clock and the worker: not before ``not_before``, not in the quiet hours, not after
    ``valid_until``, and only while it is true. Returns the new messages; who watches the patient's page sees them.
    """
    actor.must_see(department.pk if department is not None else None)
    policy, now = days.policies(), clock.now()
    language = texts.language_of(patient, policy.hospital)
    made: list[PatientMessage] = []
    told = PatientMessage.objects.filter(about=about, occasion=occasion, nth=nth, copy=0)
    ways = [] if told.exists() else _ways(patient, policy, occasion, about)
    if not ways:
        return made
    links.issue(STOP, patient.ref, policy.hospital_id, None)
    text = texts.write(occasion, language=language, hospital=policy.hospital, department=department, facts=facts)
    for channel, address in ways:
        key = {"about": about, "occasion": occasion, "channel": channel, "nth": nth, "copy": 0}
        row = PatientMessage(
            patient=patient, department=department, address=address, language=language, subject=text.subject,
            body=text.body, link=link, created_at=now, valid_until=valid_until, not_before=now, **key,
        )  # fmt: skip
        row.not_before = _when(row, not_before or now, policy)
        held, is_new = add_unless(row, **key)
        if is_new:
            record("message.queued", held)
            made.append(held)
    return made


def _ways(patient: Patient, policy: HospitalConfig, occasion: str, about: str) -> list[tuple[str, str]]:
    """Channel and address of each way this patient is told by.

    A phone that takes notices is told of the turn by them alone; of an appointment only who has no other way.
    """
    ways = _by_address(patient, policy)
    if ways is None:
        return []
    if (occasion in OF_THE_TURN or not ways) and subscriptions.of(about):
        return [(PUSH, "")]
    return ways


def _by_address(patient: Patient, policy: HospitalConfig) -> list[tuple[str, str]] | None:
    """The ways to the patient's own addresses; None where nothing may be told at all."""
    if patient.message_opt_out or patient.is_merged or policy.tell_by == HospitalConfig.NONE:
        return None
    by = {HospitalConfig.MAIL: (MAIL,), HospitalConfig.SMS: (SMS,), HospitalConfig.BOTH: (MAIL, SMS)}[policy.tell_by]
    known = {MAIL: patient.email.strip(), SMS: patient.phone.strip()}
    return [(channel, known[channel]) for channel in by if known[channel]]


def _when(row: PatientMessage, at: datetime, policy: HospitalConfig) -> datetime:
    return at if row.is_urgent else quiet.moved(policy, at)


@operation("messages.send")
def withdraw(about: str, *, occasions: Iterable[str] | None = None, actor: Actor) -> list[PatientMessage]:
    """Take back what was not sent yet about something; what is on its way cannot be. Twice is once."""
    rows = PatientMessage.objects.select_for_update(no_key=True).filter(about=about, state=PENDING)
    if occasions is not None:
        rows = rows.filter(occasion__in=list(occasions))
    held = list(rows.order_by("id"))
    for row in held:
        change(row, state=CANCELLED)
        record("message.withdrawn", row)
    return held


@operation("messages.send")
def send_code(address: str, code: str, *, language: str, actor: Actor) -> PatientMessage:
    """Send a one-time code to an e-mail address or a phone, whoever has it. It is of use for ten minutes.

    It answers somebody who asks for it at this moment, so it is sent in the quiet hours too.
    """
    now, hospital = clock.now(), days.current_hospital()
    row = add(PatientMessage(
        about=f"code:{new_id()}", occasion="code", channel=MAIL if "@" in address else SMS, address=address.strip(),
        language=language or hospital.language, secret=code, created_at=now, not_before=now, valid_until=now + CODE_FOR,
    ))  # fmt: skip
    record("message.queued", row)
    return row


# --- sending ---------------------------------------------------------------------------------------------------------


@operation("messages.send")
def claim(message: PatientMessage, *, has_way: bool = True, actor: Actor) -> PatientMessage | None:
    """Take a message to send it: who gets it back, and nobody else, calls the provider, once.

    None where it is taken, not due, or not to be sent any more: then it says why, or when.
    """
    row, now, policy = _locked(message, actor), clock.now(), days.policies()
    if row.state != PENDING or row.not_before > now or not policy.hospital.is_open:
        return None
    why = _why_not(row, now, policy, has_way)
    if why:
        instead = _instead(row, policy) if why == NO_WAY else []
        change(row, state=SKIPPED, why=OTHER_WAY if instead else why, secret="")
        record("message.skipped", row)
        _queue(instead)
        return None
    later = _when(row, now, policy)
    if later > now:
        change(row, not_before=later)
        record("message.postponed", row)
        return None
    change(row, state=SENDING, lease_until=now + LEASE, tries=row.tries + 1)
    record("message.claimed", row)
    return row


def _why_not(row: PatientMessage, now: datetime, policy: HospitalConfig, has_way: bool) -> str:
    """Why it is not sent at all; empty if it may be."""
    if row.valid_until is not None and now >= row.valid_until:
        return LATE
    if row.is_urgent and row.occasion != "code" and quiet.until(policy, now):
        return QUIET
    if row.patient is not None and (row.patient.message_opt_out or policy.tell_by == HospitalConfig.NONE):
        return OPTED_OUT
    if not has_way:
        return NO_WAY
    return "" if truth.holds(row) else UNTRUE


@operation("messages.send")
def sent(message: PatientMessage, *, provider_id: str = "", actor: Actor) -> PatientMessage:
    """The provider has it. Known late is known: an unknown one becomes sent."""
    row = _locked(message, actor)
    if row.tries == message.tries and row.state in (SENDING, UNKNOWN):
        change(
            row, state=SENT, sent_at=clock.now(), lease_until=None, provider_id=provider_id[:120], error="", secret=""
        )
        record("message.sent", row)
    return row


@operation("messages.send")
def not_sent(message: PatientMessage, *, error: str, again: bool, actor: Actor) -> PatientMessage:
    """The provider surely has not sent it: tried again later, or, after some tries or where it is hopeless, failed.

    A notice that reached no phone goes at once by mail or text message where there is such a way.
    """
    row = _locked(message, actor)
    if row.tries != message.tries or row.state != SENDING:
        return row
    if instead := _instead(row, days.policies()):
        change(row, state=SKIPPED, why=OTHER_WAY, lease_until=None, error=error[:200])
        record("message.skipped", row)
        _queue(instead)
    elif again and row.tries < TRIES:
        change(
            row, state=PENDING, lease_until=None, not_before=clock.now() + AGAIN_AFTER * row.tries, error=error[:200]
        )
        record("message.postponed", row)
    else:
        change(row, state=FAILED, lease_until=None, error=error[:200], secret="")
        record("message.failed", row)
    return row


def _instead(row: PatientMessage, policy: HospitalConfig) -> list[PatientMessage]:
    """The same by the patient's other ways, for a notice that surely reached nobody."""
    if row.channel != PUSH or row.patient is None:
        return []
    return [
        PatientMessage(
            patient=row.patient, department_id=row.department_id, about=row.about, occasion=row.occasion, nth=row.nth,
            copy=row.copy, channel=channel, address=address, language=row.language, subject=row.subject, body=row.body,
            link=row.link, created_at=clock.now(), not_before=clock.now(), valid_until=row.valid_until,
        )
        for channel, address in _by_address(row.patient, policy) or ()
    ]  # fmt: skip


def _queue(rows: list[PatientMessage]) -> None:
    for row in rows:
        key = {name: getattr(row, name) for name in ("about", "occasion", "channel", "nth", "copy")}
        held, is_new = add_unless(row, **key)
        if is_new:
            record("message.queued", held)


@operation("messages.send")
def give_up(message: PatientMessage, *, error: str = "", at_once: bool = False, actor: Actor) -> PatientMessage:
    """Nobody knows whether it was sent: whoever was at it is gone, or was told nothing. Staff is shown it."""
    row = _locked(message, actor)
    if row.state != SENDING:
        return row
    if not at_once and row.lease_until is not None and row.lease_until > clock.now():
        return row
    change(row, state=UNKNOWN, lease_until=None, error=error[:200], secret="")
    record("message.unknown", row)
    return row


def _locked(message: PatientMessage, actor: Actor) -> PatientMessage:
    rows = PatientMessage.objects.select_for_update(no_key=True, of=("self",)).select_related("patient")
    found: PatientMessage | None = rows.filter(pk=message.pk).first()
    if found is None:
        raise NotFound()
    actor.must_see(found.department_id)
    return found


# --- by hand ---------------------------------------------------------------------------------------------------------


@operation("messages.send")
def resend(message: PatientMessage, *, actor: Actor) -> PatientMessage:
    """Send a message again that failed, or of which nobody knows: another row with the same text. Twice is once."""
    row, now = _locked(message, actor), clock.now()
    if row.state not in TO_LOOK_AT or row.patient is None:
        raise NotAllowed("message.not_to_resend", state=row.state)
    key = {
        "about": row.about, "occasion": row.occasion, "channel": row.channel, "nth": row.nth, "copy": row.copy + 1,
    }  # fmt: skip
    known: PatientMessage | None = PatientMessage.objects.filter(**key).first()
    if known is not None:
        return known
    now_known = dict(_by_address(row.patient, days.policies()) or ())
    address = now_known.get(row.channel, row.address)  # corrected meanwhile, perhaps
    copy = add(PatientMessage(
        patient=row.patient, department_id=row.department_id, address=address, language=row.language,
        subject=row.subject, body=row.body, link=row.link, created_at=now, valid_until=row.valid_until,
        not_before=_when(row, now, days.policies()), **key,
    ))  # fmt: skip
    record("message.resent", copy, row)
    return copy


@operation("messages.stop")
def set_opt_out(patient: Patient, stop: bool, *, actor: Actor) -> Patient:
    """The patient wants no messages any more, or wants them again, by the link in each; only the link's own patient."""
    if actor.kind != "patient" or actor.id != patient.ref:
        raise NotFound()
    rows = Patient.objects.select_for_update(no_key=True, of=("self",)).filter(Q(pk=patient.pk) | Q(merged=patient.pk))
    held: dict[UUID, Patient] = {row.pk: row for row in rows.order_by("id")}
    if patient.pk not in held:
        raise NotFound()
    for row in held.values():  # of a record that was merged away the one that holds now, too
        if change(row, message_opt_out=stop):
            record("patient.messages_stopped" if stop else "patient.messages_allowed", row)
    return held[patient.pk]
