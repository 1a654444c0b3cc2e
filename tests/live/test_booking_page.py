"""A booking's page by its socket: right as a reload is, for whoever holds the link and nobody else, rendered once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.template.loader import get_template
from django.test import Client

from clinic.core.access import PATIENT, Actor
from clinic.directory.models import Doctor
from clinic.directory.operations import set_status
from clinic.live import regions, render, sockets
from clinic.live.hub import Hub
from clinic.tenants import links
from queues.models import REQUESTED, Appointment
from queues.operations import appointments, calls, checkin, displays, intake
from queues.regions.booking import opened_by
from tests.live.helpers import assert_live, split
from tests.live.wire import Page, elsewhere
from tests.queues.bookings import TEN, booked, minutes
from tests.queues.helpers import paired
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def harbor(world: World) -> Iterator[House]:
    """Half past nine, on a Friday; the bookings are at ten."""
    cache.clear()
    with time_machine.travel(TEN - minutes(30), tick=True):
        yield world.harbor
    cache.clear()


def holder(row: Appointment) -> Actor:
    return Actor(kind="patient", id=row.ref, name="", abilities=PATIENT)


def link_of(row: Appointment) -> str:
    """The link as the booking's message has it."""
    return links.issue("booking", row.ref, row.hospital_id, None)


Act = Callable[[House, Appointment], Any]
ACTS: dict[str, tuple[str, Act]] = {
    "accepted": (REQUESTED, lambda house, row: appointments.accept(row, actor=house.medic)),
    "rejected": (REQUESTED, lambda house, row: appointments.reject(row, reason="Too far", actor=house.medic)),
    "cancelled": ("confirmed", lambda house, row: appointments.cancel(row, reason="Ill", actor=house.desk)),
    "moved": ("confirmed", lambda house, row: appointments.reschedule(row, starts_at=TEN + minutes(60),
                                                                     actor=house.desk)),
    "late": ("confirmed", lambda house, row: checkin.delay_by_link(row, minutes=10, actor=holder(row))),
    "checked in": ("confirmed", lambda house, row: checkin.check_in(row, actor=house.desk)),
    "doctor late": ("confirmed", lambda house, row: set_status(house.doctor, Doctor.RUNNING_LATE, late_minutes=25,
                                                               actor=house.medic)),
    "somebody before": ("confirmed", lambda house, row: intake.arrive(house.own, house.people[0], klass="urgent",
                                                                      class_reason="Fever", actor=house.desk)),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.rule("2.6")
def test_live_equals_reload(harbor: House, name: str) -> None:
    state, act = ACTS[name]
    harbor.patient("Early", "Walkin")
    row = booked(harbor, state=state)
    with harbor.open():
        assert_live(lambda: act(harbor, row), *opened_by(row.ref), languages=("en", "ar"))


async def opened(row: Appointment, hub: Hub) -> Page:
    """A page that watches all that its link opens."""
    page = Page(f"/ws/b/{await elsewhere(lambda: link_of(row))}/live")
    await page.open()
    await page.watch(*await names(row))
    return page


async def names(row: Appointment) -> list[str]:
    def ask() -> list[str]:
        from clinic.core.tenancy import hospital

        with hospital(row.hospital_id):
            return opened_by(row.ref)

    return await elsewhere(ask)


async def test_a_page_is_told_that_the_doctor_accepts(harbor: House, hub: Hub) -> None:
    row = await elsewhere(lambda: booked(harbor, state=REQUESTED))
    page = await opened(row, hub)
    assert 'data-booking="requested"' in str(page.frames)

    def accept() -> None:
        with harbor.open():
            appointments.accept(row, actor=harbor.medic)

    page.frames.clear()
    await elsewhere(accept)
    while "is before you" not in str(page.frames) and "Nobody is before you" not in str(page.frames):
        await page.next()
    assert 'data-booking="confirmed"' in str(page.frames)
    await page.leave()


@pytest.mark.rule("2.13")
async def test_the_wire_holds_no_name_no_secret_and_no_count(harbor: House, hub: Hub) -> None:
    """As the page: whose booking it is stands around the live parts. The log's numbers would tell of one event more
    where somebody unknown was registered."""

    def arrange() -> Appointment:
        vera = harbor.patient("Vera", "Visible", phone="+44 20 7946 0999", birth_year=1971, email="vv@example.org")
        return booked(harbor, patient=vera, reason="collapse", said_given="Vera", said_family="Visible")

    row = await elsewhere(arrange)
    page = await opened(row, hub)

    def act() -> None:
        with harbor.open():
            other = intake.arrive(harbor.own, harbor.patient("Zebedee", "Quillfeather"), actor=harbor.desk).visit
            set_status(harbor.doctor, Doctor.RUNNING_LATE, late_minutes=25, actor=harbor.medic)
            assert calls.call(other, harbor.doctor, reason="haemorrhage", actor=harbor.desk)

    await elsewhere(act)
    while "25 min late" not in str(page.frames):
        await page.next()
    beat = await page.watch(*await names(row), **dict.fromkeys(await names(row), "old"))
    text = str(page.frames)
    token = await elsewhere(lambda: link_of(row))
    people = [str(person.pk) for person in harbor.people] + [person.mrn for person in harbor.people]
    hidden = ["Vera", "Visible", "7946", "1971", "vv@", "collapse", "Zebedee", "Quillfeather", "haemorrhage", token,
              "canary-", *people]  # fmt: skip
    assert [word for word in hidden if word in text] == []
    assert {frame["seq"] for frame in page.frames} == {beat["seq"]} == {0}
    assert set(re.findall(r"data-seq=\\?\"(\d+)", text)) == {"0"}
    await page.leave()


async def test_a_link_opens_no_other_booking(harbor: House, hub: Hub) -> None:
    row, other = await elsewhere(lambda: (booked(harbor), booked(harbor, TEN + minutes(30))))
    page = await opened(row, hub)
    shown = set(page.regions)
    foreign = [*await names(other), f"status:{harbor.department.pk}", f"line:{harbor.own.pk}"]
    await page.watch(*foreign)
    assert set(page.regions) == shown
    assert len(page.errors) == len(foreign)
    token = await elsewhere(lambda: link_of(row))
    asked = "&".join(f"r={name.replace('#', '%23')}" for name in foreign)
    answer = await elsewhere(lambda: Client().get(f"/b/{token}/regions?{asked}"))
    assert all("error" in frame for frame in answer.json()["frames"])
    assert answer["Referrer-Policy"] == "no-referrer"
    await page.leave()


async def test_unknown_ended_and_other_links_are_one_answer(harbor: House, hub: Hub) -> None:
    row, visit = await elsewhere(lambda: (booked(harbor), harbor.waiting(1)[0]))
    status = await elsewhere(lambda: intake.status_link(visit))
    for token in ("nothing", status):
        page = Page(f"/ws/b/{token}/live")
        await page.open()
        assert await page.closed() == sockets.NO_SUCH_LINK
        plain = f"/b/{token}/regions"
        assert await elsewhere(lambda asked=plain: Client().get(asked).status_code) == 404
    page = await opened(row, hub)
    await elsewhere(lambda: links.end("booking", row.ref))
    for member in [each for room in hub._rooms for each in room]:
        member.look_again()
    assert await page.closed() == sockets.NO_SUCH_LINK


async def test_a_change_is_rendered_once_for_all_who_watch(
    harbor: House, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = await elsewhere(lambda: [booked(harbor, TEN + minutes(15 * n)) for n in range(4)])
    pages = [await opened(row, hub) for row in (*rows, rows[0], rows[0])]
    made: list[str] = []

    def counted(name: str) -> Any:
        made.append(name)
        return get_template(name)

    monkeypatch.setattr(render, "get_template", counted)
    loads: list[int] = []
    kind = regions.kinds()["booking"]
    slow = render.Region(**{field: getattr(kind, field) for field in kind.__slots__} | {
        "load": lambda keys: (loads.append(len(keys)), kind.load(keys))[1],
    })  # fmt: skip
    monkeypatch.setitem(render._regions, "booking", slow)

    def delay() -> None:
        with harbor.open():
            checkin.delay_by_link(rows[0], minutes=10, actor=holder(rows[0]))

    await elsewhere(delay)
    for page in (pages[0], pages[4], pages[5]):
        page.frames.clear()
        while "10 minutes later" not in str(page.frames):
            await page.next()
    assert made.count("booking/_part.html") == 1, "the one part that changed, once for three phones"
    assert loads == [1], "the other bookings were not asked for"
    for page in pages:
        await page.leave()


async def test_a_revoked_display_ends_at_once(harbor: House, hub: Hub) -> None:
    """The event that ends a link's target is heard, not found at the next look around."""
    display, token = await elsewhere(lambda: paired(harbor))
    page = Page(f"/ws/d/{token}/live", origin=None)
    await page.open()
    await page.watch()

    def revoke() -> None:
        with harbor.open():
            displays.revoke(display, actor=harbor.desk)

    await elsewhere(revoke)
    assert await page.closed() == sockets.NO_SUCH_LINK


def test_without_script_the_page_reloads_itself_on_the_day(harbor: House) -> None:
    row, later = booked(harbor), booked(harbor, TEN + minutes(3 * 24 * 60))
    page, other = (Client().get(f"/b/{link_of(each)}/").content.decode() for each in (row, later))
    refresh = '<noscript><meta http-equiv="refresh" content="30"></noscript>'
    assert refresh in page
    assert refresh not in other
    assert page.replace(refresh, "").count("http-equiv") == 0
    shown = re.findall(r'data-region="([^"]+)"', page)
    with harbor.open():
        assert shown[:1] + shown[2:] + shown[1:2] == opened_by(row.ref)
    assert [key for part in shown for key in split(f'<div data-region="{part}"></div>')[1]] == []


def test_the_place_is_reached_by_the_bookings_own_address(harbor: House) -> None:
    row = booked(harbor)
    link = link_of(row)
    assert Client().get(f"/b/{link}/place/")["Location"] == f"/b/{link}/"
    with harbor.open():
        visit = checkin.check_in(row, actor=harbor.desk).visit
    there = f"/s/{intake.status_link(visit)}/"
    assert Client().get(f"/b/{link}/place/")["Location"] == Client().get(f"/b/{link}/")["Location"] == there
