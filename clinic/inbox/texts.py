"""What messages say: ``templates/messages/<occasion>.txt``, a subject and below it the sentences.

Written in the patient's language and the hospital's time. Nobody's free text stands in a message, so that nobody can
have the hospital send theirs to somebody else; sensitive departments name neither themselves nor the doctor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from clinic.directory.models import Department
from clinic.records.models import Patient
from clinic.tenants.models import Hospital


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    body: str
    """Sentences, and below an empty line what is to be remembered, line by line."""


def language_of(patient: Patient | None, hospital: Hospital) -> str:
    """The patient's language where we speak it, else the hospital's."""
    spoken = {code for code, _name in settings.LANGUAGES}
    wanted = patient.language.partition("-")[0] if patient is not None else ""
    return wanted if wanted in spoken else hospital.language


def write(occasion: str, *, language: str, hospital: Hospital, department: Department | None = None,
          facts: Mapping[str, Any]) -> Text:  # fmt: skip
    """The text of a message; ``facts`` are what its template names: doctor, starts_at, token, room, minutes, …"""
    told = {"where": department.shown_name if department else "", **facts, "hospital": hospital}
    if department is not None and department.sensitive:
        told |= {"where": "", "doctor": "", "reason": ""}
    with translation.override(language), timezone.override(hospital.zone):
        text = render_to_string(f"messages/{occasion}.txt", told).strip()
        details = render_to_string("messages/details.txt", told)
    subject, _, sentences = text.partition("\n")
    remember = "\n".join(line.strip() for line in details.splitlines() if line.strip())
    body = " ".join(sentences.split())
    return Text(" ".join(subject.split())[:200], f"{body}\n\n{remember}".strip())


def with_code(code: str, *, language: str, hospital: Hospital) -> Text:
    """The text of a one-time code: written when it is sent, for its row does not hold it."""
    return write("code", language=language, hospital=hospital, facts={"code": code})
