"""REST without sign-in: booking, and what the holder of a booking's link may do about that one appointment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import PATIENT, VISITOR, Actor, public
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.core.errors import NotAllowed, NotFound, TooMany, say
from clinic.core.faces import Doc, stamp
from clinic.core.http import address
from clinic.core.tenancy import hospital
from clinic.directory.models import VisitType
from clinic.records.search import phone_key, plain
from clinic.tenants import days, links
from clinic.tenants.models import Hospital, HospitalConfig, PublicToken
from queues import online
from queues.api import own_place
from queues.api.appointments import when
from queues.api.public import PublicViewSet
from queues.appointment_serializers import PublicBookedDoc, PublicBookingBody, PublicMoveBody, PublicReasonBody
from queues.models import Appointment, Queue
from queues.operations import appointments, checkin, public_limits
from queues.operations.appointments import Booked
from queues.serializers import PlaceDoc

OWN = "the booking's token names what it acts on"
WRONG_STATE = "APPOINTMENT_WRONG_STATE"
PERSON = ("given_name", "family_name", "phone", "birth_year", "birth_date", "email", "language")
QUIET_AGAIN = 60
"""Seconds after which strangers may book again without a code."""
EXAMPLE = "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"

say({"booking.code_needed": _("Whoever books has to show a code first: please book on the hospital's own page.")})


class BookingViewSet(PublicViewSet):
    """Bookings of whoever has no account."""

    tag = "public-appointments"

    @public("whoever books has no account")
    @answers(
        PublicBookedDoc, 201, body=PublicBookingBody, limited=True,
        refusals=["SLOT_TAKEN", "BOOKING_CODE_NEEDED"],
        example={"hospital": "harbor", "doctor": EXAMPLE, "starts_at": "2026-12-01T10:20:00+01:00",
                 "given_name": "Priya", "family_name": "Raman", "phone": "+33 6 12 34 56 78", "birth_year": 1988},
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Book without sign-in, at a time or for a day's number. Known and unknown people get the same answer.

        The token in the answer opens the booking; nothing else does. A taken place answers 409 with free ones.
        """
        given = self.body
        here = Hospital.objects.filter(slug=given["hospital"], hidden=False).first()
        if here is None:
            raise NotFound()
        if not here.is_open:
            raise links.Closed(here)
        public_limits.page(address(request))
        with hospital(here), timezone.override(here.zone):
            return self.act(self._booking(given), _booked, status=201)

    @public(OWN)
    @answers(PlaceDoc, body=PublicReasonBody, limited=True, refusals=[WRONG_STATE], example={"reason": "Has recovered"})
    def cancel(self, request: Request, token: str) -> Response:
        """Cancel the booking: the place is free at once."""
        return self._by_link(token, appointments.cancel_by_link, reason=self.body["reason"])

    @public(OWN)
    @answers(
        PublicBookedDoc, body=PublicMoveBody, limited=True, refusals=[WRONG_STATE, "SLOT_TAKEN"],
        example={"starts_at": "2026-12-02T09:00:00+01:00"},
    )  # fmt: skip
    def reschedule(self, request: Request, token: str) -> Response:
        """Another time: a new booking with a token of its own; the old one ends."""

        def act(key: str, _here: Hospital) -> Any:
            row = own_place.appointment(key)
            verb = partial(
                appointments.reschedule_by_link, row, starts_at=self.body["starts_at"], actor=holder(row)
            )  # fmt: skip
            return self.act(verb, _booked).data

        return self._open(PublicToken.BOOKING, token, act)

    @public(OWN)
    @answers(PlaceDoc, limited=True, refusals=[WRONG_STATE, "APPOINTMENT_TOO_EARLY", "APPOINTMENT_OTHER_DAY"])
    def check_in(self, request: Request, token: str) -> Response:
        """Here: into the line by the booking's time. The answer is the place in the line."""
        return self._by_link(token, checkin.check_in_by_link)

    def _by_link(self, token: str, verb: Callable[..., Any], **given: Any) -> Response:
        def act(key: str, here: Hospital) -> Any:
            row = own_place.appointment(key)
            verb_of = partial(verb, row, actor=holder(row), **given)
            return self.act(verb_of, lambda _told: own_place.of_appointment(key, here)).data

        return self._open(PublicToken.BOOKING, token, act)

    def _booking(self, given: Fields) -> Callable[[], Booked]:
        line, person = _line(given), {name: given[name] for name in PERSON if given.get(name)}
        kind = _kind(line, given)
        if days.policies().public_verification != HospitalConfig.NONE:
            raise NotAllowed("booking.code_needed")
        key, what, where = phone_key(given["phone"]), _what(line, given), address(self.request)
        if not public_limits.calm(where):
            raise TooMany("request.too_many", retry_after=QUIET_AGAIN)

        def book() -> Booked:  # not before: a request that is sent twice gets its first answer
            if public_limits.booked_before(key, what, where, days.policies().live_bookings_per_phone):
                raise NotAllowed("booking.code_needed")
            made: Booked = appointments.book_online(
                line, person, type=kind, reason=given["reason"], actor=VISITOR, **when(given)
            )
            public_limits.note_booked(key, what, where)
            return made

        return book


def holder(row: Appointment) -> Actor:
    """Whoever holds the link of this appointment."""
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


def _what(line: Queue, given: Fields) -> str:
    """Who comes to which line on which day."""
    name = plain(f"{given['given_name']} {given['family_name']}")
    day = given["date"] if "date" in given else days.service_day(days.current_hospital(), given["starts_at"])
    return f"{name} {line.pk} {day}"


def _line(given: Fields) -> Queue:
    if "doctor" in given:
        return online.line(str(given["doctor"]))
    found = online.lines().filter(sort=Queue.POOL, department=given["department"]).first()
    if found is None:
        raise NotFound()
    return found


def _kind(line: Queue, given: Fields) -> VisitType | None:
    """The kind that was named, or the line's first; NotFound for one that cannot be booked online here."""
    kinds = online.types(line)
    kind = online.type_of(kinds, str(given.get("type", "")))
    if "type" in given and (kind is None or kind.pk != given["type"]):
        raise NotFound()
    return kind


def _booked(told: Booked) -> Doc:
    row = told.appointment
    return {
        "token": told.link, "url": f"{settings.PUBLIC_URL}/b/{told.link}/", "status": row.state,
        "starts_at": stamp(row.starts_at), "number": row.token,
    }  # fmt: skip
