"""A call waits for whoever re-numbers a line, and takes the first of the line as it stands then (R3.7)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from clinic.core.access import SYSTEM
from clinic.live.record import change
from queues.models import Leg, Queue
from queues.operations import calls, ends, order, resort
from tests.queues.crowd import wait_until_blocked
from tests.queues.helpers import set_policy
from tests.world import House, World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.rule("3.7")]
PATIENCE = 20
Act = Callable[[], Any]


def called_while(house: House, act: Act, press: Act, inside: threading.Event, go: threading.Event) -> UUID:
    """Whose visit the press in the middle of the act calls."""
    errors, found = list[BaseException](), list[UUID]()

    def run(what: Callable[[], Any]) -> None:
        try:
            with house.open():
                what()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def call() -> None:
        found.append(press().visit_id)

    acting = threading.Thread(target=run, args=(act,))
    acting.start()
    assert inside.wait(PATIENCE)
    calling = threading.Thread(target=run, args=(call,))
    calling.start()
    wait_until_blocked()
    assert found == []
    go.set()
    acting.join(PATIENCE)
    calling.join(PATIENCE)
    assert errors == []
    return found[0]


def next_of(house: House) -> Act:
    desk = house.desk
    return lambda: calls.call_next(house.colleague, actor=desk)


@pytest.fixture
def pause() -> tuple[threading.Event, threading.Event, Callable[[Any], Any]]:
    """Stops whoever runs what it is put around, before it, until told to go on."""
    inside, go = threading.Event(), threading.Event()

    def around(real: Any) -> Any:
        def slowly(*args: Any, **options: Any) -> Any:
            inside.set()
            assert go.wait(PATIENCE)
            return real(*args, **options)

        return slowly

    return inside, go, around


def test_a_call_does_not_pass_those_who_are_sorted_anew(
    world: World, monkeypatch: pytest.MonkeyPatch, pause: tuple[Any, Any, Any]
) -> None:
    house, (inside, go, around) = world.harbor, pause
    with house.open():
        own = Queue.objects.get(doctor=house.colleague)
    assert own.pk < house.pool.pk, "the line that is sorted first"
    first = house.waiting(1, own)[0]
    house.waiting(1, house.pool)
    monkeypatch.setattr(resort, "_written", around(resort._written))
    assert called_while(house, lambda: resort.resort(actor=SYSTEM), next_of(house), inside, go) == first.pk


def test_a_call_does_not_pass_those_who_make_room(
    world: World, monkeypatch: pytest.MonkeyPatch, pause: tuple[Any, Any, Any]
) -> None:
    """All came at one moment: who is skipped stands among them, and those behind get new numbers."""
    house, (inside, go, around) = world.harbor, pause
    first, second, *_others = house.waiting(8, house.pool)
    desk, real = house.desk, change
    with house.open():
        set_policy(house.actor("owner"), skip_places=1)
        Leg.objects.update(order_at=Leg.objects.get(visit=first).order_at)
        called = calls.call_next(house.doctor, actor=house.medic)
        assert called is not None and called.visit_id == first.pk

    def slowly(row: Any, **fields: Any) -> Any:
        return (around(real) if isinstance(row, Leg) and not inside.is_set() else real)(row, **fields)

    monkeypatch.setattr(order, "change", slowly)
    assert called_while(house, lambda: calls.skip(first, actor=desk), next_of(house), inside, go) == second.pk


def test_whoever_completes_and_calls_and_whoever_sorts_do_not_wait_for_each_other(
    world: World, monkeypatch: pytest.MonkeyPatch, pause: tuple[Any, Any, Any]
) -> None:
    """The sorting wants the leg of the patient in the room as well: who completes it waits before taking it."""
    house, (inside, go, around) = world.harbor, pause
    first = house.waiting(2, house.pool)[1]
    desk, tries = house.desk, list[Any]()
    with house.open():
        leg = calls.call_next(house.colleague, actor=desk)
        assert leg is not None
    done = ends._complete

    def complete(*args: Any) -> None:
        tries.append(args)
        done(*args)

    monkeypatch.setattr(ends, "_complete", complete)
    monkeypatch.setattr(resort, "_sort", around(resort._sort))  # the lines are closed, and no leg is locked yet
    press = lambda: ends.complete_and_call(leg.visit, actor=desk)[1]  # noqa: E731
    assert called_while(house, lambda: resort.resort(actor=SYSTEM), press, inside, go) == first.pk
    assert len(tries) == 1, "it was thrown back by a deadlock, and run again"
