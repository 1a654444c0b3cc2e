"""REST: provider contact, disposition, boarding and every end; team, delays, time marks (domain/4)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from er_flow.api import acts, find
from er_flow.serializers import ErUndoneDoc, ErVisitDoc
from er_flow.visit_serializers import (
    DispositionBody,
    ErStatusBody,
    ErUndoBody,
    TeamBody,
    TimeBody,
    WhyBody,
)

WRONG_STATE = "ER_WRONG_STATE"


class ErCareViewSet(HouseViewSet):
    """What becomes of a patient."""

    tag = "er-care"

    @needs("er.care")
    @answers(
        ErVisitDoc, body=ErStatusBody, whole=True,
        refusals=[WRONG_STATE, "ER_TRIAGE_FIRST", "ER_BED_NEEDED", "ER_OTHER_DISPOSITION", "ER_RISKS_FIRST"],
        example={"status": "in_treatment"},
    )  # fmt: skip
    def set_status(self, request: Request, pk: UUID) -> Response:
        """Act on a visit by the status it should have next, in our words or an earlier system's.

        `triaged` is back to the waiting room (a first level needs a triage), `bedded` needs a bed, `in_treatment` from
        `disposition` withdraws it with a reason, `ama` needs `risks_explained`.
        """
        return self._act(acts.set_status, pk)

    @needs("er.care")
    @answers(
        ErVisitDoc, body=DispositionBody, refusals=[WRONG_STATE],
        example={"disposition": "admit", "note": "Cardiology"},
    )  # fmt: skip
    def disposition(self, request: Request, pk: UUID) -> Response:
        """Decide the disposition; whoever is admitted or observed waits for a bed elsewhere from then on."""
        return self._act(acts.decide, pk)

    @needs("er.care")
    @answers(ErVisitDoc, body=WhyBody, refusals=[WRONG_STATE], example={"reason": "New chest pain"})
    def withdraw(self, request: Request, pk: UUID) -> Response:
        """Withdraw the disposition: treatment goes on."""
        return self._act(acts.withdraw, pk)

    @needs("er.care")
    @answers(
        ErVisitDoc, body=TeamBody, refusals=[WRONG_STATE],
        example={"provider": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90", "nurse": None},
    )  # fmt: skip
    def team(self, request: Request, pk: UUID) -> Response:
        """Say who nurses and who treats a patient."""
        return self._act(acts.set_team, pk)

    @needs("er.care")
    @answers(ErVisitDoc, body=WhyBody, refusals=[WRONG_STATE], example={"reason": "Two resuscitations at once"})
    def explain(self, request: Request, pk: UUID) -> Response:
        """Say why somebody waits longer than the target."""
        return self._act(acts.explain, pk)

    @needs("er.care")
    @answers(
        ErVisitDoc, body=TimeBody, whole=True, refusals=["ER_NOT_YET"],
        example={"mark": "seen_at", "at": "2026-11-20T09:12:00+01:00", "reason": "Noted too late"},
    )  # fmt: skip
    def set_time(self, request: Request, pk: UUID) -> Response:
        """A time mark was at another time: with a reason, never in the future, never out of their order."""
        return self._act(acts.set_time, pk)

    @needs("er.undo")
    @answers(
        ErUndoneDoc, body=ErUndoBody, refusals=["UNDO_NOTHING", "UNDO_TOO_LATE", "UNDO_TOUCHED"], example={"seq": 1042}
    )
    def undo(self, request: Request, pk: UUID) -> Response:
        """Take back the visit's last act, or the one with this seq, if nothing happened since."""
        visit = find.visit(pk)
        verb = partial(acts.take_back, visit, self.body, self.actor)
        return self.act(verb, lambda names: {"undone": names, "visit": find.visit_doc(visit.pk)})

    def _act(self, act: acts.Act, pk: UUID) -> Response:
        visit = find.visit(pk)
        return self.act(partial(act, visit, self.body, self.actor), lambda _: find.visit_doc(visit.pk))
