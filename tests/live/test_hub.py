"""The hub: one bell, one render, every screen; lost bells, slow screens and other processes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import pytest
from django.db import connection

from clinic.directory import operations
from clinic.live import bell, letters, render, wards
from clinic.live.hub import Hub
from clinic.live.regions import parse
from clinic.live.render import Want
from clinic.live.wards import Watch
from tests.live.helpers import Reducer
from tests.live.wire import elsewhere
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


class Screen:
    """A screen without a socket: takes frames when it is told to."""

    def __init__(self, hub: Hub, house: House, text: str, can: frozenset[str] = frozenset(), shown: str = "") -> None:
        self.hub = hub
        self.hospital_id = house.hospital.pk
        self.marks: frozenset[str] = frozenset()
        self.waiting: dict[Watch, None] = {}
        self.arrived = asyncio.Event()
        self.frames: list[dict[str, Any]] = []
        self.page: Reducer | None = None
        self.looked = 0
        name = parse(text)
        assert name is not None
        self.watch = hub.ward(house.hospital.pk).watch(self, name, can, "en", shown)

    def due(self, watch: Watch) -> None:
        self.waiting[watch] = None
        self.arrived.set()

    def look_again(self) -> None:
        self.looked += 1

    def beat(self) -> None:
        return

    def stop(self) -> None:
        return

    def take(self) -> None:
        for watch in list(self.waiting):
            del self.waiting[watch]
            text = watch.take()
            if text is not None:
                frame = json.loads(text)
                self.frames.append(frame)
                if self.page is None:
                    self.page = Reducer(frame["html"])
                else:
                    assert self.page.apply(frame)
        self.arrived.clear()

    async def next(self) -> None:
        async with asyncio.timeout(5):
            await self.arrived.wait()
        self.take()


def rooms_of(house: House) -> str:
    return f"toy-rooms:{house.department.pk}"


def add_room(house: House, name: str) -> Any:
    with house.open():
        return operations.add_room(department=house.department, name=name, actor=house.actor("manager"))


def reload(house: House, can: frozenset[str] = frozenset()) -> str:
    render.forget()
    want = Want("toy-rooms", str(house.department.pk), can)
    return render.render(house.hospital.pk, "en", [want])[want].html


async def test_a_change_reaches_every_screen_and_is_rendered_once(world: World, hub: Hub) -> None:
    house = world.harbor
    screens = [Screen(hub, house, rooms_of(house)) for _ in range(50)]
    for screen in screens:
        await screen.next()
    before = render.rendered()
    await elsewhere(lambda: add_room(house, "Attic"))
    for screen in screens:
        await screen.next()
    assert render.rendered() == before + 1, "one new row, rendered once"
    html = await elsewhere(lambda: reload(house))
    for screen in screens:
        assert screen.page is not None
        screen.page.shows(html)
        assert [sorted(frame) for frame in screen.frames[1:]] == [["base", "digest", "moves", "region", "rows", "seq"]]
    assert len({id(screen.watch.state) for screen in screens}) == 1


async def test_each_audience_gets_its_own(world: World, hub: Hub) -> None:
    house = world.harbor
    plain = Screen(hub, house, rooms_of(house))
    manager = Screen(hub, house, rooms_of(house), frozenset({"directory.manage"}))
    for screen in (plain, manager):
        await screen.next()
        assert screen.page is not None
    assert plain.page is not None
    assert manager.page is not None
    assert "edit</a>" not in str(plain.page.rows)
    assert "edit</a>" in str(manager.page.rows)


async def test_a_lost_bell_loses_nothing(world: World, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    house = world.harbor
    screen = Screen(hub, house, rooms_of(house))
    await screen.next()
    bell.forget(hub._on_bell)
    await elsewhere(lambda: add_room(house, "Attic"))
    await screen.next()
    assert screen.page is not None
    screen.page.shows(await elsewhere(lambda: reload(house)))


async def test_the_other_hospitals_screens_hear_nothing(world: World, hub: Hub) -> None:
    mine, other = (Screen(hub, house, rooms_of(house)) for house in world.both())
    await mine.next()
    await other.next()
    await elsewhere(lambda: add_room(world.harbor, "Attic"))
    await mine.next()
    await asyncio.sleep(0.2)
    assert not other.waiting


async def test_what_is_not_watched_is_not_rendered(world: World, hub: Hub) -> None:
    house = world.harbor
    screen = Screen(hub, house, rooms_of(house))
    await screen.next()
    ward = hub.ward(house.hospital.pk)
    ward.unwatch(screen.watch)
    before = render.rendered()
    await elsewhere(lambda: add_room(house, "Attic"))
    await asyncio.sleep(0.2)
    assert render.rendered() == before
    again = Screen(hub, house, rooms_of(house))
    await again.next()
    assert again.page is not None
    assert len(again.page.rows) == 2, "what happened meanwhile is in it"


async def test_a_slow_screen_skips_frames_and_gets_the_newest(world: World, hub: Hub) -> None:
    house = world.harbor
    quick, slow = Screen(hub, house, rooms_of(house)), Screen(hub, house, rooms_of(house))
    for screen in (quick, slow):
        await screen.next()
    for n in range(5):
        await elsewhere(lambda n=n: add_room(house, f"Z{n}"))  # type: ignore[misc]
        await quick.next()
    assert len(slow.waiting) == 1, "one slot per region"
    slow.take()
    assert len(slow.frames) == 2
    assert slow.page is not None
    slow.page.shows(await elsewhere(lambda: reload(house)))


async def test_a_burst_is_gathered(world: World, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    house = world.harbor
    screen = Screen(hub, house, rooms_of(house))
    await screen.next()
    ward = hub.ward(house.hospital.pk)
    flushed = []
    read = letters.read

    def counting(*args: Any) -> Any:
        flushed.append(1)
        return read(*args)

    monkeypatch.setattr(letters, "read", counting)
    ward.begun = -1
    for n in range(100):
        hub.heard(house.hospital.pk, 1000 + n)
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.2)
    assert 2 <= len(flushed) <= 6, "the first at once, the others every 50 ms"


async def test_a_screen_that_shows_the_newest_is_sent_nothing(world: World, hub: Hub) -> None:
    house = world.harbor
    first = Screen(hub, house, rooms_of(house))
    await first.next()
    assert first.page is not None
    second = Screen(hub, house, rooms_of(house), shown=first.page.digest)
    await second.next()
    assert second.frames == []


async def test_who_comes_while_a_bell_is_unread_waits_for_what_it_brings(world: World, hub: Hub) -> None:
    house = world.harbor
    first = Screen(hub, house, rooms_of(house))
    await first.next()
    assert first.page is not None
    ward = hub.ward(house.hospital.pk)
    ward.heard((ward.seen or 0) + 1)
    second = Screen(hub, house, rooms_of(house), shown=first.page.digest)
    assert not second.waiting, "not answered from what may be old"
    await second.next()
    assert second.frames == []


async def test_one_row_for_a_phone(world: World, hub: Hub) -> None:
    house = world.harbor
    room = await elsewhere(lambda: add_room(house, "Attic"))
    key, other = room.pk.hex[-8:], house.room.pk.hex[-8:]
    phone = Screen(hub, house, f"{rooms_of(house)}#{key}")
    third = Screen(hub, house, f"{rooms_of(house)}#{other}")
    for screen in (phone, third):
        await screen.next()

    def rename() -> None:
        with house.open():
            operations.change_room(room, name="Basement", actor=house.actor("manager"))

    await elsewhere(rename)
    await phone.next()
    assert phone.page is not None
    assert "Basement" in phone.page.rows[key]
    assert list(phone.page.rows) == [key]
    assert not third.waiting, "another row's change is not sent"
    assert phone.watch.state is third.watch.state


async def test_a_region_that_is_not_there_says_so(world: World, hub: Hub) -> None:
    screen = Screen(hub, world.harbor, rooms_of(world.hilltop))
    async with asyncio.timeout(5):
        await screen.arrived.wait()
    assert json.loads(screen.watch.take() or "") == {
        "error": {"code": "access.not_here"}, "region": rooms_of(world.hilltop),
    }  # fmt: skip


@pytest.mark.faults
async def test_a_faulty_region_comes_back_when_it_works_again(
    world: World, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from tests.live import toys

    house = world.harbor
    monkeypatch.setattr(wards, "AGAIN_AFTER_FAULT", 0.05)

    def broken(keys: Any) -> Any:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setitem(render._regions, "toy-rooms", replace(toys.ROOMS, load=broken))
        screen = Screen(hub, house, rooms_of(house))
        await asyncio.sleep(0.15)
        assert not screen.waiting
    await screen.next()
    assert screen.page is not None


async def test_states_go_a_minute_after_their_last_watcher(world: World, hub: Hub) -> None:
    house = world.harbor
    screen = Screen(hub, house, rooms_of(house))
    await screen.next()
    ward = hub.ward(house.hospital.pk)
    ward.unwatch(screen.watch)
    ward.tidy(hub.loop.time() + 59)
    assert ward.states
    ward.tidy(hub.loop.time() + 61)
    assert not ward.states
    assert ward.is_empty


async def test_news_of_somebodys_rights_make_their_screens_look_again(world: World, hub: Hub) -> None:
    house = world.harbor
    screen = Screen(hub, house, rooms_of(house))
    screen.marks = frozenset({f"room:{house.room.pk}"})
    await hub.enter(screen)
    await screen.next()
    looked = screen.looked

    def rename() -> None:
        with house.open():
            operations.change_room(house.room, name="Seven", actor=house.actor("manager"))

    await elsewhere(rename)
    await screen.next()
    assert screen.looked > looked
    hub.leave(screen)


async def test_beats_and_looks_come_by_themselves(world: World, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every 15 s a beat, every 30 s a look at the rights; here the seconds are short."""
    house = world.harbor
    screen = Screen(hub, house, rooms_of(house))
    beats: list[float] = []
    monkeypatch.setattr(screen, "beat", lambda: beats.append(hub.loop.time()))
    await hub.enter(screen)
    await screen.next()
    looked, sleep = screen.looked, asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: sleep(seconds / 200))
    async with asyncio.timeout(10):
        while len(beats) < 4:
            await sleep(0.01)
    assert 1 <= screen.looked - looked <= 3
    hub.leave(screen)
    ward = hub.ward(house.hospital.pk)
    ward.unwatch(screen.watch)
    screen.watch.state.idle_since = -1000
    async with asyncio.timeout(10):
        while house.hospital.pk in hub.wards:
            await sleep(0.01)
    monkeypatch.undo()


async def test_every_kind_of_news_is_read(world: World, hub: Hub) -> None:
    house = world.harbor
    await elsewhere(lambda: add_room(house, "Attic"))
    news = await elsewhere(lambda: letters.read(house.hospital.pk, 0))
    assert news.head >= 1
    assert "directory" in news.topics
    assert any(ref.startswith("room:") for ref in news.refs)
    assert (await elsewhere(lambda: letters.read(house.hospital.pk, news.head))).topics == frozenset()


OTHER_PROCESS = """
import os, sys
from uuid import UUID

import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
django.setup()

from clinic.core.access import SYSTEM
from clinic.core.tenancy import hospital
from clinic.directory import operations
from clinic.directory.models import Department

with hospital(UUID(sys.argv[1])):
    operations.add_room(department=Department.objects.get(pk=sys.argv[2]), name="From afar", actor=SYSTEM)
"""


@pytest.mark.slow
@pytest.mark.real_clock
async def test_a_commit_of_another_process_is_heard(world: World, hub: Hub) -> None:
    house = world.harbor
    screen = Screen(hub, house, rooms_of(house))
    await screen.next()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "CLINIC_ENV": "test",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OTHER_PROCESS, str(house.hospital.pk), str(house.department.pk), env=environment
    )
    assert await process.wait() == 0
    await screen.next()
    assert screen.page is not None
    screen.page.shows(await elsewhere(lambda: reload(house)))
