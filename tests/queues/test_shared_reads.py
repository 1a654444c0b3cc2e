"""What several regions or days need is read once for all of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.live import letters, regions, render
from clinic.live.render import Want
from queues.models import Queue
from queues.regions import book
from tests.queues.bookings import TEN, booked, minutes
from tests.queues.helpers import at, signed_in
from tests.world import House, World

pytestmark = pytest.mark.django_db


def wants(house: House, *kinds: str) -> dict[letters.Key, Any]:
    desk = house.desk
    return {("en", Want(kind, str(house.own.pk), regions.audience_of(desk, kind))): None for kind in kinds}


def cost(house: House, *kinds: str) -> int:
    render.forget()
    with CaptureQueriesContext(connection) as told:
        flushed = letters.flush(house.hospital.pk, None, wants(house, *kinds))
    assert len(flushed.drawn) == len(kinds) and None not in flushed.drawn.values() and not flushed.failed
    return len(told)


def test_a_line_and_its_head_are_pushed_with_one_reading_of_the_line(world: World) -> None:
    house = world.harbor
    house.waiting(3)
    cost(house, "line", "queue-head")  # the rows that hold for good are at hand now
    alone = cost(house, "line") + cost(house, "queue-head")
    assert cost(house, "line", "queue-head") <= alone - 3


def test_a_week_of_the_book_asks_no_more_than_a_day(world: World) -> None:
    house = world.harbor
    with time_machine.travel(TEN - minutes(60), tick=False):
        booked(house)
        client, told = signed_in(house, "receptionist"), []
        week = f"view=week&doctor={house.doctor.pk}"
        for path in (f"book/?day=2026-11-20&{more}" for more in ("view=day", week, "view=day", week)):
            render.forget()
            with CaptureQueriesContext(connection) as queries:
                assert client.get(at(house, path)).status_code == 200
            told.append(len(queries))
    assert told[3] <= told[2]


def test_each_day_has_its_own_hours_however_many_are_asked(world: World) -> None:
    house = world.harbor
    week = [date(2026, 11, day) for day in range(16, 23)]
    far = date(2031, 5, 12)
    with house.open(), timezone.override(house.hospital.zone):
        lines = list(Queue.objects.select_related("doctor", "department"))
        together = book.open_times(lines, [*week, far])
        apart = {key: spans for day in (*week, far) for key, spans in book.open_times(lines, [day]).items()}
    assert together == apart
    assert len(together) == 8 * len(lines) and any(together.values())


def test_a_day_that_is_no_day_of_anybody_is_not_there(world: World) -> None:
    house = world.harbor
    with house.open(), timezone.override(house.hospital.zone):
        found = book.load_columns([book.key_of(house.own.pk, day) for day in (date.min, date.max, date(2026, 11, 20))])
    assert [key.partition("/")[2] for key in found] == ["2026-11-20"]
