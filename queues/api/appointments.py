"""REST: appointments — the book, holds, booking, decisions, moves and the day of the appointment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import needs
from clinic.core.api import HouseViewSet
from clinic.core.api_fields import ReasonBody
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.core.faces import Doc, stamp
from clinic.core.sight import seen
from clinic.directory.models import VisitType
from clinic.records.api import with_candidates
from clinic.records.models import Patient
from clinic.tenants import days
from queues import appointment_faces as faces
from queues.api import find
from queues.appointment_serializers import (
    AppointmentBody,
    AppointmentDoc,
    AppointmentQuery,
    AppointmentStatusBody,
    CancelQuery,
    CheckedInDoc,
    DashboardDoc,
    DashboardQuery,
    DecisionBody,
    NewAppointmentDoc,
    PlaceHoldBody,
    RescheduleBody,
)
from queues.availability import book
from queues.availability_serializers import AvailabilityDoc, AvailabilityQuery, days_doc, span
from queues.models import (
    CALLED_OFF,
    CHECKED_IN,
    CONFIRMED,
    MISSED,
    REJECTED,
    SLOT,
    TAKES_PLACE,
    TOKEN,
    Appointment,
    Queue,
)  # fmt: skip
from queues.operations import appointments, checkin, desk_bookings
from queues.operations.appointments import Booked

WRONG_STATE = "APPOINTMENT_WRONG_STATE"
NOT_FREE = ["SLOT_TAKEN", "APPOINTMENT_TWICE"]
EXAMPLE = "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"


class AppointmentViewSet(HouseViewSet):
    """The hospital's book."""

    tag = "appointments"

    @needs("appointments.view")
    @answers(AppointmentDoc, query=AppointmentQuery, paged=True)
    def list(self, request: Request) -> Response:
        """Appointments in the order of time."""
        rows = Appointment.objects.filter(_where(self.query))
        return self.page(rows, self.query["ordering"], docs)

    @needs("appointments.view")
    @answers(AppointmentDoc, versioned=True)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One appointment."""
        return self.answer(self.one(doc(found(pk))))

    @needs("appointments.book")
    @answers(
        NewAppointmentDoc, 201, body=AppointmentBody, refusals=[*NOT_FREE, "PATIENT_KNOWN"],
        example={"patient": EXAMPLE, "doctor": EXAMPLE, "starts_at": "2026-12-01T10:20:00+01:00", "reason": "Check-up"},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Book somebody, at a time or for a day's number. Of two who want one place the second gets 409 `SLOT_TAKEN`.

        Its details name free places nearby. A new `person` is registered in the same act.
        """
        return self.act(booking(self.body, self.actor), booked, status=201)

    @needs("appointments.book")
    @answers(
        AppointmentDoc, 201, body=PlaceHoldBody, refusals=["SLOT_TAKEN"],
        example={"doctor": EXAMPLE, "starts_at": "2026-12-01T10:20:00+01:00"},
    )  # fmt: skip
    def hold(self, request: Request) -> Response:
        """Keep a place for some minutes while somebody is asked for their details; book it by its id as `hold`."""
        line, kind = find.line(self.body), type_of(self.body)
        verb = partial(appointments.hold, line, type=kind, starts_at=self.body["starts_at"], actor=self.actor)
        return self.act(verb, doc, status=201)

    @needs("appointments.book")
    @answers(AppointmentDoc, refusals=[WRONG_STATE])
    def release(self, request: Request, pk: UUID) -> Response:
        """Give a kept place back."""
        return self._act(appointments.release, pk)

    @needs("appointments.decide")
    @answers(AppointmentDoc, refusals=[WRONG_STATE])
    def accept(self, request: Request, pk: UUID) -> Response:
        """Confirm a request. The patient is told."""
        return self._act(appointments.accept, pk)

    @needs("appointments.decide")
    @answers(AppointmentDoc, body=ReasonBody, refusals=[WRONG_STATE], example={"reason": "Needs the cardiologist"})
    def reject(self, request: Request, pk: UUID) -> Response:
        """Decline a request, and why. The place is free and the patient is told."""
        return self._act(appointments.reject, pk, reason=self.body["reason"])

    @needs("appointments.decide")
    @answers(AppointmentDoc, body=DecisionBody, whole=True, refusals=[WRONG_STATE], example={"status": "confirmed"})
    def decide(self, request: Request, pk: UUID) -> Response:
        """Accept or reject, by the word; upper-case words of earlier systems are taken."""
        return self._decide(pk)

    @needs("appointments.decide")
    @answers(AppointmentDoc, body=DecisionBody, whole=True, refusals=[WRONG_STATE], example={"status": "rejected"})
    def replace(self, request: Request, pk: UUID) -> Response:
        """The same as PATCH, for callers that only know PUT."""
        return self._decide(pk)

    @needs("appointments.book")
    @answers(AppointmentDoc, query=CancelQuery, refusals=[WRONG_STATE])
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Cancel: the place is free at once and offered to the waiting list."""
        return self._act(appointments.cancel, pk, reason=self.query["reason"])

    @needs("appointments.book")
    @answers(AppointmentDoc, body=ReasonBody, refusals=[WRONG_STATE], example={"reason": "Has recovered"})
    def cancel(self, request: Request, pk: UUID) -> Response:
        """The same, with the reason in the body."""
        return self._act(appointments.cancel, pk, reason=self.body["reason"])

    @needs("appointments.book")
    @answers(
        NewAppointmentDoc, body=RescheduleBody, whole=True, refusals=[WRONG_STATE, *NOT_FREE],
        example={"starts_at": "2026-12-02T09:00:00+01:00", "reason": "Asked for an earlier day"},
    )  # fmt: skip
    def reschedule(self, request: Request, pk: UUID) -> Response:
        """Another time, day or line: a new appointment; the old one ends and names it as `successor`."""
        return self.act(moving(found(pk), self.body, self.actor), booked)

    @needs("appointments.check_in")
    @answers(CheckedInDoc, refusals=[WRONG_STATE, "APPOINTMENT_OTHER_DAY", "VISIT_ALREADY_IN_LINE"])
    def check_in(self, request: Request, pk: UUID) -> Response:
        """The patient is there: a visit under the booked token, in line by the booking's time."""
        row = found(pk)
        return self.act(partial(checkin.check_in, row, actor=self.actor), lambda arrival: {
            "appointment": doc(row), "visit": find.visit_doc(arrival.visit.pk),
        })  # fmt: skip

    @needs("appointments.check_in")
    @answers(AppointmentDoc, refusals=[WRONG_STATE, "APPOINTMENT_NOT_BEGUN"])
    def no_show(self, request: Request, pk: UUID) -> Response:
        """The patient did not come; who comes later on the day can still be checked in."""
        return self._act(checkin.no_show, pk)

    @needs("appointments.view")
    @answers(
        AppointmentDoc, body=AppointmentStatusBody, whole=True, refusals=[WRONG_STATE],
        example={"status": "cancelled", "reason": "Has recovered"},
    )  # fmt: skip
    def set_status(self, request: Request, pk: UUID) -> Response:
        """Act by the word it should have next, in lower or upper case; each word has an ability of its own."""
        row = found(pk)
        return self.act(VERBS[self.body["status"]](row, self.body, self.actor), lambda _: doc(row))

    @needs("directory.view")
    @answers(AvailabilityDoc, query=AvailabilityQuery)
    def availability(self, request: Request, pk: UUID) -> Response:
        """When a doctor is free: days with their times and numbers, as the desk can book them."""
        line, kind = find.own_line(find.doctor(pk)), type_of(self.query)
        return Response(availability_doc(line, kind, self.query))

    @needs("appointments.view")
    @answers(DashboardDoc, query=DashboardQuery)
    def dashboard(self, request: Request) -> Response:
        """The appointments of a service day, in the order of time; ended ones too."""
        day = self.query["date"] or days.service_day(days.current_hospital())
        rows = seen(Appointment.objects.filter(service_day=day, patient__isnull=False)).order_by("starts_at", "id")
        return Response({"service_day": day.isoformat(), "appointments": docs(rows)})

    def _decide(self, pk: UUID) -> Response:
        if self.body["status"] == CONFIRMED:
            return self._act(appointments.accept, pk)
        return self._act(appointments.reject, pk, reason=self.body["reason"])

    def _act(self, verb: Callable[..., Any], pk: UUID, **given: Any) -> Response:
        row = found(pk)
        return self.act(partial(verb, row, actor=self.actor, **given), lambda _: doc(row))

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(with_candidates(exc, self.actor))


# --- what commands of the stream share -------------------------------------------------------------------------------


def found(pk: UUID) -> Appointment:
    """The appointment of this id, or NotFound: unknown, foreign and not shown are the same."""
    row: Appointment = find.one(Appointment.objects.select_related("queue", "patient", "type"), pk=pk)
    return row


def type_of(given: Fields) -> VisitType | None:
    """The kind of visit that is named, if one is."""
    if given.get("type") is None:
        return None
    kind: VisitType = find.one(VisitType.objects.filter(is_active=True), pk=given["type"])
    return kind


def doc(row: Appointment) -> Doc:
    """The appointment's one document, as it is now."""
    return faces.appointments([str(row.pk)])[str(row.pk)]


def docs(rows: Any) -> list[Doc]:
    keys = [str(row.pk) for row in rows]
    shown = faces.appointments(keys)
    return [shown[key] for key in keys]


def booked(told: Booked) -> Doc:
    """The new appointment with the link of its page: the only answer that holds it."""
    url = f"{settings.PUBLIC_URL}/b/{told.link}/"
    return {**doc(told.appointment), "booking_token": told.link, "booking_url": url}


def source_of(given: Fields, actor: Any) -> str:
    named: str = given.get("source") or (Appointment.API if actor.kind == "key" else Appointment.DESK)
    return named


def when(given: Fields) -> Fields:
    """A start, or a day for a number."""
    if "date" in given:
        return {"day": given["date"], "mode": TOKEN}
    return {"starts_at": given["starts_at"], "mode": SLOT} if "starts_at" in given else {}


def booking(given: Fields, actor: Any) -> Callable[[], Booked]:
    """The operation that a body of a booking asks for."""
    line, kind = find.line(given), type_of(given)
    told: Fields = {
        "type": kind, "reason": given["reason"], "notes": given["notes"], "override_reason": given["override_reason"],
        "source": source_of(given, actor), **when(given),
    }  # fmt: skip
    if "hold" in given:
        told["held"] = found(given["hold"])
        told.setdefault("starts_at", told["held"].starts_at)
    if "patient" in given:
        patient = find.one(Patient.objects.all(), pk=given["patient"])
        return partial(appointments.book, line, patient, actor=actor, **told)
    person = dict(given["person"])
    why = person.pop("force_new")
    person.pop("unknown")
    return partial(desk_bookings.book_new, line, person, force_new=why, actor=actor, **told)


def moving(row: Appointment, given: Fields, actor: Any) -> Callable[[], Booked]:
    """The operation that a body of a move asks for."""
    told: Fields = {"day": given["date"]} if "date" in given else {"starts_at": given["starts_at"]}
    if "queue" in given:
        told["queue"] = find.queue(given["queue"])
    return partial(appointments.reschedule, row, reason=given["reason"], actor=actor, **told)


def availability_doc(line: Queue, kind: VisitType | None, asked: Fields) -> Doc:
    first, last = span(asked, days.service_day(days.current_hospital()))
    return {
        "doctor": str(line.doctor_id), "type": str(kind.pk) if kind else None,
        "time_zone": days.current_hospital().time_zone, "days": days_doc(book.days(line, first, last, kind)),
        "next_free_at": stamp(book.next_free(line, kind)),
    }  # fmt: skip


VERBS: dict[str, Callable[[Appointment, Fields, Any], Callable[[], Any]]] = {
    CONFIRMED: lambda row, _given, actor: partial(appointments.accept, row, actor=actor),
    REJECTED: lambda row, given, actor: partial(appointments.reject, row, reason=given["reason"], actor=actor),
    CALLED_OFF: lambda row, given, actor: partial(appointments.cancel, row, reason=given["reason"], actor=actor),
    CHECKED_IN: lambda row, _given, actor: partial(checkin.check_in, row, actor=actor),
    MISSED: lambda row, _given, actor: partial(checkin.no_show, row, actor=actor),
}
"""Status word → the operation that leads there."""


def _where(query: Fields) -> Q:
    plain = {
        "date": "service_day", "since": "service_day__gte", "until": "service_day__lte", "queue": "queue_id",
        "doctor": "queue__doctor_id", "department": "queue__department_id", "patient": "patient_id",
        "type": "type_id", "series": "series_id", "status": "state", "source": "source",
    }  # fmt: skip
    where = Q(**{column: query[name] for name, column in plain.items() if name in query})
    if "live" in query:
        where &= Q(state__in=TAKES_PLACE) if query["live"] else ~Q(state__in=TAKES_PLACE)
    return where
