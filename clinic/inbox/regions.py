"""What a patient was told, on the patient's page; and everything that somebody has to look at. ``install`` runs in
``ready()``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.sight import Departments, within
from clinic.inbox.models import TO_LOOK_AT, PatientMessage
from clinic.live import regions
from clinic.live.regions import Loaded, Region
from clinic.records import people
from clinic.tenants.people import own_limits

SHOWN = 20
MOST = 200
LOOK_BACK = timedelta(days=7)
TODAY = "today"
TONES = {"sent": "line", "failed": "late", "unknown": "warn"}


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message as staff read it: what was said and what came of it, without its links."""

    key: str
    at: datetime
    occasion: str
    channel: str
    address: str
    lines: tuple[str, ...]
    state_text: str
    why: str
    tone: str
    error: str
    may_resend: bool
    patient_id: str
    patient: str
    """Empty on the patient's own page."""


@dataclass(frozen=True, slots=True)
class Look:
    """How many messages somebody has to look at."""

    count: int


def load_of_patient(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``patient-messages:<patient>``: two queries for each; a page shows one patient.

    A reader limited to departments (R1.2) is shown the messages of theirs, and of none.
    """
    return people.each_of(keys, _of_patient)


def _of_patient(pk: UUID, limits: Departments | None) -> Loaded:
    rows = within(PatientMessage.objects.filter(patient=pk), limits).order_by("-created_at", "-id")[:SHOWN]
    return Loaded(rows=tuple(_rows(rows)), topics=frozenset({f"messages:{pk}"}), refs=frozenset({f"patient:{pk}"}))


def load_look(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``messages-look:today``: what failed, or nobody knows of, in the last days."""
    found = {TODAY: _look(None)} if TODAY in keys else {}
    for key, (base, limits) in own_limits(keys).items():
        if base == TODAY:
            found[key] = _look(limits)
    return found


def _look(limits: Departments | None) -> Loaded:
    since = clock.now() - LOOK_BACK
    rows = within(PatientMessage.objects.filter(state__in=TO_LOOK_AT, created_at__gte=since), limits)
    shown = tuple(_rows(rows.select_related("patient").order_by("-created_at", "-id")[:MOST], named=True))
    refs = frozenset(f"patient:{row.patient_id}" for row in shown if row.patient_id)
    return Loaded(Look(len(shown)), shown, topics=frozenset({"told"}), refs=refs)


def _rows(messages: Iterable[PatientMessage], *, named: bool = False) -> list[MessageRow]:
    held = list(messages)
    again = _sent_again(held)
    return [_row(one, again, named) for one in held]


def _sent_again(held: list[PatientMessage]) -> set[tuple[str, str, str, int, int]]:
    """The copies there are of those that may need one."""
    open_ones = [one.about for one in held if one.state in TO_LOOK_AT]
    copies = PatientMessage.objects.filter(about__in=open_ones, copy__gt=0) if open_ones else []
    return {(one.about, one.occasion, one.channel, one.nth, one.copy) for one in copies}


def _row(one: PatientMessage, again: set[tuple[str, str, str, int, int]], named: bool) -> MessageRow:
    next_copy = (one.about, one.occasion, one.channel, one.nth, one.copy + 1)
    return MessageRow(
        key=str(one.pk), at=one.sent_at or one.created_at, occasion=str(one.get_occasion_display()),
        channel=str(one.get_channel_display()), address=one.address,
        lines=tuple(line for line in one.body.splitlines() if line),
        state_text=str(one.get_state_display()), why=str(one.get_why_display()) if one.why else "",
        tone=TONES.get(one.state, ""), error=one.error,
        may_resend=one.state in TO_LOOK_AT and one.patient_id is not None and next_copy not in again,
        patient_id=str(one.patient_id or ""),
        patient=one.patient.full_name if named and one.patient is not None else "",
    )  # fmt: skip


KINDS = (
    Region(
        "patient-messages", "messages.view", "inbox/_messages.html", load_of_patient, "inbox/_message.html",
        frozenset({"messages.send"}), personal=True,
    ),
    Region(
        "messages-look", "messages.view", "inbox/_look.html", load_look, "inbox/_message.html",
        frozenset({"messages.send"}), personal=True,
    ),
)  # fmt: skip


def install() -> None:
    for region in KINDS:
        regions.register(region)
    people.shows("patient-messages", _("Messages"), last=True)
