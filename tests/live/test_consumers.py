"""Page sockets: who may open one, what it may watch, what ends it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.directory import operations
from clinic.live import consumers, doors, sockets
from clinic.live.hub import Hub
from clinic.live.record import change, operation, record
from clinic.tenants import links
from clinic.tenants.models import Membership
from tests.live.helpers import split
from tests.live.test_hub import add_room, reload, rooms_of
from tests.live.wire import ORIGIN, Page, elsewhere, sign_in
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def harbor(world: World) -> House:
    return world.harbor


@pytest.fixture
def cookie(harbor: House) -> bytes:
    return sign_in(harbor, "manager")


@pytest.fixture
def shows_rooms(harbor: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Displays whose target is a department show its rooms; status links one room of it."""
    monkeypatch.setitem(doors._opens, "display", lambda target: [f"toy-rooms:{target}"])
    monkeypatch.setitem(doors._opens, "status", lambda target: [f"toy-rooms:{harbor.department.pk}#{target}"])


@operation("members.manage")
def set_roles(membership: Membership, roles: list[str], *, actor: Any) -> None:
    change(membership, roles=roles)
    record("membership.role_changed", membership)


@operation("members.manage")
def revoke(membership: Membership, *, actor: Any) -> None:
    change(membership, is_active=False)
    record("membership.revoked", membership)


async def test_a_page_is_kept_right(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    assert await page.open()
    beat = await page.watch(rooms_of(harbor))
    assert beat["digests"] == {rooms_of(harbor): page.regions[rooms_of(harbor)].digest}
    assert beat["at"].endswith("Z")
    await elsewhere(lambda: add_room(harbor, "Attic"))
    frame = await page.next()
    assert frame["seq"] == 0  # a region that links open says to nobody how much happens here
    assert "html" not in frame
    page.regions[rooms_of(harbor)].shows(await elsewhere(lambda: reload(harbor, frozenset({"directory.manage"}))))
    await page.leave()


async def test_after_a_cut_the_same_message_catches_up(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    await page.watch(rooms_of(harbor))
    await page.leave()
    await elsewhere(lambda: add_room(harbor, "Attic"))
    again = Page("/ws/h/harbor/live", cookie)
    again.regions = page.regions
    await again.open()
    await again.watch(rooms_of(harbor))
    assert [set(frame) for frame in again.frames] == [{"region", "digest", "seq", "html"}]
    await again.watch(rooms_of(harbor))
    assert len(again.frames) == 1, "equal digest: nothing"
    await again.leave()


@pytest.mark.parametrize(
    "origin", [None, b"https://evil.example", b"https://testserver", b"http://testserver:81", b"null"]
)
async def test_a_cookie_from_another_origin_is_refused(
    harbor: House, cookie: bytes, hub: Hub, origin: bytes | None
) -> None:
    assert not await Page("/ws/h/harbor/live", cookie, origin).open()


async def test_without_a_session_the_socket_closes(world: World, hub: Hub) -> None:
    for cookie in (b"", b"session=nonsense", b"session=; =;;; \xff"):
        page = Page("/ws/h/harbor/live", cookie)
        await page.open()
        assert await page.closed() == sockets.SIGNED_OUT


async def test_another_hospitals_member_is_told_nothing(world: World, hub: Hub) -> None:
    cookie = await elsewhere(lambda: sign_in(world.hilltop, "owner"))
    for path in ("/ws/h/harbor/live", "/ws/h/nowhere/live"):
        page = Page(path, cookie)
        await page.open()
        assert await page.closed() == sockets.SIGNED_OUT
        assert page.regions == {}


async def test_another_hospitals_region_is_not_here(world: World, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", await elsewhere(lambda: sign_in(world.harbor, "manager")))
    await page.open()
    await page.watch(rooms_of(world.hilltop))
    assert page.errors == [{"error": {"code": "access.not_here"}, "region": rooms_of(world.hilltop)}]
    assert page.regions == {}
    await page.leave()


async def test_each_region_asks_its_own_ability(harbor: House, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", await elsewhere(lambda: sign_in(harbor, "biller")))
    await page.open()
    await page.watch(rooms_of(harbor), f"toy-card:{harbor.department.pk}", "unknown:7")
    codes = {each["region"]: each["error"]["code"] for each in page.errors}
    assert codes == {f"toy-card:{harbor.department.pk}": "access.denied", "unknown:7": "access.not_here"}
    assert list(page.regions) == [rooms_of(harbor)]
    assert "edit</a>" not in str(page.regions[rooms_of(harbor)].rows)
    await page.leave()


async def test_unwatching_ends_the_frames(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    await page.watch(rooms_of(harbor))
    await page.send({"unwatch": [rooms_of(harbor), "nothing"]})
    assert (await page.until_beat())["digests"] == {}
    await elsewhere(lambda: add_room(harbor, "Attic"))
    assert await page.line.receive_nothing(timeout=0.3)
    await page.leave()


# --- rights that end -------------------------------------------------------------------------------------------------


async def test_a_changed_role_trims_what_is_shown(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    card, rooms = f"toy-card:{harbor.department.pk}", rooms_of(harbor)
    await page.watch(card, rooms)
    assert "edit</a>" in str(page.regions[rooms].rows)

    def demote() -> None:
        with harbor.open():
            set_roles(harbor.memberships["manager"], ["receptionist"], actor=SYSTEM)

    await elsewhere(demote)
    while not (page.errors and "edit</a>" not in str(page.regions[rooms].rows)):
        await page.next()
    assert page.errors == [{"error": {"code": "access.denied"}, "region": card}]

    def rename() -> None:
        with harbor.open():
            operations.change_department(harbor.department, name="Elsewhere", actor=SYSTEM)

    await elsewhere(rename)
    assert (await page.next())["region"] == rooms
    assert await page.line.receive_nothing(timeout=0.2), "the card is not shown any more"
    await page.leave()


async def test_a_revoked_member_is_out_within_seconds(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    await page.watch(rooms_of(harbor))

    def out() -> None:
        with harbor.open():
            revoke(harbor.memberships["manager"], actor=SYSTEM)

    await elsewhere(out)
    assert await page.closed() == sockets.SIGNED_OUT
    assert page.errors[-1]["error"]["message"] == "signed out"


async def test_a_session_that_has_ended_is_found_at_the_next_look(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    await page.watch(rooms_of(harbor))
    await elsewhere(lambda: Session.objects.all().delete())
    for member in [each for room in hub._rooms for each in room]:
        member.look_again()
    assert await page.closed() == sockets.SIGNED_OUT


async def test_live_traffic_does_not_move_the_session(harbor: House, cookie: bytes, hub: Hub) -> None:
    await elsewhere(lambda: Session.objects.update(expire_date=timezone.now() + timedelta(seconds=300)))
    before = await elsewhere(lambda: list(Session.objects.values_list("session_data", "expire_date")))
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    await page.watch(rooms_of(harbor))
    for member in [each for room in hub._rooms for each in room]:
        member.look_again()
    await page.send({"ping": 1})
    await page.until_beat()
    assert await elsewhere(lambda: list(Session.objects.values_list("session_data", "expire_date"))) == before
    await page.leave()


# --- public screens --------------------------------------------------------------------------------------------------


async def test_a_display_shows_what_its_token_names(harbor: House, hub: Hub, shows_rooms: None) -> None:
    token = await elsewhere(lambda: links.issue("display", str(harbor.department.pk), harbor.hospital.pk, None))
    page = Page(f"/ws/d/{token}/live", origin=None)
    await page.open()
    await page.watch(rooms_of(harbor), f"toy-card:{harbor.department.pk}")
    assert list(page.regions) == [rooms_of(harbor)]
    assert [each["error"]["code"] for each in page.errors] == ["access.denied"]
    await elsewhere(lambda: links.end("display", str(harbor.department.pk)))
    for member in [each for room in hub._rooms for each in room]:
        member.look_again()
    assert await page.closed() == sockets.NO_SUCH_LINK


async def test_a_phone_gets_its_row_and_no_other(harbor: House, hub: Hub, shows_rooms: None) -> None:
    key = harbor.room.pk.hex[-8:]
    token = await elsewhere(lambda: links.issue("status", key, harbor.hospital.pk, None))
    page = Page(f"/ws/s/{token}/live", origin=ORIGIN)
    await page.open()
    mine, another = f"{rooms_of(harbor)}#{key}", f"{rooms_of(harbor)}#12345678"
    await page.watch(mine, another, rooms_of(harbor))
    assert list(page.regions) == [mine]
    assert list(split(page.frames[0]["html"])[1]) == [key]
    assert len(page.errors) == 2
    await page.leave()


async def test_an_unknown_token_and_a_foreign_origin_are_refused(harbor: House, hub: Hub, shows_rooms: None) -> None:
    page = Page("/ws/d/none/live", origin=None)
    await page.open()
    assert await page.closed() == sockets.NO_SUCH_LINK
    token = await elsewhere(lambda: links.issue("display", str(harbor.department.pk), harbor.hospital.pk, None))
    assert not await Page(f"/ws/d/{token}/live", origin=b"https://evil.example").open()
    page = Page(f"/ws/s/{token}/live", origin=None)
    await page.open()
    assert await page.closed() == sockets.NO_SUCH_LINK, "a token of another purpose"


# --- bad input -------------------------------------------------------------------------------------------------------

BAD = {
    "no json": ("{", sockets.NOT_UNDERSTOOD),
    "no object": ("[1]", sockets.NOT_UNDERSTOOD),
    "unknown": ('{"subscribe": []}', sockets.NOT_UNDERSTOOD),
    "unknown beside known": ('{"watch": {}, "x": 1}', sockets.NOT_UNDERSTOOD),
    "deep": ("[" * 8000, sockets.NOT_UNDERSTOOD),
    "wrong shape": ('{"watch": ["line:7"]}', sockets.NOT_UNDERSTOOD),
    "too many": (json.dumps({"watch": {f"toy-rooms:{n}": "" for n in range(201)}}), sockets.NOT_UNDERSTOOD),
    "too big": (json.dumps({"watch": {"x" * 17_000: ""}}), sockets.TOO_BIG),
    "too big in bytes": ('{"watch": {"' + "é" * 9000 + '": ""}}', sockets.TOO_BIG),
}


@pytest.mark.parametrize("text,code", BAD.values(), ids=BAD.keys())
async def test_what_is_no_message_gets_an_error_and_a_close(
    harbor: House, cookie: bytes, hub: Hub, text: str, code: int
) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    await page.send(text)
    assert await page.closed() == code
    assert page.errors[-1]["error"]["code"] == f"live.{code}"


async def test_bytes_are_no_message(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    await page.line.send_to(bytes_data=b"\x00")
    assert await page.closed() == sockets.NOT_UNDERSTOOD


async def test_more_than_ten_messages_a_second_end_it(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    for _ in range(11):
        await page.send({"ping": 1})
    assert await page.closed() == sockets.TOO_FAST


async def test_strange_digests_and_languages_do_no_harm(harbor: House, cookie: bytes, hub: Hub) -> None:
    page = Page("/ws/h/harbor/live", cookie)
    await page.open()
    await page.send({"watch": {rooms_of(harbor): None, "toy-rooms:%00": 7, "toy-rooms:\u2028": ""}, "lang": "../../x"})
    await page.until_beat()
    assert list(page.regions) == [rooms_of(harbor)], "what is not there is taken off a page that says it shows it"
    await page.leave()


async def test_an_unknown_address_is_refused(world: World, hub: Hub) -> None:
    for path in ("/ws/nothing", "/ws/h/harbor", "/x"):
        assert not await Page(path).open()


async def test_nothing_is_left_behind(harbor: House, cookie: bytes, hub: Hub) -> None:
    for _ in range(5):
        page = Page("/ws/h/harbor/live", cookie)
        await page.open()
        await page.watch(rooms_of(harbor))
        await page.leave()
    ward = hub.ward(harbor.hospital.pk)
    assert not ward.members
    assert not hub.marked
    assert not any(hub._rooms)
    assert all(not state.watchers for state in ward.states.values())


async def test_a_client_that_does_not_read_is_cut(
    harbor: House, cookie: bytes, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a server with back-pressure ``send`` waits, and the pump with it; at last the line is cut."""
    monkeypatch.setattr(sockets, "STUCK", 0.05)
    monkeypatch.setattr(sockets, "AT_THE_END", 0.1)
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: list[dict[str, Any]] = []
    full = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        if full.is_set():
            await asyncio.sleep(3600)
        sent.append(message)
        if len(sent) == 3:
            full.set()

    scope = {"type": "websocket", "url_route": {"kwargs": {"slug": "harbor"}},
             "headers": [(b"cookie", cookie), (b"origin", ORIGIN)]}  # fmt: skip
    task = asyncio.create_task(consumers.staff_page(scope, incoming.get, send))
    await incoming.put({"type": "websocket.connect"})
    await incoming.put({"type": "websocket.receive", "text": json.dumps({"watch": {rooms_of(harbor): ""}})})
    await full.wait()
    await elsewhere(lambda: add_room(harbor, "Attic"))
    await asyncio.sleep(0.3)
    assert not task.done(), "until the next beat it is only slow"
    for member in [each for room in hub._rooms for each in room]:
        member.beat()
    async with asyncio.timeout(5):
        await task
    assert len(sent) == 3, "accept, the region, the beat"
