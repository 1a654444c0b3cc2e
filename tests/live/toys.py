"""Toy regions over real tables: the rooms of a department by name, and a card about the department."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clinic.directory.models import Department, Room
from clinic.live import regions
from clinic.live.regions import Loaded, Region

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RoomRow:
    key: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    at: datetime = NOON


def load_rooms(keys: Sequence[str]) -> dict[str, Loaded]:
    """The rooms in use, by name; new ones ring by topic, changed ones by their ref alone."""
    ids = regions.uuids(keys)
    found = {row.pk: row for row in Department.objects.filter(pk__in=ids)}
    rooms: dict[object, list[Room]] = defaultdict(list)
    for room in Room.objects.filter(department__in=found, is_active=True).order_by("name"):
        rooms[room.department_id].append(room)
    return {
        ids[pk]: Loaded(
            Card(department.name),
            tuple(RoomRow(room.pk.hex[-8:], room.name, room.place) for room in rooms[pk]),
            frozenset({"directory"}),
            frozenset({department.ref, *(room.ref for room in rooms[pk])}),
        )
        for pk, department in found.items()
    }


def load_cards(keys: Sequence[str]) -> dict[str, Loaded]:
    ids = regions.uuids(keys)
    rows = Department.objects.filter(pk__in=ids)
    return {ids[row.pk]: Loaded(Card(row.name), refs=frozenset({row.ref})) for row in rows}


ROOMS = Region(
    kind="toy-rooms", ability="directory.view", template="toy/rooms.html", row_template="toy/room.html",
    load=load_rooms, audience=frozenset({"directory.manage"}), public=True,
)  # fmt: skip
CARD = Region(kind="toy-card", ability="directory.manage", template="toy/card.html", load=load_cards)


def register() -> None:
    regions.register(ROOMS)
    regions.register(CARD)
