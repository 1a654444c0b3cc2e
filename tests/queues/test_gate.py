"""A call waits for whoever re-numbers a line, and takes the first of the line as it stands then (R3.7)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from clinic.core.access import SYSTEM
from clinic.live.record import change
from queues.models import Leg, Queue, Visit
from queues.operations import calls, order, resort
from tests.queues.crowd import wait_until_blocked
from tests.queues.helpers import set_policy
from tests.world import House, World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.rule("3.7")]
PATIENCE = 20


def called_while(house: House, act: Callable[[], Any], inside: threading.Event, go: threading.Event) -> Visit:
    """Whom the other doctor gets, pressing "call next" in the middle of the act, with people of the line locked."""
    desk, errors, found = house.desk, list[BaseException](), list[Visit]()

    def run(what: Callable[[], Any]) -> None:
        try:
            with house.open():
                what()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def call() -> None:
        leg = calls.call_next(house.colleague, actor=desk)
        assert leg is not None
        found.append(leg.visit)

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
    found = called_while(house, lambda: resort.resort(actor=SYSTEM), inside, go)
    assert found.pk == first.pk


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
    found = called_while(house, lambda: calls.skip(first, actor=desk), inside, go)
    assert found.pk == second.pk
