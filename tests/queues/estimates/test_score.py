"""The promise ledger: what was shown, by which model, and what came of it (R3.32)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from clinic.live.models import Event
from clinic.tenants import days
from queues.estimates import model, publish, score
from queues.models import Leg, Promise
from queues.operations import calls, ends, undo
from tests.api.client import api
from tests.house.test_writes import NAMED
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("3.32")]
NOW = datetime.fromisoformat("2026-11-20T10:00:00+00:00")


@pytest.fixture
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(at: time_machine.Traveller, world: World) -> Iterator[House]:
    with world.harbor.open():
        yield world.harbor


def test_everything_shown_is_promised_with_its_model(house: House, at: time_machine.Traveller) -> None:
    house.waiting(3)
    publish.refresh()
    promises = list(Promise.objects.order_by("pk"))
    assert [(one.ahead, one.model, one.servers, one.called_at) for one in promises] == [
        (n, model.NAME, 1, None) for n in range(3)
    ]
    assert all(one.at == NOW and one.p50_at <= one.p90_at for one in promises)
    publish.refresh()
    assert Promise.objects.count() == 3  # nothing new was shown
    at.shift(timedelta(minutes=11))
    publish.refresh()
    assert Promise.objects.count() > 3


def test_a_call_scores_the_promises_made_before_it_once(house: House, at: time_machine.Traveller) -> None:
    first, second = house.waiting(2)
    publish.refresh()
    at.shift(timedelta(minutes=4))
    calls.call_next(house.doctor, actor=house.medic)
    assert score.settle() == 1
    assert score.settle() == 0
    leg = Leg.objects.get(visit=first)
    assert Promise.objects.get(leg_id=leg.pk).called_at == NOW + timedelta(minutes=4)
    assert Promise.objects.get(leg_id=Leg.objects.get(visit=second).pk).called_at is None


def test_an_undone_call_opens_its_promises_again(house: House, at: time_machine.Traveller) -> None:
    house.waiting(1)
    publish.refresh()
    calls.call_next(house.doctor, actor=house.medic)
    seq = Event.objects.filter(name="visit.called").latest("seq").seq
    score.settle()
    undo.undo(seq, actor=house.medic)
    assert score.settle() == 1
    assert Promise.objects.get().called_at is None


def test_a_promise_made_after_a_skip_is_scored_by_the_next_call(house: House, at: time_machine.Traveller) -> None:
    visit = house.waiting(2)[0]
    publish.refresh()
    calls.call_next(house.doctor, actor=house.medic)
    score.settle()
    at.shift(timedelta(minutes=1))
    calls.skip(visit, actor=house.medic)
    at.shift(timedelta(minutes=20))
    publish.refresh()
    leg = Leg.objects.get(visit=visit)
    assert Promise.objects.filter(leg_id=leg.pk, called_at=None).count() == 1
    score.settle()
    assert Promise.objects.filter(leg_id=leg.pk, called_at=None).count() == 1  # the call before it is not its call
    calls.call(visit, house.doctor, reason="is back", actor=house.medic)
    score.settle()
    leg.refresh_from_db()
    assert Promise.objects.filter(leg_id=leg.pk).latest("pk").called_at == leg.called_at


def test_the_yardstick_is_the_mean_of_the_last_ten_waits(house: House, at: time_machine.Traveller) -> None:
    house.waiting(1)
    at.shift(timedelta(minutes=30))
    leg = calls.call_next(house.doctor, actor=house.medic)
    assert leg is not None
    ends.complete(leg.visit, actor=house.medic)
    house.waiting(1)
    publish.refresh()
    assert Promise.objects.latest("pk").rolling_at == NOW + timedelta(minutes=60)


def test_the_scores_of_a_day(house: House, world: World, at: time_machine.Traveller) -> None:
    today = days.service_day(house.hospital)
    leg = Leg.objects.get(visit=house.waiting(1)[0])
    for off, p90, rolling in ((4, 10, 20), (6, 2, 40)):
        Promise.objects.create(
            leg_id=leg.pk, queue_id=house.own.pk, at=NOW, model=model.NAME, ahead=0, servers=1,
            p50_at=NOW + timedelta(minutes=5 - off), p90_at=NOW + timedelta(minutes=p90),
            rolling_at=NOW + timedelta(minutes=5 + rolling), called_at=NOW + timedelta(minutes=5),
        )  # fmt: skip
    Promise.objects.create(
        leg_id=leg.pk, queue_id=house.own.pk, at=NOW, model=model.NAME, ahead=0, servers=1, p50_at=NOW, p90_at=NOW
    )
    (doc,) = score.calibration(today)
    assert (doc["queue"], doc["name"]) == (str(house.own.pk), house.own.name)
    assert (doc["promises"], doc["scored"], doc["p90_coverage"]) == (3, 2, 0.5)
    assert (doc["error_minutes"], doc["rolling_error_minutes"]) == (5.0, 30.0)
    assert doc["smaller_by"] == pytest.approx(0.833)
    assert score.calibration(today - timedelta(days=1)) == []
    told = api(house).get(f"queue/estimates/calibration?date={today}")
    assert told.status == 200 and told.json["lines"] == [doc]
    assert api(house).get("queue/estimates/calibration").json == told.json
    assert api(house, "receptionist").get("queue/estimates/calibration").status == 403
    with world.hilltop.open():
        assert api(world.hilltop).get("queue/estimates/calibration").json["lines"] == []


def test_the_ledger_is_written_in_two_places_only() -> None:
    assert {where for where, what in NAMED if what.startswith("Promise.")} == {
        "queues/estimates/publish.py", "queues/estimates/score.py"
    }  # fmt: skip
