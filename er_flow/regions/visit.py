"""One visit's page: who, where in the care, the time marks, and everything that was written down (R4.2, R4.14)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.live.regions import Loaded, uuids
from clinic.records import people
from er_flow.esi import Age
from er_flow.esi.vitals import UNITS
from er_flow.models import BedStay, EmergencyVisit, Stage, Triage
from er_flow.models.words import ARRIVALS, ARRIVED, DISPOSITIONS, STATES
from er_flow.operations.times import MARKS
from er_flow.regions import triage_words, words
from er_flow.regions.rows import Mark

TIMES = {
    "arrived_at": gettext_lazy("Arrived"), "registered_at": gettext_lazy("Registered"),
    "triage_started_at": gettext_lazy("Triage began"), "triaged_at": gettext_lazy("Triage ended"),
    "bedded_at": gettext_lazy("First in a bed"), "seen_at": gettext_lazy("Provider contact"),
    "decided_at": gettext_lazy("Disposition decided"), "admit_at": gettext_lazy("Decided to admit"),
    "departed_at": gettext_lazy("Departed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """A time mark."""

    name: str
    label: str
    at: datetime | None
    may_change: bool

    @property
    def route(self) -> str:
        """Where it is corrected."""
        return f"er:time_{self.name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was written down."""

    at: datetime
    ended_at: datetime | None
    icon: str
    tone: str
    title: str
    text: str
    details: tuple[str, ...] = ()
    by: str = ""
    struck: bool = False
    why_struck: str = ""
    level: int = 0
    triage: str = ""
    """The id of a triage that may be corrected."""


@dataclass(frozen=True, slots=True)
class VisitPage:
    """The context of ``er-visit``."""

    key: str
    number: int
    patient_id: str
    name: str
    mrn: str
    born: str
    age: str
    sex: str
    level: int
    reported: int
    complaint: str
    notes: str
    state: str
    state_text: str
    is_open: bool
    came_by: str
    department: str
    section: str
    bed: str
    kept_bed: str
    nurse: str
    provider: str
    marks: tuple[Mark, ...]
    waits: str
    needs: str
    disposition: str
    delayed: bool
    delay_reason: str
    reassess_at: datetime | None
    signs_due: str
    """Vital signs that the last assessment had to do without, and that nobody has measured since (R4.13)."""
    later: bool
    risks_explained: bool
    moments: tuple[Moment, ...]
    history: tuple[Entry, ...]


def load_visits(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``er-visit:<visit>``: four queries, however many."""
    ids = uuids(keys)
    rows = EmergencyVisit.objects.filter(pk__in=ids).select_related(
        "patient", "department", "section__nurse", "nurse", "provider", "reserved_bed"
    )
    visits = {row.pk: row for row in rows}
    stages, stays, triages = _by_visit(Stage, visits), _by_visit(BedStay, visits, "bed"), _by_visit(Triage, visits)
    return {ids[pk]: _page(row, stages[pk], stays[pk], triages[pk]) for pk, row in visits.items()}


def _by_visit(model: Any, visits: Mapping[Any, Any], *related: str) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in model.objects.filter(visit_id__in=visits).select_related(*related).order_by("pk"):
        found[row.visit_id].append(row)
    return found


def _page(row: EmergencyVisit, stages: list[Stage], stays: list[BedStay], triages: list[Triage]) -> Loaded:
    open_stay = next((stay for stay in stays if stay.ended_at is None), None)
    kept = getattr(row, "reserved_bed", None)
    nurse = row.nurse or (row.section.nurse if row.section else None)
    page = VisitPage(
        key=str(row.pk), number=row.number, patient_id=str(row.patient_id or ""), name=full_name(row),
        mrn=row.patient.mrn if row.patient else "", born=people.born(row.patient) if row.patient else "",
        age=age_text(row), sex=words.sex_of(row.sex), level=row.level or 0,
        reported=(row.reported_level or 0) if row.level is None else 0, complaint=row.complaint, notes=row.notes,
        state=row.state, state_text=words.state_text(row), is_open=row.is_open,
        came_by=str(dict(ARRIVALS)[row.arrival_mode]), department=row.department.name,
        section=row.section.name if row.section else "", bed=open_stay.bed.name if open_stay else "",
        kept_bed=kept.name if kept else "", nurse=nurse.name if nurse else "",
        provider=row.provider.name if row.provider else "", marks=words.marks(row), waits=words.waits(row),
        needs=words.features(row.needs), disposition=_disposition(row),
        delayed=row.crossed_at is not None and row.seen_at is None, delay_reason=row.delay_reason,
        reassess_at=row.reassess_at, signs_due=_signs_due(row, triages), later=row.entered_later,
        risks_explained=row.risks_explained,
        moments=tuple(
            Moment(name, str(label), getattr(row, name), name in MARKS and getattr(row, name) is not None)
            for name, label in TIMES.items()
        ),
        history=_history(row, stages, stays, triages),
    )  # fmt: skip
    others = {one.ref for one in (nurse, row.provider, row.section, open_stay.bed if open_stay else kept) if one}
    refs = {row.ref, row.department.ref, *others, *({f"patient:{row.patient_id}"} if row.patient_id else set())}
    topics = frozenset({f"er_visit:{row.pk}"})
    return Loaded(page, topics=topics, refs=frozenset(refs), departments=frozenset({row.department_id}))


def full_name(row: EmergencyVisit) -> str:
    return row.patient.full_name if row.patient else _("Unknown E-%(number)s") % {"number": row.number}


def age_text(row: EmergencyVisit) -> str:
    born = row.patient.birth_date if row.patient else None
    if born is not None:
        today = timezone.localdate()
        return words.age_text(Age.born(min(born, today), today))
    return words.said_age(row.age_months, row.age_days)


def _disposition(row: EmergencyVisit) -> str:
    if not row.disposition:
        return ""
    told = str(dict(DISPOSITIONS)[row.disposition])
    return f"{told}: {row.disposition_note}" if row.disposition_note else told


def _signs_due(row: EmergencyVisit, triages: list[Triage]) -> str:
    """Levels 1 and 2 may be set without vital signs, which stay due (R4.13); in the order of the rows."""
    due: list[str] = []
    for one in (each for each in triages if each.error_at is None):
        if one.sort != Triage.VITALS:
            due = list(one.missing)
        due = [
            sign for sign in due if one.vitals.get(sign) is None and sign not in (one.vitals.get("unobtainable") or {})
        ]
    return ", ".join(str(triage_words.VITALS[sign]) for sign in due) if row.is_open else ""


# --- the history -----------------------------------------------------------------------------------------------------


def _history(
    row: EmergencyVisit, stages: list[Stage], stays: list[BedStay], triages: list[Triage]
) -> tuple[Entry, ...]:  # fmt: skip
    told = [_stage(stage) for stage in stages] + [_stay(stay) for stay in stays]
    valid = [one for one in triages if one.error_at is None and one.level is not None]
    last = valid[-1].pk if valid and row.is_open else None
    told += [_triage(one, one.pk == last) for one in triages]
    if row.departed_at is not None:
        told.append(Entry(row.departed_at, None, "logout", "", words.state_text(row), _end_text(row)))
    told.sort(key=lambda one: one.at)
    return tuple(reversed(told))  # the newest on top, also of those of one moment


def _end_text(row: EmergencyVisit) -> str:
    return _("The risks were explained.") if row.state == "ama" else _disposition(row)


def _stage(stage: Stage) -> Entry:
    title = _("Arrived") if stage.state == ARRIVED else words.first_up(str(dict(STATES)[stage.state]))
    return Entry(stage.began_at, stage.ended_at, "arrow-right", "accent" if stage.ended_at is None else "", title, "")


def _stay(stay: BedStay) -> Entry:
    title = _("Bed %(bed)s") % {"bed": stay.bed.name}
    return Entry(stay.began_at, stay.ended_at, "bed", "accent" if stay.ended_at is None else "", title, "")


def _triage(one: Triage, may_correct: bool) -> Entry:
    title = str(dict(Triage.SORTS)[one.sort])
    if one.level is not None:
        title = _("%(what)s: ESI %(level)s") % {"what": title, "level": one.level}
    return Entry(
        at=one.at, ended_at=None, icon="heartbeat" if one.sort == Triage.VITALS else "checkbox",
        tone="late" if one.error_at else "", title=title, text=vitals_text(one.vitals), details=_details(one),
        by=one.by_name, struck=one.error_at is not None, why_struck=one.error_reason, level=one.level or 0,
        triage=str(one.pk) if may_correct else "",
    )  # fmt: skip


def _details(one: Triage) -> tuple[str, ...]:
    told = []
    if one.suggested is not None and one.level is not None:
        about = {"level": one.suggested, "path": triage_words.path_text(one.path)}
        told.append(_("Suggested %(level)s. %(path)s") % about)
    if one.flags:
        told.append(_("Flags: %(flags)s") % {"flags": ", ".join(triage_words.flag(flag) for flag in one.flags)})
    pairs = (
        (_("Another level, because: %(text)s"), one.override_reason), (_("What changed: %(text)s"), one.what_changed),
        (_("What was done: %(text)s"), one.what_was_done), ("%(text)s", one.notes),
    )  # fmt: skip
    told += [phrase % {"text": text} for phrase, text in pairs if text]
    return tuple(told)


def vitals_text(doc: Mapping[str, Any]) -> str:
    """Vital signs in a line, with units."""
    told = []
    for name in ("hr", "rr", "spo2", "temp"):
        if doc.get(name) is not None:
            told.append(f"{triage_words.VITALS[name]} {_number(doc[name])} {UNITS[name]}")
    if doc.get("sbp") is not None or doc.get("dbp") is not None:
        pressure = "/".join(str(doc[name]) if doc.get(name) is not None else "–" for name in ("sbp", "dbp"))
        told.append(f"{triage_words.PRESSURE} {pressure} {UNITS['sbp']}")
    for name, why in (doc.get("unobtainable") or {}).items():
        told.append(_("%(sign)s not obtainable: %(why)s") % {"sign": triage_words.VITALS[name], "why": why})
    return " · ".join(told)


def _number(value: Any) -> str:
    return str(Decimal(str(value)))
