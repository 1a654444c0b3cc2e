"""The log's changes are complete: what every test of an operation runs inside.

    with recorded(world.harbor) as told:
        calls.call_next(doctor, actor=medic)
    assert told.names == ["visit.called"]

Opens the hospital, and afterwards compares all tables of both hospitals with what the log says: each changed row is a
subject, each changed column stands in ``changes`` (or, if personal, in the detail), the topics are those the row had
before and has now, and ``changes`` applied backwards give the old rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from clinic.core.nouns import Versioned, split_ref
from clinic.core.tenancy import TenantModel, every_hospital
from clinic.live import registry
from clinic.live.ledger import logged, verify
from clinic.live.models import Clock, Event, EventDetail
from er_flow.models import EmergencyVisit
from queues.models import Leg
from tests.world import House

Row = dict[str, Any]
Stored = dict[str, tuple[Any, ...]]
NOT_NOTED = {"id", "version", "hospital_id"}
BACKWARDS = {"visit.undone", "er_visit.undone"}
"""Events that take a state back against ``MOVES``."""


@dataclass
class Recorded:
    """What the log says of the block, filled in when it ends."""

    events: list[Event] = field(default_factory=list)
    details: dict[tuple[UUID, int], dict[str, Any]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    """The references of all rows that really changed."""

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.events]

    def all_of(self, event: Event) -> dict[str, dict[str, list[Any]]]:
        """Reference → field → [before, after], personal fields included."""
        hidden = self.details.get((event.hospital_id, event.seq), {})
        return {ref: {**told["fields"], **hidden.get(ref, {})} for ref, told in event.changes.items()}


@cache
def nouns() -> list[type[Versioned]]:
    return [model for model in apps.get_models() if issubclass(model, Versioned)]


def stored(*more: type[models.Model]) -> Stored:
    """Every row of every noun, and of these models, in every hospital as the database has it, by reference.

    All tests of operations compare these: past the ORM they cost a twentieth.
    """
    found: Stored = {}
    with connection.cursor() as cursor:
        for model in (*nouns(), *more):
            kind, columns = getattr(model, "kind", model.__name__), model._meta.concrete_fields
            key, names = columns.index(model._meta.pk), ", ".join(f'"{column.column}"' for column in columns)
            cursor.execute(f'SELECT {names} FROM "{model._meta.db_table}"')
            is_uuid = isinstance(model._meta.pk, models.UUIDField)
            for row in cursor.fetchall():
                found[f"{kind}:{UUID(str(row[key])) if is_uuid else row[key]}"] = row
    return found


def rows() -> dict[str, Row]:
    """The same as Python has it."""
    return {ref: _row(ref, row) for ref, row in stored().items()}


def _row(ref: str, row: tuple[Any, ...]) -> Row:
    found: Row = {}
    for column, value in zip(_model(ref)._meta.concrete_fields, row, strict=True):
        place = column.get_col("")
        for convert in (*connection.ops.get_db_converters(place), *column.get_db_converters(connection)):
            value = convert(value, place, connection)
        found[column.attname] = value
    return found


@contextmanager
def recorded(house: House) -> Iterator[Recorded]:
    """Open the hospital, run the block, and hold that the log tells everything that it changed."""
    before, heads = stored(), _heads()
    told = Recorded()
    with house.open():
        yield told
    after = stored()
    _read(told, heads)
    told.changed = {ref for ref in before.keys() | after.keys() if before.get(ref) != after.get(ref)}
    touched = told.changed.union(*(event.changes for event in told.events))  # every other row is the same row
    old, new = ({ref: _row(ref, kept[ref]) for ref in touched & kept.keys()} for kept in (before, after))
    _subjects_and_topics(told, old, new)
    _nothing_personal(told)
    _states_move_as_they_may(told)
    _backwards(told, old, new)
    for which in {event.hospital_id for event in told.events}:
        assert verify(which).fault == ""


def _heads() -> dict[UUID, int]:
    return dict(Clock.objects.values_list("hospital_id", "seq"))


def _read(told: Recorded, heads: dict[UUID, int]) -> None:
    with every_hospital("a test reads all logs"):
        for which, seq in Clock.objects.values_list("hospital_id", "seq"):
            since = heads.get(which, 0)
            fresh = Event.across_hospitals.filter(hospital_id=which, seq__gt=since).order_by("seq")
            told.events += list(fresh)
            assert [event.seq for event in fresh] == list(range(since + 1, seq + 1)), "seq has a gap"
            for detail in EventDetail.across_hospitals.filter(hospital_id=which, seq__gt=since):
                told.details[which, detail.seq] = detail.values


def _subjects_and_topics(told: Recorded, before: dict[str, Row], after: dict[str, Row]) -> None:
    for ref in told.changed:
        about = [event for event in told.events if ref in event.subjects]
        assert about, f"{ref} changed, and no event has it as a subject"
        topics = {topic for event in about for topic in event.topics}
        for row in (before.get(ref), after.get(ref)):
            if row is None:
                continue
            assert _instance(ref, row).live_topics() == () or set(_instance(ref, row).live_topics()) <= topics
            if issubclass(_model(ref), TenantModel):
                assert {event.hospital_id for event in about} == {row["hospital_id"]}, f"{ref} is told elsewhere"


def _nothing_personal(told: Recorded) -> None:
    for event in told.events:
        hidden = told.details.get((event.hospital_id, event.seq), {})
        assert set(hidden) <= set(event.changes), "a detail of a row that is not in the changes"
        for ref, change in event.changes.items():
            model = _model(ref)
            assert not model.personal & change["fields"].keys(), f"{event.name} tells personal fields of {ref}"
            assert sorted(hidden.get(ref, {})) == change.get("personal", []), f"{ref}: detail and changes differ"


def _states_move_as_they_may(told: Recorded) -> None:
    for event in told.events:
        for ref, change in event.changes.items():
            moved = change["fields"].get("state")
            model = _model(ref)
            if not (moved and change["op"] == "update" and event.name not in BACKWARDS):
                continue
            if issubclass(model, Leg | EmergencyVisit):
                assert moved[1] in model.MOVES[moved[0]], f"{event.name} moves {ref} from {moved[0]} to {moved[1]}"


def _backwards(told: Recorded, before: dict[str, Row], after: dict[str, Row]) -> None:
    """Apply the changes backwards, the newest first: what comes out are the old rows, column by column."""
    state = {ref: _as_logged(ref, row) for ref, row in after.items()}
    for event in sorted(told.events, key=lambda each: (each.hospital_id, -each.seq)):
        for ref, fields in told.all_of(event).items():
            op, row = event.changes[ref]["op"], state.get(ref, {})
            now = {name: row.get(name) for name in fields}
            assert now == {name: pair[1] for name, pair in fields.items()}, f"{event.name}: {ref} is not as told"
            if op == "insert":
                assert fields.keys() == row.keys(), f"{event.name}: an insert of {ref} leaves columns out"
                del state[ref]
            else:
                state[ref] = row | {name: pair[0] for name, pair in fields.items()}
    old = {ref: _as_logged(ref, row) for ref, row in before.items()}
    for ref in old.keys() | state.keys():
        assert state.get(ref) == old.get(ref), f"the log does not lead back to the old {ref}"
    for ref in told.changed & before.keys() & after.keys():
        assert after[ref]["version"] > before[ref]["version"], f"{ref} changed without a new version"


def _model(ref: str) -> type[Versioned]:
    return registry.kinds()[split_ref(ref)[0]]


def _instance(ref: str, row: Row) -> Versioned:
    return _model(ref)(**row)


def _as_logged(ref: str, row: Row) -> Row:
    """The row's columns in the form that ``changes`` keeps."""
    shape = _instance(ref, row)
    kept = {name: logged(shape, name, value) for name, value in row.items() if name not in NOT_NOTED}
    plain: Row = json.loads(json.dumps(kept))
    return plain
