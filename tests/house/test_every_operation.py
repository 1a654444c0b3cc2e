"""Every operation, by an example of each: does it, is told in full, refuses strangers, and reaches every screen.

The operations are found by introspection; one without an example fails in ``test_examples``.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from clinic.core.access import ABILITIES, Actor
from clinic.core.errors import DomainError, Forbidden
from clinic.live import outbox
from clinic.live.record import done
from clinic.records.models import AccessLog
from clinic.tenants.models import PublicToken
from tests.house import calls as _calls  # noqa: F401  registers the examples
from tests.house import events, regions
from tests.house.examples import EACH, EXAMPLES, REFUSED, SAME, Call, Example
from tests.ledger import Recorded, Stored, recorded, stored
from tests.live.helpers import assert_live, assert_told
from tests.world import House, World

pytestmark = pytest.mark.django_db
each = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())


def act(example: Example, house: House, call: Call, actor: Actor | None = None) -> Any:
    with house.open():
        who = actor or example.actor(house)
    with example.open(house):
        return example.operation(*call.args, actor=who, **call.kwargs)


def arranged(example: Example, house: House) -> Call:
    with example.open(house), house.open():
        return example.arrange(house)


def fresh(house: House, call: Call) -> None:
    """As a door would find them again: the rows of the call, loaded anew. One that is gone stays as it was."""
    for value in [*call.args, *call.kwargs.values()]:
        if isinstance(value, models.Model):
            with house.open(), suppress(ObjectDoesNotExist):
                value.refresh_from_db()


def world_of_rows() -> Stored:
    """All nouns and what else an operation may write, of all hospitals."""
    return stored(AccessLog, PublicToken)


def names_a_row(call: Call) -> bool:
    def is_row(value: Any) -> bool:
        return any(map(is_row, value)) if isinstance(value, list | tuple) else isinstance(value, models.Model)

    return any(map(is_row, [*call.args, *call.kwargs.values()]))


@each
def test_it_is_for_whom_it_should_be_is_told_in_full_and_twice_is_as_the_example_says(
    world: World, example: Example
) -> None:
    """Refusals and the act share their set-up: what was refused has changed nothing of what then is done."""
    call = arranged(example, world.harbor)
    world.hilltop.waiting(1)
    before = world_of_rows()
    with recorded(world.harbor) as told:
        _refused_to_whoever_lacks_the_ability(world, example, call)
    assert told.events == []
    with recorded(world.hilltop) as told:
        _not_there_for_another_hospital(world, example, call)
    assert told.events == []
    assert world_of_rows() == before
    with recorded(world.harbor) as told:
        act(example, world.harbor, call)
        if not example.silent:
            assert done().seq is not None
    assert bool(told.events) != example.silent
    _as_documented(told)
    _twice(world, example, call)


def _refused_to_whoever_lacks_the_ability(world: World, example: Example, call: Call) -> None:
    nobody = Actor(kind="member", id="0", name="Nobody")
    for other in (nobody, *example.others(world.harbor)):
        with pytest.raises(Forbidden):
            act(example, world.harbor, call, other)


def _not_there_for_another_hospital(world: World, example: Example, call: Call) -> None:
    """The same call by the same role of the other hospital, and for a person's own account by another person."""
    if not call.args or (example.platform and not names_a_row(call)) or not example.foreign:
        return  # nothing in the call is of any hospital, or it is a join code, which opens its hospital to its holder
    with world.hilltop.open():
        stranger = example.actor(world.hilltop)
    answer = None
    with suppress(Exception):
        answer = act(example, world.hilltop, call, stranger)
    assert answer is None, "it answered something about another hospital's row"


def _as_documented(told: Recorded) -> None:
    documented = events.documented()
    for event in told.events:
        kinds = {ref.partition(":")[0] for ref in event.subjects}
        assert kinds <= set(documented[event.name].subjects), f"docs/events.md: {event.name} has also {kinds}"


def _twice(world: World, example: Example, call: Call) -> None:
    fresh(world.harbor, call)
    before = world_of_rows()
    with recorded(world.harbor) as told:
        if example.twice == REFUSED:
            with pytest.raises(DomainError):
                act(example, world.harbor, call)
        else:
            act(example, world.harbor, call)
    if example.twice == EACH:
        assert told.events or example.silent
    else:
        assert example.twice in (SAME, REFUSED)
        assert told.events == []
        assert world_of_rows() == before


@each
def test_live_and_the_stream_equal_a_reload(world: World, example: Example) -> None:
    """Every region of the hospital shows after the act what a reload shows, and one of them did change; and a client
    of the JSON stream that follows everything knows what a fresh snapshot tells."""
    call = arranged(example, world.harbor)
    if example.platform:
        assert example.quiet
        return  # another hospital's log

    def doing() -> None:
        names, everything = regions.all_names(), [ABILITIES]  # other readers' regions: tests/queues/test_live.py
        assert_live(lambda: act(example, world.harbor, call), *names, abilities=everything, changed=not example.quiet)
        outbox.run(world.harbor.hospital.pk)  # what follows: a name that documents of others show is told anew

    with world.harbor.open():
        topics = regions.all_topics()
        assert_told(doing, *topics, actor=world.harbor.actor("owner"), changed=not example.untold)
