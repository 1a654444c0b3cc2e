"""REST: beds, sections and the surge flag (R4.30–R4.32, R4.44)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from er_flow import faces, here
from er_flow.api import acts, find
from er_flow.bed_serializers import (
    BedChangeBody,
    BedQuery,
    BedStatusBody,
    BlockBody,
    ForWhomBody,
    NewBedBody,
    NewSectionBody,
    ReleaseBody,
    SectionChangeBody,
    SectionNurseBody,
    SectionQuery,
    SurgeBody,
    SwapBedsBody,
    TransferBody,
)
from er_flow.models import Bed, EmergencyFloor, Section
from er_flow.operations import places
from er_flow.serializers import BedDoc, FloorDoc, SectionDoc

WRONG_STATE = "BED_WRONG_STATE"
TAKEN = ["BED_OCCUPIED", "BED_RESERVED", "BED_NOT_FREE", "BED_NEEDS_NEGATIVE_PRESSURE"]
BED_COLUMNS = {
    "status": "state", "kind": "sort", "section": "section_id", "department": "section__department_id",
}  # fmt: skip
SECTION_COLUMNS = {"department": "department_id"}
SOME_ID = "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"


class ErBedViewSet(HouseViewSet):
    """Beds, chairs, places in the hallway."""

    tag = "er-beds"

    @needs("er.view")
    @answers(BedDoc, query=BedQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Beds in use, by name."""
        rows = Bed.objects.filter(_in_use(self.query, "section__department"), **_columns(self.query, BED_COLUMNS))
        if "feature" in self.query:
            having = [pk for pk, told in rows.values_list("pk", "features") if self.query["feature"] in told]
            rows = rows.filter(pk__in=having)
        return self.page(rows, self.query["ordering"], _bed_docs)

    @needs("er.view")
    @answers(BedDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One bed, with who lies in it."""
        return self.answer(self.one(find.bed_doc(find.bed(pk).pk)))

    @needs("er.manage")
    @answers(
        BedDoc, 201, body=NewBedBody, refusals=["BED_NAME_TAKEN"],
        example={"section": SOME_ID, "name": "R1", "kind": "ed", "features": ["cardiac_monitor"]},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new bed, free from now on."""
        section, told = find.section(self.body["section"]), {**self.body}
        del told["section"]
        verb = partial(places.add_bed, section, actor=self.actor, **told)
        return self.act(verb, lambda row: self.one(find.bed_doc(row.pk), status=201))

    @needs("er.manage")
    @answers(
        BedDoc, body=BedChangeBody, versioned=True,
        refusals=[WRONG_STATE, "BED_NAME_TAKEN", "ER_SECTION_NOT_IN_USE"], example={"name": "R2"},
    )  # fmt: skip
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """What a bed is called, where it stands, what it can do, and whether it is in use."""
        row = find.bed(pk)
        self.match(row)
        told = dict(self.body)
        if "section" in told:
            told["section"] = find.section(told["section"])
        verb = partial(places.change_bed, row, actor=self.actor, **told)
        return self.act(verb, lambda held: self.one(find.bed_doc(held.pk)))

    @needs("er.beds")
    @answers(BedDoc, whole=True, refusals=[WRONG_STATE])
    def free(self, request: Request, pk: UUID) -> Response:
        """Whoever lies in it leaves it, what is unclean is clean, what is kept is given back."""
        return self._act(acts.free, pk)

    @needs("er.beds")
    @answers(
        BedDoc, body=BedStatusBody, whole=True, refusals=[WRONG_STATE, *TAKEN], example={"status": "available"}
    )  # fmt: skip
    def set_status(self, request: Request, pk: UUID) -> Response:
        """Act on a bed by the status it should have next, in our words or an earlier system's.

        `reserved` and `occupied` name a visit; `blocked` says why, and asks for the ability to block.
        """
        return self._act(acts.set_bed_status, pk)

    @needs("er.beds")
    @answers(BedDoc, body=ForWhomBody, refusals=["ER_WRONG_STATE", *TAKEN], example={"visit": SOME_ID})
    def reserve(self, request: Request, pk: UUID) -> Response:
        """Keep a free bed for a patient."""
        return self._act(acts.reserve, pk)

    @needs("er.beds")
    @answers(BedDoc, body=ReleaseBody, refusals=[WRONG_STATE, "BED_RESERVED"], example={"visit": SOME_ID})
    def release(self, request: Request, pk: UUID) -> Response:
        """A bed that was kept for somebody is free again; 409 if it is kept for another visit than the one named."""
        return self._act(acts.release, pk)

    @needs("er.block_beds")
    @answers(BedDoc, body=BlockBody, refusals=[WRONG_STATE], example={"reason": "The monitor is broken"})
    def block(self, request: Request, pk: UUID) -> Response:
        """Nobody is put into this bed until somebody, or the time, ends it."""
        return self._act(acts.block, pk)

    @needs("er.block_beds")
    @answers(BedDoc, refusals=[WRONG_STATE])
    def unblock(self, request: Request, pk: UUID) -> Response:
        """The bed is in use again."""
        return self._act(acts.unblock, pk)

    @needs("er.beds")
    @answers(
        BedDoc, body=TransferBody, refusals=["BED_EMPTY", "ER_WRONG_STATE", *TAKEN], example={"to": SOME_ID}
    )  # fmt: skip
    def transfer(self, request: Request, pk: UUID) -> Response:
        """Whoever lies here goes to another bed, in one act; answers the bed that was left."""
        return self._act(acts.transfer, pk)

    @needs("er.beds")
    @answers(
        BedDoc, body=SwapBedsBody, refusals=["BED_EMPTY", "BED_OTHER_DEPARTMENT", *TAKEN], example={"bed": SOME_ID}
    )  # fmt: skip
    def swap(self, request: Request, pk: UUID) -> Response:
        """Those who lie here and there change beds, in one act."""
        return self._act(acts.swap_beds, pk)

    def _act(self, act: acts.OfBed, pk: UUID) -> Response:
        bed = find.bed(pk)
        return self.act(partial(act, bed, self.body, self.actor), lambda _: find.bed_doc(bed.pk))


class ErSectionViewSet(HouseViewSet):
    """Parts of an emergency department."""

    tag = "er-sections"

    @needs("er.view")
    @answers(SectionDoc, query=SectionQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Sections in use, next to each other as they stand."""
        rows = Section.objects.filter(_in_use(self.query, "department"), **_columns(self.query, SECTION_COLUMNS))
        return self.page(rows, self.query["ordering"], _section_docs)

    @needs("er.manage")
    @answers(
        SectionDoc, 201, body=NewSectionBody, refusals=["ER_SECTION_NAME_TAKEN", "ER_NOT_AN_EMERGENCY_DEPARTMENT"],
        example={"name": "Resuscitation", "position": 1},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """A new part of the department."""
        department, told = find.department(self.body), {**self.body}
        told.pop("department", None)
        verb = partial(places.add_section, department, actor=self.actor, **told)
        return self.act(verb, lambda row: self.one(find.section_doc(row.pk), status=201))

    @needs("er.manage")
    @answers(
        SectionDoc, body=SectionChangeBody, versioned=True, refusals=["ER_SECTION_HAS_BEDS", "ER_SECTION_NAME_TAKEN"],
        example={"name": "Fast track"},
    )  # fmt: skip
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Name, place among the others, in use or not."""
        row = find.section(pk)
        self.match(row)
        verb = partial(places.change_section, row, actor=self.actor, **self.body)
        return self.act(verb, lambda held: self.one(find.section_doc(held.pk)))

    @needs("er.care")
    @answers(SectionDoc, body=SectionNurseBody, example={"nurse": SOME_ID})
    def nurse(self, request: Request, pk: UUID) -> Response:
        """Who looks after everybody there who has no nurse of their own."""
        row = find.section(pk)
        verb = partial(acts.set_section_nurse, row, self.body, self.actor)
        return self.act(verb, lambda held: find.section_doc(held.pk))


class ErFloorViewSet(HouseViewSet):
    """Emergency departments as a whole."""

    tag = "er-surge"

    @needs("er.view")
    @answers(FloorDoc, paged=True)
    def list(self, request: Request) -> Response:
        """The departments that were, or are, in a surge."""
        return self.page(EmergencyFloor.objects.select_related("department"), "id", _floor_docs)

    @needs("er.surge")
    @answers(
        FloorDoc, body=SurgeBody, refusals=["ER_NOT_AN_EMERGENCY_DEPARTMENT"],
        example={"on": True, "reason": "Bus accident"},
    )  # fmt: skip
    def set(self, request: Request) -> Response:
        """Say that more come than can be looked after, or that it is over."""
        return self.act(partial(acts.set_surge, self.body, self.actor), faces.floor_doc)


def _columns(query: Fields, named: dict[str, str]) -> Fields:
    return {column: query[name] for name, column in named.items() if name in query}


def _in_use(query: Fields, department: str) -> Q:
    """What is in use, or what is not: nothing is in a department that is closed, or is no emergency department now."""
    is_used = Q(is_active=True) & here.in_use(department)
    return is_used if query["active"] else ~is_used


def _bed_docs(rows: list[Bed]) -> list[Any]:
    keys = [str(row.pk) for row in rows]
    docs = faces.beds(keys)
    return [docs[key] for key in keys]


def _floor_docs(rows: list[EmergencyFloor]) -> list[Any]:
    return [faces.floor_doc(row) for row in rows]


def _section_docs(rows: list[Section]) -> list[Any]:
    keys = [str(row.pk) for row in rows]
    docs = faces.sections(keys)
    return [docs[key] for key in keys]
