"""Answers and vital signs as JSON, as a triage keeps them."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any

from er_flow.esi import Answers, Vitals


def answers_doc(answers: Answers) -> dict[str, Any]:
    """What was answered, without what was not so."""
    told: dict[str, Any] = {}
    for one in fields(answers):
        value = getattr(answers, one.name)
        if value is not None and value != one.default and value != frozenset():
            told[one.name] = sorted(value) if isinstance(value, frozenset) else value
    return told


def vitals_doc(vitals: Vitals) -> dict[str, Any]:
    """What was measured; decimals as text."""
    told: dict[str, Any] = {
        name: str(value) if isinstance(value, Decimal) else value for name, value in vitals.measured().items()
    }
    return {**told, "unobtainable": dict(vitals.unobtainable)} if vitals.unobtainable else told


def answers_of(doc: dict[str, Any]) -> Answers:
    """The answers of a document; raises ValueError or TypeError for what is none."""
    sets = {one.name for one in fields(Answers) if "frozenset" in str(one.type)}
    told: dict[str, Any] = {name: frozenset(value) if name in sets else value for name, value in doc.items()}
    return Answers(**told)


def vitals_of(doc: dict[str, Any]) -> Vitals:
    """The vital signs of a document; raises ValueError or TypeError for what is none."""
    told = dict(doc)
    if told.get("temp") is not None:
        try:
            told["temp"] = Decimal(str(told["temp"]))
        except InvalidOperation as error:
            raise ValueError(f"temp {told['temp']}") from error
    return Vitals(**told)
