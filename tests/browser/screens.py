"""Pictures of every screen, of the demo hospital on a Friday morning: ``make screens`` puts them into docs/screens/.

Light and dark, at a desk (1440) and on a phone (390); the waiting room as the television it is (1920).
``SCREENS=reception,doctor`` takes only those whose names begin so.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clinic.core import clock
from clinic.core.access import PATIENT, Actor
from clinic.core.tenancy import hospital
from clinic.demo import stage
from clinic.demo.cast import HARBOR, HILLTOP
from clinic.demo.crowd import Crowd
from clinic.demo.management.commands.demo import PASSWORD
from clinic.directory.models import Doctor
from clinic.directory.operations import set_status
from clinic.live import outbox, render
from clinic.records.models import Patient
from clinic.tenants import people
from clinic.tenants.models import PLATFORM_ID, Hospital, Membership
from clinic.tenants.passwords import new_password
from er_flow.models import EmergencyVisit
from queues.estimates import follow
from queues.models import CALLED, CONFIRMED, IN_PROGRESS, Appointment, Leg, Queue
from queues.operations import appointments, calls, ends, holds, intake, returns, secret_links
from tests.browser import er_scene
from tests.browser.conftest import Hall, Server
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = Path(settings.BASE_DIR) / "docs" / "screens"
FRIDAY = "2026-11-20T10:42:00Z"
ENOUGH = 5
DESK, PHONE, WALL = ("1440", 1440, 900), ("390", 390, 844), ("1920", 1920, 1080)
STAFF, POCKET, TELEVISION = (DESK, PHONE), (PHONE, DESK), (WALL,)


@dataclass
class Stage:
    """The demo hospital, and what the pictures need of it."""

    hospital: Hospital
    wall: str
    hall: Hall
    faces: dict[str, str] = field(default_factory=dict)

    def sign_in(self, name: str) -> str:
        """The session of a member of the cast."""
        if name not in self.faces:
            client = Client()
            user = Membership.objects.get(hospital=self.hospital, user__name=name).user
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            self.faces[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
        return self.faces[name]

    def actor(self, name: str) -> Actor:
        return people.actor_of(Membership.objects.get(hospital=self.hospital, user__name=name))

    def shoot(self, name: str, path: str, who: str = "", sizes: Any = STAFF, prepare: Any = None) -> None:
        """One screen in every size, light and dark."""
        only = os.environ.get("SCREENS", "")
        if only and not name.startswith(tuple(only.split(","))):
            return
        for label, width, height in sizes:
            for theme in ("light", "dark"):
                page = self.hall.open(
                    path, width=width, height=height, theme=theme, session=self.sign_in(who) if who else ""
                )
                if page.locator("[data-region]").count():
                    expect(page.locator("html")).to_have_attribute("data-link", "live")
                if prepare is not None:
                    prepare(page)
                page.evaluate("document.fonts.ready")
                page.screenshot(path=FOLDER / f"{name}.{theme}.{label}.png")
                page.context.close()


@pytest.fixture
def morning(server: Server, chromium: Browser, transactional_db: None) -> Iterator[Stage]:
    render.forget()
    Hospital.objects.get_or_create(pk=PLATFORM_ID, defaults={"name": "Platform", "slug": "platform", "hidden": True})
    with time_machine.travel(FRIDAY, tick=True):
        made = stage.make(HARBOR, new_password(PASSWORD))
        stage.make(HILLTOP, new_password(PASSWORD))
        hall = Hall(chromium, server.url)
        yield Stage(made.hospital, made.display, hall)
        hall.close()
    assert hall.faults == []


def test_pictures(morning: Stage, settings: Any) -> None:
    settings.PUBLIC_URL = "https://queue.harbor.example"
    FOLDER.mkdir(parents=True, exist_ok=True)
    owner, desk, medic = "Helen Nakagawa", "Dana Whitfield", "Dr. Leïla Benali"
    here = "/h/harbor/"
    with hospital(morning.hospital):
        doctor = Doctor.objects.select_related("room").get(name=medic)
        _somebody_in_the_room(doctor, morning.actor(medic))
        _fill(doctor, morning.actor(desk))
        quiet = _arrange(doctor, morning.actor(desk))
        while outbox.run(morning.hospital.pk):
            pass
        waiting = Leg.objects.waiting().filter(queue__doctor=doctor).in_order().select_related("visit")
        third, head = waiting[2].visit, waiting[0].visit
        links = {leg: intake.status_link(leg) for leg in (third, head)}
        patient = Patient.objects.get(pk=third.patient_id)
        line = doctor.queue.pk
        coming = Appointment.objects.filter(state=CONFIRMED, queue=line).order_by("starts_at").last()
        assert coming is not None, "the demo has bookings"
        booking = appointments.booking_link(coming)
        kiosk = secret_links.make_kiosk(actor=morning.actor(desk))
    follow.follow()
    morning.shoot("reception", f"{here}reception/", desk)
    morning.shoot("reception-search", f"{here}reception/", desk, prepare=_look_up)
    morning.shoot("reception-acts", f"{here}reception/", desk, prepare=_menu)
    morning.shoot("reception-move", f"{here}reception/", desk, prepare=_move)
    morning.shoot("reception-offline", f"{here}reception/", desk, prepare=_offline)
    _book(morning, doctor, line, patient)
    morning.shoot("acts", f"{here}visits/{third.pk}/acts/", desk)
    morning.shoot("posts", f"{here}posts/", desk)
    morning.shoot("doctor", f"{here}doctor/", medic)
    morning.shoot("doctor-empty", f"{here}doctors/{quiet.pk}/", desk)
    morning.shoot("palette", f"{here}reception/", desk, (DESK,), prepare=_palette)
    morning.shoot("status", f"/s/{links[third]}/", sizes=POCKET)
    morning.shoot("status-next", f"/s/{links[head]}/", sizes=POCKET)
    morning.shoot("ticket", f"{here}visits/{third.pk}/ticket/", desk)
    morning.shoot("patients", f"{here}patients/?q=an", desk)
    morning.shoot("patient", f"{here}patients/{patient.pk}/", medic)
    morning.shoot("patient-edit", f"{here}patients/{patient.pk}/edit/", desk)
    morning.shoot("displays", f"{here}displays/", desk)
    morning.shoot("call-reason", f"{here}visits/{third.pk}/call/", desk)
    morning.shoot("home", f"{here}home/", owner)
    morning.shoot("day-close", f"{here}reception/close/", desk)
    morning.shoot("merge", f"{here}patients/{patient.pk}/merge/?q=an", desk)
    morning.shoot("me", f"{here}me/", desk)
    _public(morning, doctor, booking, kiosk)
    _office(morning, medic, desk, owner)
    morning.shoot("sign-in", "/sign-in/")
    morning.shoot("register", "/register/")
    morning.shoot("join", "/join/")
    morning.shoot("not-found", f"{here}nothing/", owner)
    morning.shoot("display-pairing", "/d/", sizes=TELEVISION)
    with hospital(morning.hospital):
        ends.complete_and_call(_in_room(doctor).visit, actor=morning.actor(medic))
    morning.shoot("doctor-called", f"{here}doctor/", medic)
    morning.shoot("display", f"/d/{morning.wall}/", sizes=(WALL, PHONE))
    with hospital(morning.hospital):
        called = Leg.objects.get(server=doctor, state=CALLED).visit
        link = intake.status_link(called)
    morning.shoot("status-called", f"/s/{link}/", sizes=POCKET)


def test_pictures_of_the_emergency_department(hall: Hall, world: World) -> None:
    """A busy morning: two dozen patients in every stage."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with time_machine.travel(FRIDAY, tick=True):
        with world.harbor.open():
            ward = er_scene.busy(world.harbor)
            rows = EmergencyVisit.objects.open()
            new, seen = rows.filter(level=None).first(), rows.filter(state="in_treatment").in_order().first()
            waits = rows.filter(state="triaged", reserved_bed=None).in_order().first()
            assert new is not None and seen is not None and waits is not None
        morning = Stage(world.harbor.hospital, "", hall)
        charge, here = "Charge_Nurse harbor", "/h/harbor/er/"
        morning.shoot("er", here, charge, (DESK, PHONE, WALL))
        morning.shoot("er-menu", here, charge, prepare=_er_menu)
        morning.shoot("er-arrival", here, charge, prepare=_er_arrival)
        morning.shoot("er-drawer", f"{here}?visit={seen.pk}", charge, prepare=_er_drawer)
        morning.shoot("er-wall", f"{here}?tv=1", charge, TELEVISION)
        morning.shoot("er-triage", f"{here}visits/{new.pk}/triage/", charge, prepare=_er_vitals)
        morning.shoot("er-again", f"{here}visits/{waits.pk}/reassess/", charge)
        morning.shoot("er-visit", f"{here}visits/{seen.pk}/", charge)
        morning.shoot("er-bed", f"{here}visits/{waits.pk}/bed/", charge)
        morning.shoot("er-beds", f"{here}beds/", charge)
        with world.harbor.open():
            er_scene.surge(ward)
            patient = er_scene.known(ward)
        morning.shoot("er-surge", here, charge)
        morning.shoot("er-many", f"{here}arrive/many/", charge)
        morning.shoot("er-quick", f"{here}triage/many/", charge, prepare=_er_quick)
        morning.shoot("er-patient", f"/h/harbor/patients/{patient.pk}/", charge)
        morning.shoot("er-downtime", f"{here}downtime/", charge, (DESK,))
        morning.shoot("er-handover", f"{here}handover/", charge, (DESK,))
        morning.shoot("er-log", f"{here}log/", charge)
        morning.shoot("er-measures", f"{here}measures/", charge)


def _er_menu(page: Page) -> None:
    page.locator("#er-board tr[data-late] summary").first.click()
    expect(page.locator("#er-board details[open] .menu-list a").nth(2)).to_be_visible()


def _er_drawer(page: Page) -> None:
    if "/visits/" in page.url:  # a phone shows the page
        return
    expect(page.locator("[data-drawer]")).to_be_visible()


def _er_quick(page: Page) -> None:
    """Two chosen, one of them by what is seen, and one refusal."""
    rows = page.locator(".quick")
    rows.nth(2).locator("select").select_option("immediate:unresponsive")
    rows.nth(4).locator("input[value='2']").check(force=True)
    rows.nth(5).locator("select").select_option("severe_pain_seen:yes")
    page.locator("[data-command=quick-do]").evaluate("el => el.click()")
    expect(page.locator("#quick-do")).to_have_text("Set levels (3)")


def _er_arrival(page: Page) -> None:
    page.locator("[data-command=new]").click()
    expect(page.locator("#asked [name=complaint]")).to_be_visible()


def _er_vitals(page: Page) -> None:
    for name, value in (("hr", "108"), ("rr", "18"), ("spo2", "98")):
        page.locator(f"[name={name}]").fill(value)
    for name in ("labs", "ct_mri_us", "consultation"):
        page.locator(f"input[value={name}]").check()
    expect(page.locator("#suggestion")).to_contain_text("Consider 2")


def _book(morning: Stage, doctor: Doctor, line: UUID, patient: Patient) -> None:
    """Appointments, as the desk and the doctor see them."""
    desk, here = "Dana Whitfield", "/h/harbor/"
    morning.shoot("book", f"{here}book/", desk)
    morning.shoot("book-sheet", f"{here}book/", desk, prepare=_sheet)
    morning.shoot("book-week", f"{here}book/?view=week&doctor={doctor.pk}", doctor.name)
    morning.shoot("book-new", f"{here}appointments/new/?queue={line}&patient={patient.pk}", desk)
    morning.shoot("book-print", f"{here}appointments/print/", desk)
    morning.shoot("away-today", f"{here}away-today/?doctor={doctor.pk}", desk)


def _office(morning: Stage, medic: str, desk: str, owner: str) -> None:
    """What is looked at now and then."""
    here = "/h/harbor/"
    morning.shoot("practice", f"{here}me/practice/", medic)
    morning.shoot("messages", f"{here}messages/", desk)
    morning.shoot("jumps", f"{here}jumps/", owner)
    morning.shoot("promised-waits", f"{here}promised-waits/", owner)


def _public(morning: Stage, doctor: Doctor, booking: str, kiosk: str) -> None:
    """What people see who come from outside."""
    morning.shoot("find", "/find/", sizes=POCKET)
    morning.shoot("online", "/book/harbor/", sizes=POCKET)
    morning.shoot("online-time", f"/book/harbor/?doctor={doctor.pk}", sizes=POCKET)
    morning.shoot("booking", f"/b/{booking}/", sizes=POCKET)
    morning.shoot("my-bookings", "/book/harbor/mine/", sizes=POCKET)
    morning.shoot("kiosk", f"/k/{kiosk}/")


def _fill(doctor: Doctor, desk: Actor) -> None:
    """Whatever the dice of the demo said: enough people wait for this doctor to see a line."""
    line, crowd = Queue.objects.select_related("department").get(doctor=doctor), Crowd(HARBOR, Random("pictures"))
    ago = 60
    for n in range(ENOUGH + 3 - Leg.objects.waiting().filter(queue=line).count()):
        ago -= 6
        with clock.at(timezone.now() - timedelta(minutes=ago)):
            crowd.take_in(line, klass="urgent" if n == 2 else "normal", actor=desk)


def _arrange(doctor: Doctor, desk: Actor) -> Doctor:
    """On hold, away, gone and asking to come back; a colleague is late, another has nobody. Returns that one."""
    first, second, third = Leg.objects.waiting().filter(queue__doctor=doctor).select_related("visit").in_order()[1:4]
    holds.hold(first.visit, reason="tests", note="X-ray", actor=desk)
    holds.delay(second.visit, minutes=20, reason="parking", actor=desk)
    ends.leave(third.visit, actor=desk)
    phone = Actor(kind="patient", id=third.visit.ref, name="", abilities=PATIENT)
    returns.ask_rejoin_by_link(third.visit, actor=phone)
    late = Doctor.objects.filter(sort=Doctor.DOCTOR, department=doctor.department).exclude(pk=doctor.pk).first()
    assert late is not None
    set_status(late, Doctor.RUNNING_LATE, late_minutes=20, actor=desk)
    states = Counter(Leg.objects.values_list("state", flat=True))
    assert sum(states.values()) >= 12, states
    assert len(states) >= 4, states
    quiet = Doctor(name="Dr. Noor Haddad", department=doctor.department, room=doctor.room, serves_pool=False)
    quiet.status = Doctor.ON_TIME
    quiet.save()
    Queue(department=doctor.department, doctor=quiet, sort=Queue.DOCTOR, name=quiet.name).save()
    return quiet


def _in_room(doctor: Doctor) -> Leg:
    found: Leg = Leg.objects.select_related("visit").get(server=doctor, state=IN_PROGRESS)
    return found


def _somebody_in_the_room(doctor: Doctor, actor: Actor) -> None:
    leg = Leg.objects.with_server().filter(server=doctor).select_related("visit").first()
    if leg is None:
        leg = calls.call_next(doctor, actor=actor)
    assert leg is not None
    if leg.state == CALLED:
        calls.start(leg.visit, actor=actor)


def _look_up(page: Page) -> None:
    page.locator("#who").fill("al")
    expect(page.locator("#found [role=option]").first).to_be_visible()


def _sheet(page: Page) -> None:
    page.locator(".appt-a").first.click()
    expect(page.locator("[data-sheet]")).to_be_visible()


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette-ask").fill("ha")
    expect(page.locator("#palette-patients [role=option]").first).to_be_visible()


def _menu(page: Page) -> None:
    page.locator(".wait summary").first.click()
    expect(page.locator(".wait details[open] .menu-list a").nth(2)).to_be_visible()


def _move(page: Page) -> None:
    _menu(page)
    page.locator(".wait details[open] [data-row-command=row-move]").click()
    expect(page.locator("#asked")).to_be_visible()


def _offline(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator(".linkbar[data-for=offline]")).to_be_visible(timeout=15_000)
