"""Whatever bells are dropped, doubled or late and whatever frames are skipped or lost: every page ends right.

By default a few sequences; ``LIVE_SEQUENCES=10000`` runs as many (the figure of live.md), each of up to 50 events.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.core.tenancy import hospital
from clinic.directory import operations
from clinic.directory.models import Department
from clinic.live import doors, letters, regions, render, wards
from clinic.live.doors import Place
from clinic.live.letters import News
from clinic.live.record import done
from clinic.live.regions import Loaded, Region
from clinic.live.render import Want
from clinic.live.wards import Ward, Watch
from tests.live.helpers import Reducer
from tests.live.toys import Card, RoomRow
from tests.world import House, World

T = TypeVar("T")
SEQUENCES = int(os.environ.get("LIVE_SEQUENCES", "0"))
NAMES = ("Attic", "Basement", "Cellar", "Den", "Entry", "Foyer")

steps = st.lists(
    st.tuples(
        st.sampled_from(("add", "rename", "rename", "retire", "title")),
        st.integers(0, 5),
        st.sampled_from(NAMES),
        st.sampled_from(("ring", "drop", "double", "late")),
        st.sets(st.sampled_from(("take", "lose", "cut", "beat", "gather"))),
    ),
    min_size=1,
    max_size=50,
)


class Rooms(Protocol):
    """The rooms of the story: in a table, or in memory."""

    hospital_id: UUID
    region: str

    def act(self, what: str, n: int, name: str) -> int: ...


@dataclass
class Table:
    """Rooms in the real table, changed by real operations."""

    house: House
    department: Any = None
    rooms: list[Any] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.hospital_id = self.house.hospital.pk
        self.actor = self.house.actor("manager")
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
        with self.house.open():
            n = Department.objects.count()
            prefix = letters[n // 529 % 23] + letters[n // 23 % 23] + letters[n % 23]
            self.department = operations.add_department(name=f"D{n}", prefix=prefix, actor=self.actor)
        self.region = f"toy-rooms:{self.department.pk}"

    def act(self, what: str, n: int, name: str) -> int:
        self.count += 1
        unique = f"{name} {self.department.prefix}{self.count}"
        with self.house.open():
            if what == "title":
                operations.change_department(self.department, name=unique, actor=self.actor)
            elif what == "add" or not self.rooms:
                self.rooms.append(operations.add_room(department=self.department, name=unique, actor=self.actor))
            elif what == "rename":
                operations.change_room(self.rooms[n % len(self.rooms)], name=unique, actor=self.actor)
            else:
                operations.change_room(self.rooms.pop(n % len(self.rooms)), is_active=False, actor=self.actor)
            return done().seq or 0


@dataclass
class Memory:
    """Rooms and the log in memory, for many sequences."""

    hospital_id: UUID = field(default_factory=uuid4)
    region: str = "toy-memory:1"
    title: str = "Line"
    rooms: dict[str, str] = field(default_factory=dict)
    log: list[frozenset[str]] = field(default_factory=list)

    def act(self, what: str, n: int, name: str) -> int:
        keys = list(self.rooms)
        if what == "title":
            self.title = name
            refs = frozenset({"title"})
        elif what == "add" or not keys:
            key = f"{len(self.log)}"
            self.rooms[key] = name
            refs = frozenset({"new", key})
        else:
            key = keys[n % len(keys)]
            refs = frozenset({key})
            if what == "rename":
                self.rooms[key] = name
            else:
                del self.rooms[key]
        self.log.append(refs)
        return len(self.log)

    def load(self, keys: Sequence[str]) -> dict[str, Loaded]:
        rows = tuple(RoomRow(key, name, "") for key, name in sorted(self.rooms.items(), key=lambda item: item[::-1]))
        return {"1": Loaded(Card(self.title), rows, frozenset(), frozenset({"new", "title", *self.rooms}))}

    def read(self, hospital_id: UUID, seen: int | None) -> News:
        if seen is None:
            return News(len(self.log))
        return News(len(self.log), refs=frozenset().union(*self.log[seen:]))


class OneThreadHub:
    """A hub with one worker, or none: then the loop itself does the work."""

    def __init__(self, worker: Executor | None) -> None:
        self.loop = asyncio.get_running_loop()
        self.worker = worker

    async def draw(self, run: Callable[..., T], *args: Any) -> T:
        return await self.loop.run_in_executor(self.worker, run, *args) if self.worker else run(*args)

    def members_of(self, marks: Any) -> list[Any]:
        return []


class Screen:
    """A page that may be slow, lose frames and lose its socket."""

    def __init__(self, ward: Ward, name: str) -> None:
        self.ward = ward
        self.name = name
        self.page: Reducer | None = None
        self.waiting: set[Watch] = set()
        self.watch: Watch | None = None
        self.open()

    def open(self) -> None:
        if self.watch is not None:
            self.ward.unwatch(self.watch)
        self.waiting.clear()
        parsed = regions.parse(self.name)
        assert parsed is not None
        self.watch = self.ward.watch(self, parsed, frozenset(), "en", self.page.digest if self.page else "")

    def due(self, watch: Watch) -> None:
        self.waiting.add(watch)

    def look_again(self) -> None:
        return

    def take(self, *, lose: bool = False) -> None:
        while self.waiting:
            text = self.waiting.pop().take()
            if text is None or lose:
                continue
            frame = json.loads(text)
            if self.page is None:
                self.page = Reducer(frame["html"])
            elif not self.page.apply(frame):
                self.open()
                return

    def beat(self) -> None:
        """The heartbeat names the digest the page should show; another one is watched again."""
        shows = self.page.digest if self.page else ""
        if self.watch is not None and self.watch.answered and self.watch.shown != shows:
            self.open()


async def settle(ward: Ward) -> None:
    async with asyncio.timeout(10):
        while ward.task is not None:
            await asyncio.wait({ward.task})


def ring(ward: Ward, seq: int, fate: str, late: list[int]) -> None:
    """One bell's fate: heard, heard twice, lost, or heard after the next ones."""
    if fate == "late":
        late.append(seq)
    elif fate != "drop":
        for told in [seq] * (2 if fate == "double" else 1) + late[::-1]:
            ward.heard(told)
        late.clear()


def suffer(screen: Screen, then: set[str]) -> None:
    """One screen's fate after an event: reads, loses what it reads, loses its socket, gets a heartbeat."""
    if "take" in then or "lose" in then:
        screen.take(lose="lose" in then)
    if "cut" in then:
        screen.open()
    if "beat" in then:
        screen.beat()


async def run(rooms: Rooms, sequence: list[tuple[str, int, str, str, set[str]]], worker: Executor | None) -> None:
    hub = OneThreadHub(worker)
    ward = Ward(hub, rooms.hospital_id)  # type: ignore[arg-type]
    await hub.draw(rooms.act, "add", 0, "Hall")
    screens = [Screen(ward, rooms.region) for _ in range(2)]
    late: list[int] = []
    await settle(ward)
    for screen in screens:
        screen.take()
    assert screens[0].page is not None
    screens.append(Screen(ward, f"{rooms.region}#{next(iter(screens[0].page.rows))}"))
    await settle(ward)
    for what, n, name, fate, then in sequence:
        ring(ward, await hub.draw(rooms.act, what, n, name), fate, late)
        if "gather" not in then:
            await settle(ward)
        screens[0].take()
        for screen in screens[1:]:
            suffer(screen, then)
    await finish(hub, rooms, ward, screens)


async def finish(hub: OneThreadHub, rooms: Rooms, ward: Ward, screens: list[Screen]) -> None:
    """The looks at the clock and the next heartbeats, which come however many bells were lost."""
    head = await hub.draw(rooms.act, "rename", 0, "Last")
    ward.heard(head)
    for _ in range(3):
        await settle(ward)
        for screen in screens:
            screen.take()
            screen.beat()
    render.forget()
    kind, _, key = rooms.region.partition(":")
    want = Want(kind, key, frozenset())
    fresh = (await hub.draw(render.render, rooms.hospital_id, "en", [want], head))[want]
    for screen in screens:
        _, _, row = screen.name.partition("#")
        assert screen.page is not None
        screen.page.shows(fresh.row_html(row) if row else fresh.html)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wards, "GATHER", 0.0)


calm = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.django_db(transaction=True)
@settings(max_examples=max(8, SEQUENCES // 100), deadline=None, suppress_health_check=calm)
@given(sequence=steps)
def test_random_sequences_over_a_real_table_converge(world: World, sequence: list[Any]) -> None:
    with ThreadPoolExecutor(1) as worker:
        table = worker.submit(Table, world.harbor).result()
        try:
            asyncio.run(run(table, sequence, worker))
        finally:
            worker.submit(connections.close_all).result()


@settings(max_examples=max(100, SEQUENCES), deadline=None, suppress_health_check=calm)
@given(sequence=steps)
def test_random_sequences_converge(monkeypatch: pytest.MonkeyPatch, sequence: list[Any]) -> None:
    memory = Memory()
    region = Region(
        kind="toy-memory", ability="directory.view", template="toy/rooms.html", row_template="toy/room.html",
        load=memory.load, public=True,
    )  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setitem(render._regions, "toy-memory", region)
        patch.setitem(doors._places, memory.hospital_id, (1e18, Place("/h/m/", "UTC", "en")))
        patch.setattr(letters, "read", memory.read)
        with hospital(memory.hospital_id):
            asyncio.run(run(memory, sequence, None))
