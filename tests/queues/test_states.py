"""Every move of a leg, tried from every state: generated from ``Leg.MOVES`` and the verbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.core.access import PATIENT, Actor
from clinic.core.errors import NotAllowed, NotFound
from clinic.live.record import done
from queues.models import (
    CALLED,
    CANCELLED,
    CARRIED_OVER,
    COMPLETED,
    ENDED,
    IN_PROGRESS,
    LEFT,
    NO_SHOW,
    ON_HOLD,
    OPEN,
    WAITING,
    WITH_SERVER,
    Leg,
    Visit,
)
from queues.operations import calls, close, ends, holds, returns, undo
from tests.ledger import recorded
from tests.world import House, World

pytestmark = pytest.mark.django_db
STATES = tuple(Leg.MOVES)


def phone(visit: Visit) -> Actor:
    return Actor(kind="patient", id=visit.ref, name="", abilities=PATIENT)


@dataclass(frozen=True)
class Verb:
    run: Callable[[House, Visit], Any]
    sources: tuple[str, ...]
    target: str
    again: tuple[str, ...]
    """States in which the verb finds its work done and answers without doing it once more."""
    through: tuple[str, ...] = ()
    """States it leaves by way of waiting, in the same act."""

    @property
    def moves(self) -> tuple[str, ...]:
        return (*self.sources, *self.through)


BESIDE = (WAITING, CALLED, IN_PROGRESS)
VERBS = {
    "call": Verb(lambda h, v: calls.call(v, h.doctor, reason="in pain", actor=h.medic), (WAITING,), CALLED, (CALLED,)),
    "recall": Verb(lambda h, v: calls.recall(v, actor=h.medic), (CALLED,), CALLED, ()),
    "start": Verb(lambda h, v: calls.start(v, actor=h.medic), (CALLED,), IN_PROGRESS, (IN_PROGRESS,)),
    "skip": Verb(lambda h, v: calls.skip(v, actor=h.medic), (CALLED,), WAITING, ()),
    "complete": Verb(lambda h, v: ends.complete(v, actor=h.medic), WITH_SERVER, COMPLETED, (COMPLETED,)),
    "complete and call": Verb(
        lambda h, v: ends.complete_and_call(v, actor=h.medic), WITH_SERVER, COMPLETED, (COMPLETED,)
    ),
    "no show": Verb(lambda h, v: ends.no_show(v, actor=h.medic), (CALLED,), NO_SHOW, (NO_SHOW,)),
    "leave": Verb(lambda h, v: ends.leave(v, actor=h.desk), (WAITING, ON_HOLD), LEFT, (LEFT,)),
    "leave by link": Verb(lambda h, v: ends.leave_by_link(v, actor=phone(v)), (WAITING, ON_HOLD), LEFT, (LEFT,)),
    "cancel": Verb(lambda h, v: ends.cancel(v, reason="a mistake", actor=h.desk), OPEN, CANCELLED, (CANCELLED,)),
    "hold": Verb(lambda h, v: holds.hold(v, reason="away", actor=h.medic), BESIDE, ON_HOLD, (ON_HOLD,)),
    "resume": Verb(lambda h, v: holds.resume(v, actor=h.desk), (ON_HOLD,), WAITING, (WAITING,)),
    "bring back": Verb(
        lambda h, v: holds.bring_back(v, actor=h.desk), (ON_HOLD,), WAITING, tuple(set(Leg.MOVES) - {ON_HOLD})
    ),
    "come back by link": Verb(lambda h, v: holds.come_back_by_link(v, actor=phone(v)), (ON_HOLD,), WAITING, (WAITING,)),
    "delay by places": Verb(
        lambda h, v: holds.delay(v, reason="her son", places=1, actor=h.desk), (WAITING,), WAITING, ()
    ),
    "delay by minutes": Verb(
        lambda h, v: holds.delay(v, reason="her son", minutes=20, actor=h.desk), (WAITING, CALLED), ON_HOLD, (ON_HOLD,)
    ),
    "delay by link": Verb(
        lambda h, v: holds.delay_by_link(v, minutes=20, actor=phone(v)), (WAITING,), ON_HOLD, (ON_HOLD,)
    ),
    "rejoin": Verb(lambda h, v: returns.rejoin(v, actor=h.desk), (NO_SHOW, LEFT), WAITING, (WAITING,)),
    "carry over": Verb(
        lambda h, v: close.close(v, close.CARRY, actor=h.desk),
        (WAITING, ON_HOLD),
        CARRIED_OVER,
        (CARRIED_OVER,),
        (CALLED,),
    ),
}


def put(house: House, state: str) -> Visit:
    """A visit whose leg is in this state, whatever verbs there are to get it there."""
    visit, _behind = house.waiting(2)
    now = timezone.now()
    called = now - timedelta(minutes=5)
    columns: dict[str, Any] = {"state": state}
    if state != WAITING:
        columns |= {
            "server": house.doctor, "lane": 1, "calls": 2, "spaced_calls": 2, "first_called_at": called,
            "called_at": called, "spaced_at": called,
        }  # fmt: skip
    if state == ON_HOLD:
        columns |= {"server": None, "lane": None, "held_at": called, "hold_reason": "away", "back_at": called}
    if state in ENDED:
        columns["ended_at"] = now
    with house.open():
        Leg.objects.filter(visit=visit).update(**columns)
        if state in ENDED:
            Visit.objects.filter(pk=visit.pk).update(ended_at=now, outcome=state)
    return visit


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("state", STATES)
def test_a_verb_moves_from_its_states_and_is_refused_in_every_other(world: World, name: str, state: str) -> None:
    house, verb = world.harbor, VERBS[name]
    visit = put(house, state)
    with recorded(house) as told:
        if state in verb.moves or state in verb.again:
            verb.run(house, visit)
        else:
            with pytest.raises(NotAllowed) as refused:
                verb.run(house, visit)
            assert (refused.value.status, refused.value.code) == (409, "visit.wrong_state")
            assert refused.value.details["state"] == state
            assert refused.value.message != ""
        after = Leg.objects.get(visit=visit).state
        outcome = Visit.objects.get(pk=visit.pk).outcome
    assert after == (verb.target if state in verb.moves else state)
    assert bool(told.events) == (state in verb.moves)
    assert outcome == (after if after in ENDED else "")


def test_the_verbs_move_only_as_the_model_says_and_leave_no_move_out() -> None:
    done_by_verbs = {
        (source, verb.target) for verb in VERBS.values() for source in verb.sources if source != verb.target
    }
    done_by_verbs |= {(source, WAITING) for verb in VERBS.values() for source in verb.through}
    allowed = {(source, target) for source, targets in Leg.MOVES.items() for target in targets}
    assert done_by_verbs <= allowed
    assert allowed == done_by_verbs


def test_the_table_of_moves_is_complete() -> None:
    assert set(Leg.MOVES) == {state for state, _label in Leg.STATES} == {*OPEN, *ENDED}
    assert {target for targets in Leg.MOVES.values() for target in targets} <= set(Leg.MOVES)
    assert all(state not in targets for state, targets in Leg.MOVES.items())


@pytest.mark.parametrize("name", [name for name, verb in VERBS.items() if verb.again])
def test_pressing_twice_is_once(world: World, name: str) -> None:
    house, verb = world.harbor, VERBS[name]
    visit = put(house, verb.sources[0])
    with house.open():
        verb.run(house, visit)
    with recorded(house) as told:
        verb.run(house, visit)
    assert told.events == []


def rows_of(visit: Visit) -> tuple[dict[str, Any], dict[str, Any]]:
    """The leg and the visit, column by column."""
    return Leg.objects.filter(visit=visit).values().get(), Visit.objects.filter(pk=visit.pk).values().get()


@pytest.mark.rule("3.19")
@pytest.mark.parametrize(("name", "state"), [(name, state) for name, verb in VERBS.items() for state in verb.moves])
def test_every_move_can_be_taken_back(world: World, name: str, state: str) -> None:
    """Leg and visit are as they were, down to every column but its version; whoever acted may take it back."""
    house, verb = world.harbor, VERBS[name]
    visit = put(house, state)
    with recorded(house) as told:
        before = rows_of(visit)
        verb.run(house, visit)
        undo.undo(done().seq or 0, actor=house.desk)
        after = rows_of(visit)
    assert told.names[-1] == "visit.undone"
    for was, is_now in zip(before, after, strict=True):
        assert is_now | {"version": 0} == was | {"version": 0}
    assert after[0]["version"] > before[0]["version"]


def test_a_patient_who_does_not_exist_here_is_not_there(world: World) -> None:
    visit = put(world.hilltop, CALLED)
    for name, verb in VERBS.items():
        with recorded(world.harbor) as told, pytest.raises(NotFound):
            verb.run(world.harbor, visit)
        assert told.events == [], name
