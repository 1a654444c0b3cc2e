"""The main job in four browsers: taken in, announced, called, seen, completed, undone; all right in a second.
And the story of a booking: found, booked on a phone, accepted, checked in, told that the doctor is late, seen."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from clinic.core import clock as moment
from clinic.inbox import outgoing
from clinic.inbox.models import OCCASIONS as EVERY_OCCASION
from clinic.inbox.models import SENT, PatientMessage
from clinic.live import outbox
from queues.models import Appointment, Visit
from queues.operations import appointments, intake
from tests.browser.conftest import Hall
from tests.browser.test_day import answer
from tests.directory.test_listing import list_house
from tests.house.calls.book import free
from tests.queues.bookings import policy
from tests.queues.helpers import paired
from tests.queues.public import PERSON
from tests.world import House, World

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 1500
"""Milliseconds a change may take to be on another screen, the slow machine included."""


def live(page: Page) -> Page:
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    return page


def take_in(desk: Page, who: str, queue: str) -> None:
    """As a receptionist does: type, choose, press Enter."""
    if not desk.locator("#who").evaluate("field => field === document.activeElement"):
        desk.keyboard.press("n")  # after a walk-in the look-up has the focus already
    expect(desk.locator("#who")).to_be_focused()
    desk.keyboard.type(who)
    expect(desk.locator("#found [role=option]").first).to_be_visible()
    desk.keyboard.press("Enter")
    desk.get_by_role("radio", name=queue).check(force=True)
    desk.get_by_role("button", name="Add to line").click()


def test_the_main_job_on_four_screens(hall: Hall, world: World) -> None:
    house = world.harbor
    house.patient("Amina", "Yusuf", phone="555 01 47")
    house.patient("Mateo", "Fernández")
    _display, wall = paired(house)
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    doctor = live(hall.open("/h/harbor/doctor/", role="doctor", house=house))
    tv = live(hall.open(f"/d/{wall}/", width=1920, height=1080))

    take_in(desk, "0147", "Dr. Leïla Benali")
    row = desk.locator(f"#line-{house.own.pk} [data-row]")
    expect(row).to_have_count(1, timeout=SECOND)
    expect(row).to_contain_text("Amina Yusuf")
    expect(desk.locator(".toast-c")).to_contain_text("A-001 taken in for Dr. Leïla Benali")
    take_in(desk, "fernandez", "Dr. Leïla Benali")
    expect(row).to_have_count(2, timeout=SECOND)
    expect(doctor.get_by_role("button", name="Call A-001")).to_be_visible(timeout=SECOND)
    expect(tv.locator(".tv-lines")).to_contain_text("A-001", timeout=SECOND)

    with house.open():
        first, second = Visit.objects.order_by("token_number")
        phone = live(hall.open(f"/s/{intake.status_link(second)}/", width=390, height=844))
    expect(phone.locator("h1")).to_contain_text("1")
    expect(phone.locator("h1")).to_contain_text("person ahead of you")

    doctor.keyboard.press("c")
    expect(doctor.locator(".big-token")).to_have_text("A-001", timeout=SECOND)
    expect(tv.locator(".tv-token")).to_have_text("A-001", timeout=SECOND)
    expect(tv.locator("[data-say]")).to_have_attribute("data-say", "Token A 0 0 1, Room 4")
    expect(phone.locator("h1")).to_contain_text("You are next", timeout=SECOND)
    expect(row).to_have_count(1, timeout=SECOND)
    expect(desk.locator(f"#head-{house.own.pk} .now")).to_contain_text("Called, not here yet", timeout=SECOND)

    doctor.keyboard.press("Enter")
    expect(doctor.locator(".who h2")).to_have_text("Amina Yusuf", timeout=SECOND)
    doctor.get_by_role("button", name="Complete and call A-002").click()
    expect(phone.locator("h1")).to_contain_text("Please come in", timeout=SECOND)
    expect(phone).to_have_title(re.compile("^A-002"))
    # The call before stays to be read for its fifteen seconds; who is called after it stands in the list meanwhile.
    expect(tv.locator(".tv-serving [data-called]", has_text="A-002")).to_be_visible(timeout=SECOND)

    doctor.locator(".toast-c [data-undo]").last.click()
    expect(phone.locator("h1")).to_contain_text("You are next", timeout=SECOND)
    expect(phone.locator("main")).to_contain_text("Please wait", timeout=SECOND)
    expect(tv.locator(".tv-back")).to_contain_text("A-002, please wait", timeout=SECOND)
    expect(doctor.locator(".who h2")).to_have_text("Amina Yusuf", timeout=SECOND)
    assert first.token == "A-001"


def test_the_display_announces_each_call_once(hall: Hall, world: World) -> None:
    house = world.harbor
    house.waiting(2)
    _display, wall = paired(house)
    tv = live(hall.open(f"/d/{wall}/", width=1920, height=1080))
    doctor = live(hall.open("/h/harbor/doctor/", role="doctor", house=house))
    expect(tv.locator("[data-sound-word]")).to_contain_text("Sound off")  # nothing has been heard yet, and it says so
    doctor.keyboard.press("c")
    expect(tv.locator("[data-call]")).to_have_count(1, timeout=SECOND)
    expect(tv.locator("[data-call][data-new]")).to_have_count(1, timeout=SECOND)
    key = tv.locator("[data-call]").get_attribute("data-call")
    assert key
    tv.reload()
    live(tv)
    assert tv.evaluate("window.clinicflowDisplay.said") == []  # what stood there at the start is not shouted again


def test_the_phone_leaves_the_line_and_every_screen_knows(hall: Hall, world: World) -> None:
    house = world.harbor
    visit = house.waiting(2)[1]
    desk = live(hall.open("/h/harbor/reception/", role="receptionist", house=house))
    with house.open():
        phone = live(hall.open(f"/s/{intake.status_link(visit)}/", width=390, height=844))
    phone.get_by_text("Leave the line").first.click()
    phone.get_by_role("button", name="Yes, leave the line").click()
    expect(phone.locator("h1")).to_contain_text("You left the line")
    expect(desk.locator(f"#line-{house.own.pk} [data-row]")).to_have_count(1, timeout=SECOND)


# --- by appointment (issue 4) ----------------------------------------------------------------------------------------

MORNING = "2026-11-20T09:12:00Z"
"""Twelve past ten of a Friday in Paris; the lines are open until six."""
OCCASIONS = [name for name, _words in EVERY_OCCASION]
UNDO = 62
"""Seconds after which nothing can be taken back any more, and what was said is told."""


def work(house: House) -> None:
    """What the worker does: reactions, and sending."""
    outbox.run(house.hospital.pk)
    with house.open():
        outgoing.send_due()


def told(house: House, occasion: str) -> Counter[str]:
    """Who was sent a message of this kind, and how often."""
    with house.open():
        rows = PatientMessage.objects.filter(occasion=occasion, state=SENT)
        return Counter(rows.values_list("patient__email", flat=True))


def finds_and_books(hall: Hall, house: House) -> Page:
    """A patient with a phone: looks for the speciality in the town, chooses the first time, says who comes."""
    phone = hall.open("/find/", width=390, height=844)
    phone.get_by_label("City").fill("Paris")
    phone.locator("[name=q]").fill("general practice")
    phone.get_by_role("button", name="Search").click()
    phone.get_by_role("link", name=house.doctor.name).click()
    phone.locator(".slots button").first.click()
    expect(phone.locator(".note")).to_contain_text("is kept for you")
    for name in ("given_name", "family_name", "phone", "birth_year", "email"):
        phone.locator(f"[name={name}]").fill(PERSON[name])
    phone.get_by_role("button", name="Book", exact=True).click()
    expect(phone.locator(".bk")).to_contain_text("Asked for")
    return live(phone)


@dataclass
class Screens:
    """Who looks at what."""

    desk: Page
    book: Page
    doctor: Page
    tv: Page


def around(hall: Hall, house: House) -> Screens:
    """The desk with its book, the doctor and the waiting room."""
    _display, wall = paired(house)
    return Screens(
        live(hall.open("/h/harbor/reception/", role="receptionist", house=house)),
        live(hall.open("/h/harbor/book/", role="receptionist", house=house)),
        live(hall.open("/h/harbor/doctor/", role="doctor", house=house)),
        live(hall.open(f"/d/{wall}/", width=1920, height=1080)),
    )


def is_accepted(phone: Page, row: Appointment, at: Screens) -> None:
    expect(at.book.locator(f"#appt-{row.pk}")).to_have_attribute("data-state", "requested")
    at.doctor.locator(f"#own-{row.pk}").get_by_role("button", name="Accept").click()
    expect(phone.locator(".bk")).to_contain_text("Booked")
    expect(phone.locator("#place")).to_contain_text("1 person is before you")
    expect(at.book.locator(f"#appt-{row.pk}")).to_have_attribute("data-state", "confirmed")
    expect(at.desk.locator(f"#booking-{row.pk}")).to_contain_text("Lucía Ortega")


def is_seen(phone: Page, token: str, at: Screens, house: House) -> None:
    at.doctor.get_by_role("button", name="In the room: start").click()
    at.doctor.get_by_role("button", name=f"Complete and call {token}").click()
    expect(phone.locator("h1")).to_contain_text("Please come in")
    expect(at.tv.locator(".tv-serving [data-called]", has_text=token)).to_be_visible()
    work(house)
    at.doctor.get_by_role("button", name="In the room: start").click()
    expect(phone.locator("h1")).to_contain_text("You are in")
    at.doctor.get_by_role("button", name="Complete", exact=True).click()
    expect(phone.locator("h1")).to_contain_text("Done for today")
    expect(at.tv.locator("body")).not_to_contain_text(token)
    expect(at.desk.locator(f"#head-{house.own.pk}")).to_contain_text("Nobody in the room")


def test_the_story_of_a_booking_on_every_screen(hall: Hall, world: World) -> None:
    cache.clear()
    house = world.harbor
    line, head = f"#line-{house.own.pk} [data-row]", f"#head-{house.own.pk}"
    with time_machine.travel(MORNING, tick=True) as clock:
        list_house(house)
        policy(house, confirm="doctor")
        with house.open():
            walks_in = house.patient("Amina", "Yusuf", email="amina@patients.example")
            with moment.at(timezone.now() - timedelta(minutes=45)):
                first = intake.arrive(house.own, walks_in, actor=house.desk).visit
            later = house.patient("Mateo", "Later", email="later@patients.example")
            appointments.book(house.own, later, starts_at=free(house, count=8)[-1], actor=house.desk)
        at = around(hall, house)
        phone = finds_and_books(hall, house)
        work(house)
        with house.open():
            row = Appointment.objects.get(patient__email=PERSON["email"])
        is_accepted(phone, row, at)
        clock.shift(UNDO)
        work(house)

        at.desk.locator(f"#booking-{row.pk}").get_by_role("button", name="Check in").click()
        expect(at.desk.locator(line)).to_have_count(2)
        expect(phone).to_have_url(re.compile("/s/"))  # on to the place, without a hand on the phone
        live(phone)
        expect(phone.locator("h1")).to_contain_text("person ahead of you")
        with house.open():
            token = Visit.objects.get(appointment=row).token
        expect(at.tv.locator(".tv-lines")).to_contain_text(token)
        at.doctor.keyboard.press("c")
        expect(at.tv.locator(".tv-token")).to_have_text(first.token)
        expect(phone.locator("h1")).to_contain_text("You are next")
        expect(at.desk.locator(line)).to_have_count(1)

        at.doctor.get_by_role("link", name="How long").click()
        answer(at.doctor, status="running_late", late_minutes=25)
        for page, where in ((phone, "#place"), (at.desk, head), (at.tv, ".tv-lines")):
            expect(page.locator(where)).to_contain_text("25 min")
        work(house)
        assert told(house, "late") == {}, "it can still be taken back"
        clock.shift(UNDO)
        for _twice in range(2):
            work(house)
        assert told(house, "late") == {PERSON["email"]: 1, "later@patients.example": 1}

        is_seen(phone, token, at, house)
        expect(at.book.locator(f"#appt-{row.pk}")).to_have_attribute("data-state", "completed")
        heard = {occasion for occasion in OCCASIONS if told(house, occasion)[PERSON["email"]] == 1}
        assert heard == {"requested", "accepted", "late", "your_turn"}
        assert sum(letter.to == [PERSON["email"]] for letter in mail.outbox) == len(heard)


def test_away_today_with_thirty_bookings(hall: Hall, world: World) -> None:
    """The doctor falls ill at eight: one act, thirty people told once each; what is undone in time tells nobody."""
    cache.clear()
    house = world.harbor
    with time_machine.travel("2026-11-23T07:00:00Z", tick=True) as clock:
        policy(house, default_minutes=10)
        with house.open():
            starts = free(house, count=30)
            rows = [
                appointments.book(
                    house.own, house.patient(f"P{n}", "Booked", email=f"p{n}@patients.example"), starts_at=start,
                    actor=house.desk,
                ).appointment
                for n, start in enumerate(starts)
            ]  # fmt: skip
            assert {row.service_day for row in rows} == {rows[0].service_day}, "all on the one day"
            link = appointments.booking_link(rows[3])
        work(house)
        mail.outbox.clear()
        phone = live(hall.open(f"/b/{link}/", width=390, height=844))
        doctor = live(hall.open("/h/harbor/doctor/", role="doctor", house=house))
        desk = hall.open(f"/h/harbor/away-today/?doctor={house.doctor.pk}", role="receptionist", house=house)
        own = doctor.locator(".own-bookings [data-row]")
        expect(own).to_have_count(30)

        settle(desk, "cancel", one=f"choice-{rows[0].ref}")
        expect(own).to_have_count(1)  # one stays: somebody decided so
        expect(phone.locator(".bk")).to_contain_text("Cancelled")
        expect(phone.get_by_role("link", name="Book again")).to_be_visible()
        desk.get_by_role("button", name="Undo").click()
        expect(own).to_have_count(30)
        expect(phone.locator(".bk")).to_contain_text("Booked")
        clock.shift(UNDO)
        work(house)
        assert mail.outbox == [], "nobody hears of what was undone"

        desk.goto(f"/h/harbor/away-today/?doctor={house.doctor.pk}")
        settle(desk, f"colleague:{house.colleague.queue.pk}")
        expect(own).to_have_count(0)
        clock.shift(UNDO)
        work(house)
        work(house)
        assert told(house, "away") == {f"p{n}@patients.example": 1 for n in range(30)}
        assert len(mail.outbox) == 30
        expect(phone).to_have_url(re.compile("/b/"))
        expect(phone.locator("main")).to_contain_text(house.colleague.name)  # the booking that took its place
        with house.open():
            fresh = Appointment.objects.filter(queue=house.colleague.queue, state="confirmed")
            assert sorted(fresh.values_list("starts_at", flat=True)) == starts


def settle(desk: Page, choice: str, one: str = "") -> None:
    """One choice for all, another for one of them, in one act."""
    desk.locator("#away-all").select_option(choice)
    if one:
        desk.locator(f"[name='{one}']").select_option("stay")
    desk.get_by_role("button", name="Settle").click()
    expect(desk.get_by_role("button", name="Undo")).to_be_visible()
