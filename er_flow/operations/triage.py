"""Triage: asked, measured, suggested, decided; again while waiting; corrected when wrong (R4.10–R4.14, R4.22)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Invalid, NotAllowed, NotFound
from clinic.core.nouns import Versioned
from clinic.live.record import add, change, operation, record
from clinic.tenants import days
from er_flow import ages, sheets, targets
from er_flow.esi import Answers, Suggestion, Vitals, suggest
from er_flow.models import EmergencyVisit, Triage
from er_flow.models.words import ARRIVED, BEDDED, TRIAGED, UNSEEN
from er_flow.operations import stages

MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Sheet:
    """One assessment as the nurse typed it. ``confirmed``: vital signs that were queried and are really so."""

    answers: Answers
    vitals: Vitals
    baselines: dict[str, int | Decimal] = field(default_factory=dict)
    confirmed: frozenset[str] = frozenset()
    notes: str = ""


@operation("er.triage")
def start(visit: EmergencyVisit, *, at: datetime | None = None, reason: str = "", actor: Actor) -> EmergencyVisit:
    """Triage has begun: others see that somebody is at it. Twice is once."""
    held = stages.locked(visit.pk, actor)
    stages.expect(held, *UNSEEN)
    if held.triage_started_at is not None:
        return held
    change(held, triage_started_at=stages.moment(at, since=held.arrived_at, reason=reason))
    record("er_visit.triage_began", held, reason=reason.strip())
    return held


@operation("er.triage")
def assess(
    visit: EmergencyVisit, sheet: Sheet, level: int, *, override_reason: str = "", at: datetime | None = None,
    reason: str = "", actor: Actor,
) -> Triage:  # fmt: skip
    """The first triage of a visit: the level is confirmed as suggested, or overridden with a reason (R4.14).

    Refuses a level of 3 to 5 while a vital sign is missing (R4.13), an implausible value nobody confirmed, and a visit
    that has a level: that is reassessed, or corrected.
    """
    held = stages.locked(visit.pk, actor)
    stages.expect(held, *UNSEEN)
    if held.level is not None:
        raise Conflict("er.triaged_already", number=held.number, level=held.level)
    told = suggested(held, sheet)
    _may_set(told, level, override_reason)
    since = held.triage_started_at or held.arrived_at
    when = stages.moment(at, since=since, reason=reason)
    why = override_reason.strip()[:200]
    row = add(_row(held, Triage.FIRST, sheet, told, actor, when, level=level, override_reason=why))
    touched = _leveled(held, level, when)
    change(held, triaged_at=when, triage_started_at=held.triage_started_at or when)
    record("er_visit.triaged", row, *touched, reason=why or reason.strip())
    return row


@dataclass(frozen=True, slots=True)
class Decision:
    """One of many triages that are decided at once."""

    visit: EmergencyVisit
    sheet: Sheet
    level: int
    override_reason: str = ""


@operation("er.triage")
def assess_all(decisions: Sequence[Decision], *, actor: Actor) -> list[Triage]:
    """Many first triages in one act (R4.44): all of them, or none."""
    if not 1 <= len(decisions) <= MOST_AT_ONCE:
        raise Invalid("er.too_many", triages=[str(MOST_AT_ONCE)])
    made = {
        one.visit.pk: assess(one.visit, one.sheet, one.level, override_reason=one.override_reason, actor=actor)
        for one in sorted(decisions, key=lambda each: each.visit.pk)  # locked in one order, whoever sends them
    }
    return [made[one.visit.pk] for one in decisions]


def _leveled(visit: EmergencyVisit, level: int, when: datetime) -> list[Versioned]:
    fields: dict[str, Any] = {
        "level": level, "crossed_at": None, "reassess_at": targets.reassess_at(level, when, days.policies()),
    }  # fmt: skip
    if visit.state == ARRIVED:
        return stages.enter(visit, TRIAGED, when, **fields)
    change(visit, **fields)
    return [visit]


@operation("er.triage")
def reassess(
    visit: EmergencyVisit, sheet: Sheet, *, level: int | None = None, what_changed: str = "", what_was_done: str = "",
    at: datetime | None = None, reason: str = "", actor: Actor,
) -> Triage:  # fmt: skip
    """Look at somebody again who waits. The level only rises, with what changed and what was done (R4.14), to 3 or 4
    only with its vital signs (R4.13); the next look is due from this one (R4.22)."""
    held = stages.locked(visit.pk, actor)
    stages.expect(held, TRIAGED, BEDDED)
    if held.level is None:
        raise NotAllowed("er.triage_first", number=held.number)
    told = suggested(held, sheet)
    raised = level if level != held.level else None
    if raised is not None:
        _may_raise(held, told, raised, bool(what_changed.strip() and what_was_done.strip()))
    when = stages.moment(at, since=_last_look(held), reason=reason)
    row = add(_row(
        held, Triage.AGAIN, sheet, told, actor, when, level=raised,
        what_changed=what_changed.strip()[:200], what_was_done=what_was_done.strip()[:200],
    ))  # fmt: skip
    fields = {"reassess_at": targets.reassess_at(raised or held.level, when, days.policies())}
    change(held, **fields, **({"level": raised, "crossed_at": None} if raised is not None else {}))
    if raised is not None:
        record("er_visit.level_raised", row, held, reason=what_changed.strip())
    else:
        record("er_visit.reassessed", row, held, reason=reason.strip())
    return row


def _may_raise(visit: EmergencyVisit, told: Suggestion, level: int, is_explained: bool) -> None:
    if not 1 <= level <= 5:
        raise Invalid("er.bad_level", level=[str(level)])
    if visit.level is not None and level > visit.level:
        raise NotAllowed("er.level_only_rises", number=visit.number, level=visit.level)
    _vitals_suffice(told, level)
    if not is_explained:
        raise Invalid("er.why_rises", what_changed=["required"], what_was_done=["required"])


def _last_look(visit: EmergencyVisit) -> datetime:
    """When somebody last looked: another look is not before it."""
    looks = Triage.objects.filter(visit=visit, error_at=None).exclude(sort=Triage.VITALS)
    last: datetime | None = looks.order_by("-at").values_list("at", flat=True).first()
    return max(last or visit.arrived_at, visit.triaged_at or visit.arrived_at)


@operation("er.triage")
def measure(
    visit: EmergencyVisit, vitals: Vitals, *, confirmed: Iterable[str] = (), at: datetime | None = None,
    reason: str = "", actor: Actor,
) -> Triage:  # fmt: skip
    """Vital signs, at any stage; they set no level."""
    held = stages.locked(visit.pk, actor)
    stages.expect_open(held)
    _plausible(vitals, frozenset(confirmed))
    if not vitals.measured():
        raise Invalid("er.nothing_measured", vitals=["required"])
    when = stages.moment(at, since=held.arrived_at, reason=reason)
    row = add(Triage(
        visit=held, sort=Triage.VITALS, at=when, by=actor.id, by_name=actor.name, vitals=sheets.vitals_doc(vitals)
    ))  # fmt: skip
    record("er_visit.vitals_taken", row, held, reason=reason.strip())
    return row


@operation("er.triage")
def correct(
    triage: Triage, sheet: Sheet, level: int, *, reason: str, override_reason: str = "", actor: Actor
) -> Triage:  # fmt: skip
    """What was entered in error is struck through and entered anew (R4.14): kept, and left out of every count.

    A less urgent level than the wrong entry's, or than one before it that stands, needs a second nurse: a person, and
    somebody else than who made it.
    """
    if not reason.strip():
        raise Invalid("er.why_error", reason=["required"])
    held = stages.locked(triage.visit_id, actor)
    stages.expect_open(held)
    wrong = Triage.objects.select_for_update(no_key=True).filter(pk=triage.pk, visit=held).first()
    if wrong is None:
        raise NotFound()
    if wrong.error_at is not None or wrong.level is None or _later(held, wrong):
        raise Conflict("er.not_the_last", number=held.number)
    _may_lower(held, level, actor)
    told = suggested(held, sheet)
    _may_set(told, level, override_reason)
    now, why = clock.now(), override_reason.strip()[:200]
    change(wrong, error_at=now, error_reason=reason.strip()[:200])
    row = add(_row(held, Triage.CORRECTION, sheet, told, actor, wrong.at, level=level, override_reason=why))
    if held.seen_at is None:
        change(held, level=level, crossed_at=None, reassess_at=targets.reassess_at(level, now, days.policies()))
    else:  # what was or was not in time then is not asked again
        change(held, level=level)
    record("er_visit.triage_corrected", row, wrong, held, reason=reason.strip())
    return row


def _may_lower(visit: EmergencyVisit, level: int, actor: Actor) -> None:
    """Whoever falls below what was decided made none of those decisions."""
    above = Triage.objects.filter(visit=visit, error_at=None, level__lt=level).order_by("-id")
    for one in above:
        if one.by == actor.id or actor.kind != "member":
            raise NotAllowed("er.second_nurse", number=visit.number, by=one.by_name)


def _later(visit: EmergencyVisit, triage: Triage) -> bool:
    """Whether another decision about the level came after this one."""
    others = Triage.objects.filter(visit=visit, error_at=None, level__isnull=False).exclude(pk=triage.pk)
    return bool(others.filter(id__gt=triage.pk).exists())


def suggested(visit: EmergencyVisit, sheet: Sheet) -> Suggestion:
    """What the function says of this sheet; refuses values that can hardly be true, unless they are confirmed."""
    _plausible(sheet.vitals, sheet.confirmed)
    age = ages.of(visit, visit.arrived_at)
    return suggest(sheet.answers, sheet.vitals, age, sheet.baselines, infant_level=days.policies().infant_fever_level)


def _plausible(vitals: Vitals, confirmed: frozenset[str]) -> None:
    odd = {name: span for name, span in vitals.implausible().items() if name not in confirmed}
    if odd:
        raise Invalid("er.implausible", None, **{name: [f"{low}–{high}"] for name, (low, high) in odd.items()})


def _may_set(told: Suggestion, level: int, override_reason: str) -> None:
    if not 1 <= level <= 5:
        raise Invalid("er.bad_level", level=[str(level)])
    _vitals_suffice(told, level)
    if level != told.level and not override_reason.strip():
        raise Invalid("er.why_override", override_reason=["required"], suggested=[str(told.level)])


def _vitals_suffice(told: Suggestion, level: int) -> None:
    if not told.may_confirm(level):
        raise Invalid("er.vitals_missing", None, **{name: ["required"] for name in told.missing})


def _row(
    visit: EmergencyVisit, sort: str, sheet: Sheet, told: Suggestion, actor: Actor, at: datetime, **fields: Any
) -> Triage:  # fmt: skip
    return Triage(
        visit=visit, sort=sort, at=at, by=actor.id, by_name=actor.name, answers=sheets.answers_doc(sheet.answers),
        vitals=sheets.vitals_doc(sheet.vitals), baselines={name: str(value) for name, value in sheet.baselines.items()},
        function=told.version, suggested=told.level, consider=list(told.consider), path=list(told.path),
        flags=sorted(told.flags), missing=list(told.missing), notes=sheet.notes, **fields,
    )  # fmt: skip
