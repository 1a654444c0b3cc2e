"""Finding a patient: normalised columns in the database, typing errors forgiven in Python on a bounded set."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

import jellyfish
from django.db.models import Q, QuerySet
from rapidfuzz import fuzz

from clinic.records.models import Patient

LIMIT = 12
POOL = 400
"""Rows that are looked at for likeness when the exact columns find too few."""
ALIKE = 78
"""Similarity, 0–100, from which a misspelt name counts as found."""


def plain(text: str) -> str:
    """Lower case without accents or punctuation: ``"Wiśniewska-Åberg"`` → ``"wisniewska aberg"``."""
    text = (
        text.replace("ł", "l")
        .replace("Ł", "L")
        .replace("ø", "o")
        .replace("Ø", "O")
        .replace("ß", "ss")
        .replace("đ", "d")
    )
    folded = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+", " ", folded.casefold()).split())


def name_key(patient: Patient) -> str:
    parts = [patient.given_name, patient.family_name, patient.preferred_name]
    return plain(" ".join(part for part in parts if part))[:200]


def sound_key(family_name: str, given_name: str = "") -> str:
    """How the family name sounds (the given one where there is no other): "Meyer", "Maier" and "Mayr" are one (R1.7).

    Soundex of its words, for Latin letters (Metaphone tells "Meyer" and "Meier" apart); other scripts are kept as they
    are written.
    """
    words = plain(family_name or given_name).split()
    return " ".join(jellyfish.soundex(word) if word.isascii() else word for word in words)[:80]


def phone_key(phone: str) -> str:
    """The digits, reversed, so that the end of a number (what people say) is a prefix an index can find."""
    return re.sub(r"\D", "", phone)[::-1][:32]


def find(text: str, limit: int = LIMIT) -> list[Patient]:
    """Patients for what somebody typed: part of a name, the end of a phone, an MRN or a birth date. Best first."""
    wanted = text.replace("\0", "").strip()  # PostgreSQL knows no such character
    if len(wanted) < 2:
        return []
    patients = here()
    born = _as_date(wanted)
    if born is not None:
        return list(patients.filter(birth_date=born).order_by("name_key")[:limit])
    digits = re.sub(r"\D", "", wanted)
    if len(digits) >= 3 and not re.search(r"[^\W\d]", wanted):
        exact = Q(phone_key__startswith=digits[::-1]) | Q(phone_key__contains=digits[::-1])
        return list(patients.filter(exact).order_by("name_key")[:limit])
    by_mrn = list(patients.filter(mrn__iexact=wanted)[:1])
    return by_mrn or _by_name(plain(wanted), limit)


def _by_name(wanted: str, limit: int) -> list[Patient]:
    words = wanted.split()
    if not words:
        return []
    every = Q()
    for word in words:
        every &= Q(name_key__contains=word)
    found = list(here().filter(every).order_by("name_key")[: limit * 4])
    if len(found) < limit:
        near = Q()
        for word in words:
            near |= Q(name_key__contains=word[:3]) | Q(name_key__contains=word[-3:])
        known = {patient.pk for patient in found}
        pool = here().filter(near).exclude(pk__in=known).order_by("name_key")[:POOL]
        found += [patient for patient in pool if _closeness(wanted, patient.name_key) >= ALIKE]
    found.sort(key=lambda patient: (-_likeness(wanted, patient.name_key), patient.name_key))
    return found[:limit]


def _likeness(wanted: str, key: str) -> float:
    starts = any(word.startswith(wanted.split()[0]) for word in key.split())
    return _closeness(wanted, key) + (20 if starts else 0)


def _closeness(wanted: str, key: str) -> float:
    """0–100: the whole against the whole, or each word typed against the word of the name it is most like.

    By words, because one misspelt word is far from a whole name of three.
    """
    names = key.split() or [""]
    words = [max(fuzz.ratio(word, name) for name in names) for word in wanted.split()]
    return max(fuzz.token_set_ratio(wanted, key), sum(words) / len(words))


def here() -> QuerySet[Patient]:
    """Everybody's records, without those that were merged into another."""
    found: QuerySet[Patient] = Patient.objects.filter(merged_into=None)
    return found


def candidates(**fields: Any) -> list[Patient]:
    """Who might be the same person (R1.7): the same phone (a family shares one), or the same birth date or year with a
    name that sounds or is written alike. The likest first.
    """
    phone = phone_key(str(fields.get("phone") or ""))
    other = phone_key(str(fields.get("phone_other") or ""))
    phones = [key for key in (phone, other) if len(key) >= 5]
    born, year = fields.get("birth_date"), fields.get("birth_year")
    year = born.year if born else year
    sound = sound_key(str(fields.get("family_name") or ""), str(fields.get("given_name") or ""))
    alike = Q()
    if phones:
        alike |= Q(phone_key__in=phones)
    if born:
        alike |= Q(birth_date=born)
    if sound and year:
        alike |= Q(sound_key=sound) & (Q(birth_year=year) | Q(birth_date__year=year))
    if not alike:
        return []
    name = name_key(Patient(**{k: fields.get(k) or "" for k in ("given_name", "family_name", "preferred_name")}))
    rows = list(here().filter(alike).order_by("name_key")[:POOL])
    likely = [row for row in rows if row.phone_key in phones or _may_be(name, sound, row)]
    likely.sort(key=lambda row: -fuzz.token_sort_ratio(name, row.name_key))
    return likely[:LIMIT]


def _may_be(name: str, sound: str, row: Patient) -> bool:
    """Written alike, or a family name that sounds the same with a given name that begins the same."""
    if fuzz.token_sort_ratio(name, row.name_key) >= ALIKE:
        return True
    return bool(sound) and row.sound_key == sound and name[:1] == row.name_key[:1]


def families(phone: str) -> list[Patient]:
    """Everybody known under this phone, eldest first: a family at the counter."""
    key = phone_key(phone)
    if len(key) < 5:
        return []
    return list(here().filter(phone_key=key).order_by("birth_date", "birth_year", "name_key")[:LIMIT])


def _as_date(text: str) -> date | None:
    for pattern, order in (
        (r"(\d{4})-(\d{1,2})-(\d{1,2})", (0, 1, 2)),
        (r"(\d{1,2})[./](\d{1,2})[./](\d{4})", (2, 1, 0)),
    ):
        match = re.fullmatch(pattern, text)
        if match:
            parts = [int(part) for part in match.groups()]
            try:
                return date(*(parts[n] for n in order))
            except ValueError:
                return None
    return None
