"""Recurring series (R2.10): booked in one act, conflicts listed before saving, exceptions, one-or-all edits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from clinic.core.errors import Conflict, Invalid, NotAllowed
from clinic.live.models import Event
from queues.models import BOOKED, CALLED_OFF, RESCHEDULED, Appointment, Series
from queues.operations import appointments, series
from tests.house.calls.book import booked
from tests.house.calls.waitlist import made, nth
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.10")]
MONDAY = date(2026, 10, 12)
"""The clocks go back on the 25th: a series of four weeks goes over it."""
WEEKLY = "FREQ=WEEKLY;COUNT=4"


@pytest.fixture
def house(world: World) -> Any:
    here = world.harbor
    with time_machine.travel(datetime.combine(MONDAY, time(8), tzinfo=here.hospital.zone), tick=False), here.open():
        yield here


def at(house: House, weeks: int, hour: int = 12, days: int = 1) -> datetime:
    """Tuesday at noon, so many weeks on, by the clock on the wall."""
    return datetime.combine(MONDAY + timedelta(days=days, weeks=weeks), time(hour), tzinfo=house.hospital.zone)


def weekly(house: House, **more: Any) -> Series:
    return made(house, WEEKLY, starts_at=at(house, 0), **more)


def starts(row: Series) -> list[datetime]:
    return list(row.appointments.filter(state__in=BOOKED).order_by("starts_at").values_list("starts_at", flat=True))


def test_every_time_is_booked_in_one_act_at_the_same_hour_on_the_wall(house: House) -> None:
    row = weekly(house)
    assert starts(row) == [at(house, week) for week in range(4)]
    assert set(row.appointments.values_list("source", flat=True)) == {Appointment.OF_SERIES}
    event = Event.objects.get(name="series.made")
    assert len([ref for ref in event.subjects if ref.startswith("appointment:")]) == 4
    assert Event.objects.filter(op=event.op).exclude(name__startswith=("appointment.")).count() == 1


def test_conflicts_are_listed_before_saving_with_free_places(house: House) -> None:
    booked(house, at(house, 1))
    clashes = series.conflicts(house.own, None, at(house, 0), WEEKLY)
    assert [clash.starts_at for clash in clashes] == [at(house, 1)]
    assert clashes[0].alternatives
    assert at(house, 1) not in clashes[0].alternatives
    before = Event.objects.count()
    with pytest.raises(Conflict) as refused:
        weekly(house)
    assert refused.value.code == "series.conflicts"
    assert [each["starts_at"] for each in refused.value.details["conflicts"]] == [clashes[0].face()["starts_at"]]
    assert (Event.objects.count(), Series.objects.count()) == (before, 0), "nothing was saved"
    row = weekly(house, skip_conflicts=True)
    assert starts(row) == [at(house, 0), at(house, 2), at(house, 3)]
    assert row.exceptions == ["2026-10-20"]


def test_exceptions_are_left_out(house: House) -> None:
    row = weekly(house, exceptions=[date(2026, 10, 20)])
    assert starts(row) == [at(house, 0), at(house, 2), at(house, 3)]


def test_nothing_is_made_where_no_time_is_free(house: House) -> None:
    for week in range(4):
        booked(house, at(house, week))
    with pytest.raises(Conflict):
        weekly(house, skip_conflicts=True)
    assert not Series.objects.exists()


def test_one_is_moved_and_the_others_stay(house: House) -> None:
    row = weekly(house)
    told = series.move_one(nth(row, 1), starts_at=at(house, 1, 13), actor=house.desk)
    assert starts(row) == [at(house, 0), at(house, 1, 13), at(house, 2), at(house, 3)]
    assert told.booked[0].appointment.series_id == row.pk
    row.refresh_from_db()
    assert row.exceptions == ["2026-10-20"]


@pytest.mark.parametrize(("days", "hour"), [(1, 13), (2, 12), (8, 12), (1, 11)])
def test_all_that_follow_are_moved_by_the_wall(house: House, days: int, hour: int) -> None:
    """An hour, a day, a whole week (onto each other's places), and earlier: over the change of the clocks."""
    row = weekly(house)
    series.move_all(nth(row, 1), starts_at=at(house, 1, hour, days), actor=house.desk)
    assert starts(row) == [at(house, 0), *(at(house, week, hour, days) for week in (1, 2, 3))]
    old = Appointment.objects.filter(series=row, state=RESCHEDULED)
    assert {one.successor.series_id for one in old if one.successor} == {row.pk}


def test_a_move_of_all_is_refused_with_its_conflicts_or_leaves_those_where_they_are(house: House) -> None:
    row = weekly(house)
    booked(house, at(house, 2, 13))
    with pytest.raises(Conflict) as refused:
        series.move_all(nth(row, 1), starts_at=at(house, 1, 13), actor=house.desk)
    assert len(refused.value.details["conflicts"]) == 1
    assert starts(row) == [at(house, week) for week in range(4)]
    told = series.move_all(nth(row, 1), starts_at=at(house, 1, 13), skip_conflicts=True, actor=house.desk)
    assert starts(row) == [at(house, 0), at(house, 1, 13), at(house, 2), at(house, 3, 13)]
    assert [clash.starts_at for clash in told.skipped] == [at(house, 2, 13)]


def test_one_is_left_out_and_its_place_is_free(house: House) -> None:
    row = weekly(house)
    one = nth(row, 1)
    series.skip_one(one, reason="holidays", actor=house.desk)
    one.refresh_from_db()
    assert one.state == CALLED_OFF
    assert series.conflicts(house.own, None, at(house, 1), "FREQ=WEEKLY;COUNT=1") == []
    with pytest.raises(NotAllowed):
        series.skip_one(one, reason="holidays", actor=house.desk)


def test_what_is_to_come_is_cancelled_and_the_series_ends(house: House) -> None:
    row = weekly(house)
    series.cancel_all(row, start=at(house, 2), reason="recovered", actor=house.desk)
    assert starts(row) == [at(house, 0), at(house, 1)]
    row.refresh_from_db()
    assert row.ended_at is None
    series.cancel_all(row, reason="recovered", actor=house.desk)
    assert Series.objects.get().ended_at is not None
    before = Event.objects.count()
    series.cancel_all(row, reason="recovered", actor=house.desk)
    assert Event.objects.count() == before


def test_a_series_that_has_begun_or_never_comes_is_refused(house: House) -> None:
    with pytest.raises(Invalid):
        made(house, WEEKLY, starts_at=at(house, -2))
    with pytest.raises(Invalid):
        made(house, "FREQ=MINUTELY;COUNT=4", starts_at=at(house, 0))
    loose = booked(house, at(house, 0))
    with pytest.raises(NotAllowed) as refused:
        series.move_one(loose, starts_at=at(house, 0, 14), actor=house.desk)
    assert refused.value.code == "series.not_of_it"


def test_one_of_a_series_is_cancelled_like_any_other(house: House) -> None:
    row = weekly(house)
    appointments.cancel(nth(row, 2), reason="ill", actor=house.desk)
    assert len(starts(row)) == 3
