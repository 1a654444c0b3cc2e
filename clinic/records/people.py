"""How a person is shown in look-ups and lists. What upper rooms know of a person they register here in ``ready()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext, pgettext

from clinic.core.sight import Departments
from clinic.live.regions import Loaded, uuids
from clinic.records.models import Patient
from clinic.tenants.people import own_limits


class Here(NamedTuple):
    """Where somebody is now."""

    word: str
    """In a word or two: a token."""
    key: str
    """What the row that shows them is called: the visit's id."""
    screen: str = ""
    """Where that row is, by the name the page's body has the address under; empty: the desk of the lines."""


Where = Callable[[list[UUID]], Mapping[UUID, Here]]
"""Patients' ids → id → where that person is now."""

_where: list[Where] = []
sections: dict[str, str | Promise] = {}
"""Kinds of regions, keyed by the patient's id, that the patient's page shows below the details, and their titles."""


_last: set[str] = set()


def shows(kind: str, title: str | Promise, *, last: bool = False) -> None:
    """Register a section of the patient's page; a ``last`` one stands below those that are not."""
    sections.setdefault(kind, title)
    if last:
        _last.add(kind)


def in_order() -> list[tuple[str, str | Promise]]:
    """The sections from top to bottom."""
    return sorted(sections.items(), key=lambda one: one[0] in _last)


def tells_where(fn: Where) -> None:
    """Register somebody who knows where people are now."""
    if fn not in _where:
        _where.append(fn)


def faces(patients: Iterable[Patient]) -> list[dict[str, str]]:
    """What a look-up shows of each: name, facts, the phone's end, the MRN, and where the person is now."""
    rows, today = list(patients), timezone.localdate()
    here: dict[UUID, Here] = {}
    for where in _where:
        here.update(where([row.pk for row in rows]))
    nowhere = Here("", "")
    return [
        {
            "id": str(row.pk), "name": row.full_name, "facts": about(row, today), "phone_end": phone_end(row.phone),
            "mrn": row.mrn, "here": here.get(row.pk, nowhere).word,
            "here_key": here.get(row.pk, nowhere).key, "here_on": here.get(row.pk, nowhere).screen,
        }
        for row in rows
    ]  # fmt: skip


def about(patient: Patient, today: date) -> str:
    """Sex, age and birth date: "F, 38 · 14 Mar 1988"."""
    return " · ".join(part for part in (facts(patient, today), born(patient)) if part)


def facts(patient: Patient, today: date) -> str:
    """Sex and age where they are known: "F, 38"."""
    letters = {"female": pgettext("sex", "F"), "male": pgettext("sex", "M"), "other": pgettext("sex", "X")}
    parts = [letters.get(patient.sex, ""), age(patient, today)]
    return ", ".join(part for part in parts if part)


def age(patient: Patient, today: date) -> str:
    """Years, months below two; from the birth year alone it is told as about."""
    if patient.birth_date is None:
        years = today.year - patient.birth_year if patient.birth_year else None
        return "" if years is None else gettext("about %(years)s") % {"years": years}
    then = patient.birth_date
    months = max((today.year - then.year) * 12 + today.month - then.month - (today.day < then.day), 0)
    return ngettext("%(n)s month", "%(n)s months", months) % {"n": months} if months < 24 else str(months // 12)


def born(patient: Patient) -> str:
    if patient.birth_date is None:
        return str(patient.birth_year or "")
    return date_format(patient.birth_date, "j M Y")


def speaks(patient: Patient) -> str:
    """The name of the patient's language, in the reader's; empty if it is the one the reader reads."""
    if patient.language == get_language():
        return ""
    names = {code: gettext(str(name)) for code, name in settings.LANGUAGES}
    return names.get(patient.language, patient.language)


def phone_end(phone: str) -> str:
    """The last four digits: enough to tell a family's numbers apart over the counter."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    return f"…{digits[-4:-2]} {digits[-2:]}" if len(digits) >= 4 else digits


def each_of(keys: Sequence[str], make: Callable[[UUID, Departments | None], Loaded]) -> dict[str, Loaded]:
    """A region of a patient's page: what ``make`` tells of each patient there is, to a reader limited to departments
    (R1.2) within those."""
    ids = uuids(keys)
    known = set(Patient.objects.filter(pk__in=list(ids)).values_list("pk", flat=True))
    found = {ids[pk]: make(pk, None) for pk in known}
    for key, (base, limits) in own_limits(keys).items():
        for pk in Patient.objects.filter(pk__in=list(uuids([base]))).values_list("pk", flat=True):
            found[key] = make(pk, limits)
    return found
