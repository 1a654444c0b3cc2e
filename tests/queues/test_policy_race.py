"""Somebody comes in while the policy of order changes: in the end they stand by the new one (R3.4)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from clinic.live import outbox
from clinic.live.models import Event
from queues import tasks
from queues.models import URGENT, Leg
from queues.operations import entering, intake, order, resort
from tests.ledger import recorded
from tests.queues.helpers import set_policy
from tests.world import House, World

PATIENCE = 20


def line(house: House) -> list[str]:
    with house.open():
        return list(Leg.objects.filter(queue=house.own).waiting().in_order().values_list("visit__token", flat=True))


@pytest.mark.postgres
@pytest.mark.rule("3.4")
@pytest.mark.django_db(transaction=True)
def test_an_arrival_that_read_the_old_policy_is_put_right(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk's act reads the policy, then the owner's change and its sorting pass, then the act is committed."""
    house = world.harbor
    with time_machine.travel(timezone.now() - timedelta(minutes=90), tick=False):
        house.waiting(1)
    late, desk, owner = house.patient("Late", "Comer"), house.desk, house.actor("owner")
    has_read, may_go, errors, take = threading.Event(), threading.Event(), list[BaseException](), order.take

    def slowly(*scopes: Any) -> Any:
        if threading.current_thread() is desk_thread:
            has_read.set()
            assert may_go.wait(PATIENCE)
        return take(*scopes)

    def come_in() -> None:
        try:
            with house.open():
                intake.arrive(house.own, late, klass=URGENT, class_reason="Short of breath", actor=desk)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    monkeypatch.setattr(entering, "take", slowly)
    desk_thread = threading.Thread(target=come_in)
    desk_thread.start()
    assert has_read.wait(PATIENCE)
    with house.open():
        set_policy(owner, order_policy="aged")
        outbox.run(house.hospital.pk)
    may_go.set()
    desk_thread.join(PATIENCE)
    assert not errors
    assert line(house) == ["A-002", "A-001"], "urgent by the old policy: before everybody"
    assert tasks.sort_again() == 1
    assert line(house) == ["A-001", "A-002"], "an hour's head start against ninety minutes"
    assert tasks.sort_again() == 0


@pytest.mark.rule("3.4")
@pytest.mark.django_db
def test_the_clock_sorts_again_only_for_a_while_after_a_change(world: World) -> None:
    house = world.harbor
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False) as clock:
        house.waiting(1)
        with house.open():
            set_policy(house.actor("owner"), order_policy="aged")
            outbox.run(house.hospital.pk)
        clock.shift(timedelta(minutes=1))
        wrongly = house.waiting(1)[0]

        def misplace() -> None:
            Leg.objects.filter(visit=wrongly).update(order_at=timezone.now() - timedelta(days=30))

        with house.open():
            misplace()
            with recorded(house) as told:
                assert resort.catch_up() == 1
            assert told.names == ["queue.resorted"]
            seqs = Event.objects.count()
            assert resort.catch_up() == 0
            assert Event.objects.count() == seqs, "twice is once"
            misplace()
            clock.shift(resort.LATECOMERS)
            assert resort.catch_up() == 0, "long after the change nobody is under way any more"


@pytest.mark.django_db
def test_another_policy_sorts_nobody(world: World) -> None:
    house = world.harbor
    with house.open():
        house.waiting(1)
        set_policy(house.actor("owner"), call_gap=90)
        Leg.objects.update(order_at=timezone.now() - timedelta(days=30))
        assert resort.catch_up() == 0
