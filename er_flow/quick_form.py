"""Many first triages on one page (R4.44): what was chosen for each, and what was seen of the patient that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from er_flow.esi import Answers, Vitals
from er_flow.operations.triage import Sheet
from er_flow.regions import triage_words as words

Choice = tuple[str, str | Promise]


def _of(field: str, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    return tuple((f"{field}:{word}", text) for word, text in choices)


FINDINGS: tuple[tuple[str | Promise, tuple[Choice, ...]], ...] = (
    (_("Level 1: needs a life-saving act now"),
     (*_of("immediate", words.IMMEDIATE), *_of("life_saving", words.LIFE_SAVING))),
    (_("Level 2: should not wait"),
     (("confusion:new", _("New confusion, lethargy, disorientation")),
      ("severe_pain_seen:yes", _("Severe pain or distress that you see")),
      ("avpu:voice", _("Responds to voice only")), *_of("high_risk", words.HIGH_RISK))),
)  # fmt: skip
"""What a look is enough for: the findings of decision points A and B, as the triage form asks for them (R4.10)."""
KNOWN = {value: text for _group, choices in FINDINGS for value, text in choices}
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen for one visit."""

    visit: UUID
    level: int
    finding: str = ""
    """Of ``FINDINGS``; empty: the nurse's judgement, in the words that are said for all."""

    @property
    def sheet(self) -> Sheet:
        return Sheet(answers_of(self.finding), Vitals())


def answers_of(finding: str) -> Answers:
    """The answers of a triage form in which this one thing is marked."""
    field, _colon, word = finding.partition(":")
    if finding not in KNOWN:
        return Answers()
    if field == "severe_pain_seen":
        return Answers(severe_pain_seen=True)
    told: Any = word if field in ("confusion", "avpu") else frozenset({word})
    return Answers(**{field: told})


def chosen(posted: Mapping[str, Any]) -> list[Chosen]:
    """What was chosen, in the order of the page; what nobody can have chosen on it is left out."""
    found = []
    for name, value in posted.items():
        field, _dash, key = name.partition("-")
        if field != "level" or value not in ("1", "2", "3", "4", "5"):
            continue
        try:
            visit = UUID(key)
        except ValueError:
            continue
        finding = str(posted.get(f"finding-{key}", ""))
        found.append(Chosen(visit, int(value), finding if finding in KNOWN else ""))
    return found


def why(posted: Mapping[str, Any]) -> str:
    """The words for all for whom no finding says so."""
    return str(posted.get("why", "")).replace("\0", "").strip()[:LONGEST]
