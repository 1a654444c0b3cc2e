"""REST without sign-in: what the holder of a visit's link may do about that one visit (R3.13, R3.14)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core.access import PATIENT, Actor, public
from clinic.core.api_input import Fields
from clinic.core.api_told import answers
from clinic.core.errors import NotAllowed, NotFound, say
from clinic.tenants.models import Hospital, PublicToken
from queues.api import own_place
from queues.api.public import PublicViewSet
from queues.hold_serializers import PhoneDelayBody
from queues.models import Appointment, Visit
from queues.operations import checkin, holds, returns
from queues.serializers import PlaceDoc

OWN = "the visit's token names what it acts on"
WRONG_STATE = "VISIT_WRONG_STATE"

say({"appointment.not_here_yet": _("Check in first: this is for whoever is in the line.")})


class PhoneViewSet(PublicViewSet):
    """The patient's own visit."""

    @public(OWN)
    @answers(
        PlaceDoc, body=PhoneDelayBody, limited=True, example={"minutes": 20},
        refusals=[WRONG_STATE, "VISIT_DELAY_LIMIT", "VISIT_CALLED_ALREADY"],
    )  # fmt: skip
    def delay(self, request: Request, token: str) -> Response:
        """Back by some places, or away for some minutes with the place kept: three times, and not once called.

        By a booking's link before check-in: the patient will be so many minutes late, and the clinic is told.
        """
        return self._by_link(token, holds.delay_by_link, before=_late(self.body), **self.body)

    @public(OWN)
    @answers(PlaceDoc, limited=True, refusals=[WRONG_STATE, "VISIT_DESK_BRINGS_BACK"])
    def come_back(self, request: Request, token: str) -> Response:
        """Back earlier than said."""
        return self._by_link(token, holds.come_back_by_link)

    @public(OWN)
    @answers(PlaceDoc, limited=True, refusals=[WRONG_STATE, "VISIT_OTHER_DAY"])
    def rejoin(self, request: Request, token: str) -> Response:
        """Ask to come back into the line after being missed or having left; the desk decides."""
        return self._by_link(token, returns.ask_rejoin_by_link)

    def _by_link(
        self, token: str, verb: Callable[..., Any], before: Callable[[Appointment], Any] | None = None, **given: Any
    ) -> Response:  # fmt: skip
        """Act on the visit of a visit's or a booking's link; ``before``: what there is to do before check-in."""

        def act(key: str, here: Hospital) -> Any:
            visit = Visit.objects.filter(pk=UUID(key)).first()
            if visit is None:
                raise NotFound("link.unknown")
            actor = Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT)
            told = self.act(partial(verb, visit, actor=actor, **given), lambda _told: own_place.of_visit(key, here))
            return told.data

        def act_booked(key: str, here: Hospital) -> Any:
            row = own_place.appointment(key)
            if row.visit is not None:
                return act(str(row.visit.pk), here)
            if before is None:
                raise NotAllowed("appointment.not_here_yet")
            return self.act(partial(before, row), lambda _told: own_place.of_appointment(key, here)).data

        return self._open_any(token, {PublicToken.BOOKING: act_booked, PublicToken.STATUS: act})


def _late(given: Fields) -> Callable[[Appointment], Any]:
    def tell(row: Appointment) -> Any:
        actor = Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)
        return checkin.delay_by_link(row, minutes=given.get("minutes", 0), actor=actor)

    return tell
