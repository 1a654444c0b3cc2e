"""The words of the boards: ages, chips, steps, the next act."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from clinic.records.models import shown_name
from er_flow.esi import Age
from er_flow.esi.age import ADULT
from er_flow.models.words import (
    AIRBORNE,
    ALERTS,
    ALLERGY,
    ARRIVED,
    BEDDED,
    BOARDING,
    DISCHARGE,
    DISPOSITION,
    DISPOSITIONS,
    FALL,
    FEATURES,
    IN_TREATMENT,
    NO_PRECAUTIONS,
    PRECAUTIONS,
    STATES,
    TRANSFER,
    TRIAGED,
    WAITS,
    WARD,
)
from er_flow.regions.rows import Act, Mark

STEPS = {ARRIVED: 1, TRIAGED: 2, BEDDED: 3, IN_TREATMENT: 4, DISPOSITION: 5, BOARDING: 5}
MONTHS_SHOWN, DAYS_SHOWN = 24, 31
"""Below two years an age is told in months, below a month in days."""
FEATURE_WORDS = dict(FEATURES)


def name_of(row: Any) -> str:
    """The patient's name; who is unknown goes by the number."""
    if row.patient_id is None:
        return _("Unknown E-%(number)s") % {"number": row.number}
    return shown_name(
        row.patient__given_name, row.patient__preferred_name, row.patient__family_name, row.patient__mrn
    )  # fmt: skip


def age_of(row: Any) -> str:
    """By the birth date, or about as was said: by a sign, because a row has little room."""
    born = row.patient__birth_date
    today = timezone.localdate()
    if born is not None:
        return age_text(Age.born(min(born, today), today))
    if row.age_months is None or row.age_days is None:
        return ""
    told = age_text(Age(row.age_months, row.age_days))
    return f"~{told}" if row.age_months >= MONTHS_SHOWN else told


def is_child(row: Any) -> bool:
    born, today = row.patient__birth_date, timezone.localdate()
    months = Age.born(min(born, today), today).months if born is not None else row.age_months
    return months is not None and months < ADULT


def said_age(months: int | None, days: int | None) -> str:
    if months is None or days is None:
        return ""
    told = age_text(Age(months, days))
    return _("about %(age)s") % {"age": told} if months >= MONTHS_SHOWN else told


def age_text(age: Age) -> str:
    if age.months >= MONTHS_SHOWN:
        return str(age.years)
    if age.days >= DAYS_SHOWN:
        return ngettext("%(n)s month", "%(n)s months", age.months or 1) % {"n": age.months or 1}
    return ngettext("%(n)s day", "%(n)s days", age.days) % {"n": age.days}


def sex_of(sex: str) -> str:
    letters = {"female": pgettext("sex", "F"), "male": pgettext("sex", "M"), "other": pgettext("sex", "X")}
    return letters.get(sex, "")


ICONS = {FALL: "walk", ALLERGY: "alert-circle"}


def marks(row: Any) -> tuple[Mark, ...]:
    """Precautions first, then what to watch for."""
    told = []
    if row.precautions != NO_PRECAUTIONS:
        word = str(dict(PRECAUTIONS)[row.precautions])
        told.append(Mark("late" if row.precautions == AIRBORNE else "clean", "shield", word))
    if row.ventilated:
        told.append(Mark("accent", "heartbeat", _("Ventilated")))
    words = dict(ALERTS)
    for alert in row.alerts:
        told.append(Mark("warn", ICONS.get(alert, "alert-triangle"), str(words.get(alert, alert))))
    return tuple(told)


def state_text(row: Any) -> str:
    """The care stage; once it is decided, what was decided."""
    if row.state == DISPOSITION and row.disposition:
        return str(dict(DISPOSITIONS)[row.disposition])
    if row.state == ARRIVED:
        return _("Being triaged") if row.triage_started_at else _("Arrived")
    return first_up(str(dict(STATES)[row.state]))


def first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def waits(row: Any) -> str:
    words = dict(WAITS)
    return ", ".join(str(words.get(one, one)) for one in row.waiting_for)


def features(names: list[str]) -> str:
    return ", ".join(str(FEATURE_WORDS.get(one, one.replace("_", " "))) for one in names)


def next_act(row: Any, has_bed: bool) -> Act:
    """What comes next for this patient; the menu has the rest."""
    if row.level is None and row.seen_at is None:
        return Act(_("Triage"), "er:triage", "er.triage", "go")
    match row.state:
        case "triaged" if not has_bed:
            return Act(_("Assign bed"), "er:bed_for", "er.beds", "ask")
        case "arrived" | "triaged" | "bedded":
            return Act(_("Seen now"), "er:see", "er.care")
        case "in_treatment":
            return Act(_("Decide"), "er:decide", "er.care", "ask")
        case "disposition":
            return _after(row)
        case _:
            return Act(_("To ward"), "er:end", "er.care", name="end", value="admitted")


def _after(row: Any) -> Act:
    if row.disposition == DISCHARGE:
        return Act(_("Discharge"), "er:end", "er.care", name="end", value="discharged")
    if row.disposition == TRANSFER:
        return Act(_("Transferred"), "er:end", "er.care", name="end", value="transferred")
    assert row.disposition in WARD, row.disposition
    return Act(_("Start boarding"), "er:board_start", "er.care")
