"""What happens to somebody between the look at the log and the lock is not half taken back (R3.19)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from clinic.core.errors import NotAllowed
from clinic.live.record import done
from queues.models import CALLED, Leg
from queues.operations import calls, holds, undo
from tests.ledger import recorded
from tests.world import World

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.rule("3.19")]


def test_who_was_called_meanwhile_does_not_go_back_to_an_earlier_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = world.harbor
    visit, *_others = house.waiting(4)
    with house.open():
        holds.delay(visit, reason="on the phone", places=2, actor=house.desk)
        seq = done().seq
        assert seq is not None
    real, medic = undo._close_lines, house.medic

    def call_them() -> None:
        try:
            with house.open():
                calls.call(visit, server=house.doctor, reason="unwell", actor=medic)
        finally:
            connection.close()

    def meanwhile(events: Any) -> bool:
        other = threading.Thread(target=call_them)
        other.start()
        other.join(20)
        return real(events)

    monkeypatch.setattr(undo, "_close_lines", meanwhile)
    with house.open():
        stood = Leg.objects.get(visit=visit)
    with recorded(house) as told, pytest.raises(NotAllowed) as refused:
        undo.undo(seq, actor=house.desk)
    assert refused.value.code == "undo.touched"
    assert [event.name for event in told.events] == ["visit.called_out_of_order"]
    with house.open():
        leg = Leg.objects.get(visit=visit)
    assert leg.state == CALLED
    assert (leg.order_at, leg.order_no) == (stood.order_at, stood.order_no)
