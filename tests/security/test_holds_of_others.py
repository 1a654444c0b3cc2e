"""A place that is kept is kept for whoever asked for it: nobody else books it or gives it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.core.access import VISITOR
from clinic.core.errors import NotFound
from clinic.live.models import Event
from queues import online
from queues.models import HELD, Appointment
from queues.operations import appointments, waitlist
from tests.api.client import api
from tests.house.calls.book import free
from tests.queues.public import MONDAY, PERSON, at_of, held, listed, newest
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.3")]
WHO: dict[str, Any] = {"given_name": "Mallory", "family_name": "Else", "phone": "+33 6 99 88 77 66", "birth_year": 1990}


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


def test_a_visitor_needs_what_the_browser_was_given(world: World) -> None:
    house = world.harbor
    with house.open():
        mine = appointments.hold_online(house.own, starts_at=free(house)[0], actor=VISITOR)
        for said in ("", "guessed", mine.hold_hash):
            found = Appointment.objects.get(pk=mine.pk)
            found.hold_secret = said
            for act in (
                lambda found=found: appointments.book_online(found, WHO, actor=VISITOR),
                lambda found=found: appointments.release_online(found, actor=VISITOR),
            ):
                with pytest.raises(NotFound):
                    act()
        assert mine.hold_secret and mine.hold_secret not in str(Appointment.objects.values().get(pk=mine.pk))
        assert mine.hold_secret not in str(list(Event.objects.values())) and mine.hold_hash not in str(
            list(Event.objects.values())
        )
        assert appointments.book_online(mine, WHO, actor=VISITOR).appointment.pk == mine.pk


def test_one_kept_place_signed_for_another_browser_opens_nothing(world: World) -> None:
    """The page's own signature is not enough: what it signs names the secret of the hold, too."""
    house = world.harbor
    listed(house)
    held(Client(), house)
    mine = at_of(held(Client(), house))
    with house.open():
        theirs = Appointment.objects.filter(state=HELD).order_by("booked_at", "id").first()
        assert theirs is not None
        place = online.chosen(mine)
        forged = online.Chosen(place.line, place.type, theirs.starts_at, held=theirs.pk, secret=place.secret).signed()
    answer = Client().post(f"/book/{house.hospital.slug}/details/", {"at": forged, **PERSON})
    assert answer.status_code == 404
    with house.open():
        theirs.refresh_from_db()
        assert (theirs.state, theirs.patient) == (HELD, None)


@pytest.mark.parametrize("other", ["manager", "visitor"])
def test_the_desk_books_its_own_holds_only(world: World, other: str) -> None:
    house = world.harbor
    listed(house)
    with house.open():
        start = free(house)[0]
        by = appointments.hold_online if other == "visitor" else appointments.hold
        who = VISITOR if other == "visitor" else house.actor(other)
        theirs = by(house.own, starts_at=start, actor=who)
        patient = house.patient()
    body = {"patient": str(patient.pk), "doctor": str(house.doctor.pk), "hold": str(theirs.pk)}
    assert api(house, "receptionist").post("appointments", body).status == 404
    with house.open():
        assert newest().patient is None
        own = appointments.hold(house.own, starts_at=free(house, count=2)[1], actor=house.desk)
    assert api(house, "receptionist").post("appointments", {**body, "hold": str(own.pk)}).status == 201


def test_an_offer_of_the_waiting_list_is_its_patients(world: World) -> None:
    house = world.harbor
    one, other = house.patient(), house.patient("Otto", "Other")
    with house.open():
        start = free(house)[0]
        entry = waitlist.enter(
            house.own, one, first_day=MONDAY.date(), last_day=MONDAY.date(), actor=house.desk
        )  # fmt: skip
        place = waitlist.offer(entry, start, actor=house.desk)
        place.hold_secret = ""
        with pytest.raises(NotFound):
            appointments.book(house.own, other, held=place, actor=house.actor("manager"))
        assert waitlist.take_offer(entry, actor=house.actor("manager")).appointment.patient_id == one.pk
