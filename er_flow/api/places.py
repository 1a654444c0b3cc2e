"""REST: which bed a patient is in, and which would be best (R4.32, R4.33)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_told import answers
from clinic.core.errors import NotAllowed
from clinic.core.faces import Doc
from er_flow import queries
from er_flow.api import acts, find
from er_flow.models import EmergencyVisit
from er_flow.operations import beds
from er_flow.serializers import BestBedDoc, ErVisitDoc
from er_flow.visit_serializers import BestBedBody, ErBedBody, SwapVisitBody

TAKEN = ["ER_WRONG_STATE", "BED_OCCUPIED", "BED_RESERVED", "BED_NOT_FREE", "BED_NEEDS_NEGATIVE_PRESSURE"]
MOST = 20
"""Suggestions in one answer."""


class ErPlaceViewSet(HouseViewSet):
    """Who lies where."""

    tag = "er-place"

    @needs("er.beds")
    @answers(
        ErVisitDoc, body=ErBedBody, whole=True, refusals=[*TAKEN, "ER_NO_BED", "ER_TRIAGE_FIRST"],
        example={"bed": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )  # fmt: skip
    def set_bed(self, request: Request, pk: UUID) -> Response:
        """Put a patient into a bed, from another one too; null: out of it and still here."""
        visit = find.visit(pk)
        return self.act(partial(acts.set_bed, visit, self.body, self.actor), lambda _: find.visit_doc(visit.pk))

    @needs("er.beds")
    @answers(
        ErVisitDoc, body=SwapVisitBody, listed=True, refusals=[*TAKEN, "ER_NO_BED", "BED_OTHER_DEPARTMENT"],
        example={"visit": "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"},
    )  # fmt: skip
    def swap(self, request: Request, pk: UUID) -> Response:
        """Two patients change beds in one act."""
        visit = find.visit(pk)
        verb = partial(acts.swap, visit, self.body, self.actor)
        return self.act(verb, lambda both: {"results": find.visit_docs([row.pk for row in both])})

    @needs("er.beds")
    @answers(BestBedDoc, body=BestBedBody, refusals=["BED_NONE_FITS", *TAKEN], example={"needs": ["cardiac_monitor"]})
    def best_bed(self, request: Request, pk: UUID) -> Response:
        """The free beds that suit, the best first and with the reasons; `assign` takes the best."""
        visit, body = find.visit(pk), self.body
        section = find.section(body["section"]) if "section" in body else None
        found = queries.fits(visit, sort=body.get("kind", ""), section=section, asked=body.get("needs", ()))

        def take() -> EmergencyVisit:
            if not body["assign"]:
                return visit
            if not found:
                raise NotAllowed("bed.none_fits", number=visit.number)
            return beds.assign(visit, find.bed(found[0].place.id), actor=self.actor)

        def doc(_: EmergencyVisit) -> Doc:
            told = [queries.fit_doc(fit) for fit in found[:MOST]]
            return {"suggestions": told, "assigned": body["assign"], "visit": find.visit_doc(visit.pk)}

        return self.act(take, doc)
