"""Nothing is left out of the tests that go through everything: operations, arguments of routes, regions."""

from __future__ import annotations

from clinic.live import registry
from tests.house import calls as _calls  # noqa: F401  registers the examples
from tests.house import regions, test_every_route
from tests.house.addresses import ARGUMENTS, WRITTEN
from tests.house.entrances import entrances
from tests.house.examples import APART, EXAMPLES, decorated, operations


def test_every_operation_has_its_example() -> None:
    found = operations()
    known = EXAMPLES.keys() | APART.keys()
    assert sorted(found.keys() - known) == [], "operations without an example in tests/house/calls"
    assert sorted(known - found.keys()) == []
    assert not EXAMPLES.keys() & APART.keys()
    assert sorted(decorated() - {name.rpartition(".")[2] for name in found}) == [], "operations hidden in functions"


def test_every_argument_of_a_route_has_its_example() -> None:
    takes = {each.prefix for each in entrances() if each.takes and each.route not in WRITTEN}
    assert sorted(takes - ARGUMENTS.keys()) == [], "say in tests/house/addresses.py what stands there"
    assert sorted(ARGUMENTS.keys() - takes) == []
    assert sorted(WRITTEN.keys() - {each.route for each in entrances()}) == []
    assert sorted(test_every_route.OWN_RULES.keys() - {str(each) for each in test_every_route.INSIDE}) == []


def test_every_kind_of_region_is_among_those_compared() -> None:
    assert regions.ours() == set(regions.KEYS)


def test_every_topic_of_the_stream_is_among_those_compared() -> None:
    assert set(registry.topics()) == set(regions.TOPICS)
