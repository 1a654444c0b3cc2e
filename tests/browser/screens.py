"""Pictures of every screen, of the demo hospital on a Friday morning: ``make screens`` puts them into docs/screens/.

Light and dark, at a desk (1440) and on a phone (390); the waiting room as the television it is (1920).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.tenancy import hospital
from clinic.demo import play, stage
from clinic.demo.cast import HARBOR, HILLTOP
from clinic.demo.management.commands.demo import PASSWORD
from clinic.directory.models import Doctor
from clinic.live import render
from clinic.records.models import Patient
from clinic.tenants import people
from clinic.tenants.models import PLATFORM_ID, Hospital, Membership
from clinic.tenants.passwords import new_password
from queues.models import CALLED, IN_PROGRESS, Leg, Queue
from queues.operations import calls, ends, intake
from tests.browser.conftest import Hall, Server

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
        _fill(doctor)
        waiting = Leg.objects.waiting().filter(queue__doctor=doctor).in_order().select_related("visit")
        third, head = waiting[2].visit, waiting[0].visit
        links = {leg: intake.status_link(leg) for leg in (third, head)}
        patient = Patient.objects.get(pk=third.patient_id)
    morning.shoot("reception", f"{here}reception/", desk)
    morning.shoot("reception-search", f"{here}reception/", desk, prepare=_look_up)
    morning.shoot("doctor", f"{here}doctor/", medic)
    morning.shoot("palette", f"{here}reception/", desk, (DESK,), prepare=_palette)
    morning.shoot("status", f"/s/{links[third]}/", sizes=POCKET)
    morning.shoot("status-next", f"/s/{links[head]}/", sizes=POCKET)
    morning.shoot("ticket", f"{here}visits/{third.pk}/ticket/", desk)
    morning.shoot("patients", f"{here}patients/?q=an", desk)
    morning.shoot("patient", f"{here}patients/{patient.pk}/", medic)
    morning.shoot("patient-edit", f"{here}patients/{patient.pk}/edit/", desk)
    morning.shoot("displays", f"{here}displays/", desk)
    morning.shoot("call-reason", f"{here}visits/{third.pk}/call/", desk)
    morning.shoot("home", here, "Ola Pietersen")
    morning.shoot("me", f"{here}me/", desk)
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


def _fill(doctor: Doctor) -> None:
    """Whatever the dice of the demo said: enough people wait for this doctor to see a line."""
    line, dice = Queue.objects.select_related("department").get(doctor=doctor), Random("pictures")
    ago = 40
    while Leg.objects.waiting().filter(queue=line).count() < ENOUGH:
        patient = play.somebody(HARBOR, dice, line.department.prefix)
        assert patient is not None
        ago -= 7
        with clock.at(timezone.now() - timedelta(minutes=ago)):
            play.take_in(HARBOR, line, patient, dice)


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


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette-ask").fill("ha")
    expect(page.locator("#palette-patients [role=option]").first).to_be_visible()
