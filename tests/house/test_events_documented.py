"""Every event name stands in docs/events.md, and none there is invented."""

from __future__ import annotations

import re

from tests.house import events

NAME = re.compile(r"^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$")


def test_every_event_is_in_the_docs_and_nothing_else() -> None:
    written, told = events.recorded(), events.documented()
    assert [f"{name} ({where.strip()})" for name, where in sorted(written.items()) if name not in told] == []
    assert sorted(told.keys() - written.keys()) == [], "docs/events.md tells of events that nothing writes"


def test_every_event_is_a_noun_and_what_happened_to_it() -> None:
    assert [name for name in events.recorded() if not NAME.match(name)] == []


def test_reactions_wait_for_events_that_exist() -> None:
    known = events.recorded()
    assert [f"{name} {where}" for name, where in events.listened_to().items() if name not in known] == []


def test_every_line_says_something() -> None:
    for name, line in events.documented().items():
        assert line.text.endswith("."), name
        assert all(line.subjects), name
