"""REST: series — appointments that come again, their conflicts before saving, and edits of one or of all (R2.10)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.core.errors import NotFound
from clinic.core.faces import Doc, stamp
from clinic.records.models import Patient
from queues import appointment_faces as faces
from queues.api import find
from queues.api.appointments import docs, found, type_of
from queues.models import Appointment, Series
from queues.operations import series
from queues.operations.series import Made
from queues.waitlist_serializers import (
    MadeDoc,
    SeriesBody,
    SeriesCancelBody,
    SeriesDoc,
    SeriesMoveBody,
    SeriesQuery,
    TimesBody,
    TimesDoc,
)

EXAMPLE = "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"
RULE = {"doctor": EXAMPLE, "starts_at": "2026-12-01T10:00:00+01:00", "rule": "FREQ=WEEKLY;BYDAY=TU;COUNT=8"}
REFUSALS = ["SERIES_CONFLICTS", "SERIES_ENDED", "SERIES_NOT_OF_IT"]
ASKED = ("starts_at", "rule", "exceptions", "skip_conflicts", "reason")
FILTERS = {"queue": "queue_id", "doctor": "queue__doctor_id", "patient": "patient_id"}


class SeriesViewSet(HouseViewSet):
    """Appointments that come again."""

    tag = "series"

    @needs("appointments.view")
    @answers(SeriesDoc, query=SeriesQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Series."""
        rows = Series.objects.filter(**{FILTERS[name]: self.query[name] for name in FILTERS if name in self.query})
        if "ended" in self.query:
            rows = rows.filter(ended_at__isnull=not self.query["ended"])
        return self.page(rows, self.query["ordering"], _docs)

    @needs("appointments.view")
    @answers(SeriesDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One series; its appointments are in `appointments?series=`."""
        return self.answer(self.one(series_doc(one(pk))))

    @needs("appointments.book")
    @answers(TimesDoc, body=TimesBody, example=RULE)
    def conflicts(self, request: Request) -> Response:
        """What a rule gives and which of it is not free, before anything is saved. Changes nothing."""
        given = self.body
        line, kind = find.line(given), type_of(given)
        asked = {name: given[name] for name in ("starts_at", "rule", "exceptions")}
        clashes = series.conflicts(line, kind, **asked)
        return Response({
            "times": [stamp(start) for start in series.times(**asked)],
            "conflicts": [clash.face() for clash in clashes],
        })  # fmt: skip

    @needs("appointments.book")
    @answers(MadeDoc, 201, body=SeriesBody, refusals=REFUSALS[:1], example={"patient": EXAMPLE, **RULE})
    def create(self, request: Request) -> Response:
        """Book every time of a rule in one act. What is not free refuses with its list, or is left out."""
        given = self.body
        patient = find.one(Patient.objects.all(), pk=given["patient"])
        asked = {name: given[name] for name in ASKED}
        verb = partial(series.make, find.line(given), patient, type=type_of(given), actor=self.actor, **asked)
        return self.act(verb, made_doc, status=201)

    @needs("appointments.book")
    @answers(
        MadeDoc, body=SeriesMoveBody, refusals=REFUSALS,
        example={"appointment": EXAMPLE, "starts_at": "2026-12-02T10:00:00+01:00", "scope": "all"},
    )  # fmt: skip
    def move(self, request: Request, pk: UUID) -> Response:
        """Move one of them, or it and all that follow by the same time on the wall."""
        return self.act(moving(pk, self.body, self.actor), made_doc)

    @needs("appointments.book")
    @answers(MadeDoc, body=SeriesCancelBody, refusals=REFUSALS[1:], example={"reason": "Therapy has ended"})
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Cancel all that are to come, those from one on, or only that one."""
        return self.act(ending(pk, self.body, self.actor), made_doc)


# --- what commands of the stream share -------------------------------------------------------------------------------


def moving(pk: UUID, given: Fields, actor: Any) -> Callable[[], Made]:
    """The operation that a body of a move asks for."""
    row, told = of_series(pk, given["appointment"]), {name: given[name] for name in ("starts_at", "reason")}
    if given["scope"] == "one":
        return partial(series.move_one, row, actor=actor, **told)
    return partial(series.move_all, row, skip_conflicts=given["skip_conflicts"], actor=actor, **told)


def ending(pk: UUID, given: Fields, actor: Any) -> Callable[[], Made]:
    """The operation that a body of a cancellation asks for."""
    row = of_series(pk, given["appointment"]) if "appointment" in given else None
    if given["scope"] == "one" and row is not None:
        return partial(series.skip_one, row, reason=given["reason"], actor=actor)
    start = row.starts_at if row is not None else None
    return partial(series.cancel_all, one(pk), start=start, reason=given["reason"], actor=actor)


def one(pk: UUID) -> Series:
    """The series of this id, or NotFound."""
    row: Series = find.one(Series.objects.select_related("queue"), pk=pk)
    return row


def of_series(pk: UUID, appointment: UUID) -> Appointment:
    """An appointment of this very series, or NotFound."""
    row = found(appointment)
    if row.series_id != one(pk).pk:
        raise NotFound()
    return row


def series_doc(row: Series) -> Doc:
    return faces.all_series([str(row.pk)])[str(row.pk)]


def made_doc(told: Made) -> Doc:
    return {
        "series": series_doc(told.series), "appointments": docs([each.appointment for each in told.booked]),
        "skipped": [clash.face() for clash in told.skipped],
    }  # fmt: skip


def _docs(rows: Any) -> list[Doc]:
    keys = [str(row.pk) for row in rows]
    shown = faces.all_series(keys)
    return [shown[key] for key in keys]
