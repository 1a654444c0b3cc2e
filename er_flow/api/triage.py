"""REST: triage, reassessment, vital signs, corrections; the function asked without saving (R4.10–R4.14)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core import clock
from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.faces import Doc
from clinic.tenants import days
from er_flow import ages
from er_flow.api import acts, find
from er_flow.esi import Suggestion, suggest
from er_flow.models import Triage
from er_flow.serializers import ErVisitDoc, TriagedDoc
from er_flow.triage_serializers import (
    CorrectTriageBody,
    ManyTriagesBody,
    MeasureBody,
    ReassessBody,
    SuggestBody,
    SuggestionDoc,
    TriageBody,
    sheet_of,
)
from er_flow.visit_fields import When

WRONG_STATE = "ER_WRONG_STATE"
CALM = {"answers": {"resources": ["labs"]}, "vitals": {"hr": 84, "rr": 16, "spo2": 98, "temp": 98.6, "temp_unit": "f"}}


class ErTriageViewSet(HouseViewSet):
    """What the triage nurse does."""

    tag = "er-triage"

    @needs("er.triage")
    @answers(ErVisitDoc, body=When, refusals=[WRONG_STATE], example={})
    def start(self, request: Request, pk: UUID) -> Response:
        """Triage has begun: others see that somebody is at it."""
        row = find.visit(pk)
        return self.act(partial(acts.start_triage, row, self.body, self.actor), lambda held: find.visit_doc(held.pk))

    @needs("er.triage")
    @answers(TriagedDoc, body=TriageBody, refusals=[WRONG_STATE, "ER_TRIAGED_ALREADY"], example={**CALM, "level": 4})
    def triage(self, request: Request, pk: UUID) -> Response:
        """The first triage: the level as suggested, or another with a reason."""
        return self._noted(acts.assess, pk)

    @needs("er.triage")
    @answers(
        TriagedDoc, body=ManyTriagesBody, listed=True, refusals=[WRONG_STATE, "ER_TRIAGED_ALREADY"],
        example={"triages": [{"visit": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", **CALM, "level": 4}]},
    )  # fmt: skip
    def bulk(self, request: Request) -> Response:
        """Many first triages at once: all of them, or none."""

        def doc(rows: list[Triage]) -> dict[str, Any]:
            told = [{"visit": find.visit_doc(row.visit_id), "triage": find.triage_doc(row.pk)} for row in rows]
            return {"results": told}

        return self.act(partial(acts.assess_all, self.body, self.actor), doc)

    @needs("er.triage")
    @answers(
        TriagedDoc, body=ReassessBody, refusals=[WRONG_STATE, "ER_TRIAGE_FIRST", "ER_LEVEL_ONLY_RISES"],
        example={"vitals": {"hr": 128, "rr": 24, "spo2": 93}, "level": 2, "what_changed": "Short of breath",
                 "what_was_done": "Oxygen, monitor"},
    )  # fmt: skip
    def reassess(self, request: Request, pk: UUID) -> Response:
        """Look again at somebody who waits; the level only rises, with what changed and what was done."""
        return self._noted(acts.reassess, pk)

    @needs("er.triage")
    @answers(
        TriagedDoc, body=MeasureBody, refusals=[WRONG_STATE], example={"vitals": {"hr": 92, "sbp": 131, "dbp": 84}}
    )
    def vitals(self, request: Request, pk: UUID) -> Response:
        """Vital signs, at any stage; they set no level."""
        return self._noted(acts.measure, pk)

    @needs("er.triage")
    @answers(
        TriagedDoc, body=CorrectTriageBody,
        refusals=[WRONG_STATE, "ER_NO_TRIAGE", "ER_NOT_THE_LAST", "ER_SECOND_NURSE"],
        example={**CALM, "level": 4, "reason": "The wrong patient's sheet"},
    )  # fmt: skip
    def correct(self, request: Request, pk: UUID) -> Response:
        """What was entered in error is struck through and entered anew; a less urgent level needs a second nurse."""
        return self._noted(acts.correct, pk)

    @needs("er.triage")
    @answers(SuggestionDoc, body=SuggestBody, example={**CALM, "age": {"amount": 45}})
    def suggest(self, request: Request) -> Response:
        """What the function says of answers and vital signs; nothing is kept."""
        return self.act(self._suggestion, lambda doc: doc)

    def _suggestion(self) -> Doc:
        sheet, age = sheet_of(self.body), self.body.get("age")
        if age is None:
            age = ages.of(visit := find.visit(self.body["visit"]), visit.arrived_at or clock.now())
        level = days.policies().infant_fever_level
        told = suggest(sheet.answers, sheet.vitals, age, sheet.baselines, infant_level=level)
        odd = {name: span for name, span in sheet.vitals.implausible().items() if name not in sheet.confirmed}
        return _suggestion_doc(told) | {
            "implausible": {name: [str(low), str(high)] for name, (low, high) in odd.items()}
        }

    def _noted(self, act: acts.Act, pk: UUID) -> Response:
        visit = find.visit(pk)

        def doc(row: Triage) -> dict[str, Any]:
            return {"visit": find.visit_doc(visit.pk), "triage": find.triage_doc(row.pk)}

        return self.act(partial(act, visit, self.body, self.actor), doc)


def _suggestion_doc(told: Suggestion) -> Doc:
    return {
        "level": told.level, "consider": list(told.consider), "preselected": told.preselected, "path": list(told.path),
        "flags": sorted(told.flags), "missing": list(told.missing), "function": told.version,
    }  # fmt: skip
