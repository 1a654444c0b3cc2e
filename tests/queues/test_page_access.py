"""Who may open which page of the lines, and what the pages cost."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.core.access import MATRIX
from clinic.directory.models import Doctor
from clinic.live.models import Event
from queues.models import Queue
from queues.operations import intake
from tests.queues.helpers import HTMX, at, paired, signed_in
from tests.world import ROLES, House, World

pytestmark = pytest.mark.django_db


def pages(house: House) -> dict[str, tuple[str, str]]:
    """Every page of this room in this house: address → (ability, method)."""
    visit = house.waiting(1)[0]
    display, _token = paired(house)
    patient = house.people[0].pk
    got = {
        "reception/": "queues.view", f"doctors/{house.doctor.pk}/": "queues.call", "displays/": "displays.manage",
        "jumps/": "log.view", "promised-waits/": "log.view",
        "visits/found/?q=p0": "queues.intake", f"visits/family/{house.people[0].pk}/": "queues.intake",
        f"visits/{visit.pk}/acts/": "queues.view", "posts/": "queues.sign_on",
        f"queues/{house.pool.pk}/sign-on/": "queues.sign_on",
        f"doctors/{house.doctor.pk}/status/ask/": "directory.view",
        **{f"visits/{visit.pk}/{act}/": "queues.desk" for act in ("delay", "class", "patient")},
        **{f"visits/{visit.pk}/{act}/": "queues.move" for act in ("reassign", "send-on")},
        f"visits/{visit.pk}/hold/": "queues.hold", f"visits/{visit.pk}/ticket/": "queues.view",
        f"visits/{visit.pk}/call/": "queues.call", f"visits/{visit.pk}/cancel/": "queues.desk",
        "patients/": "patients.view", "patients/found/?q=p0": "patients.view", f"patients/{patient}/": "patients.view",
        f"patients/{patient}/edit/": "patients.edit",
    }  # fmt: skip
    posted = {
        "visits/": "queues.intake", "undo/1/": "queues.undo", f"queues/{house.own.pk}/open/": "queues.desk",
        f"queues/{house.own.pk}/call-next/": "queues.call", f"doctors/{house.doctor.pk}/call-next/": "queues.call",
        f"doctors/{house.doctor.pk}/status/": "directory.view",
        f"displays/{display.pk}/revoke/": "displays.manage", f"visits/{visit.pk}/leave/": "queues.desk",
        f"queues/{house.own.pk}/pin/": "queues.view", f"queues/{house.pool.pk}/sign-off/": "queues.sign_on",
        f"visits/{visit.pk}/resume/": "queues.hold",
        **{f"visits/{visit.pk}/{act}/": "queues.desk" for act in ("rejoin", "decline-rejoin")},
        **{f"visits/{visit.pk}/{act}/": "queues.call" for act in
           ("still-there", "start", "complete", "complete-and-call", "recall", "skip", "no-show")},
    }  # fmt: skip
    return {**{path: (ability, "GET") for path, ability in got.items()},
            **{path: (ability, "POST") for path, ability in posted.items()}}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_what_the_matrix_says_and_nothing_else(world: World, role: str) -> None:
    house = world.harbor
    client = signed_in(house, role)
    for path, (ability, method) in pages(house).items():
        answer = client.generic(method, at(house, path), headers=HTMX if method == "POST" else {})
        if role not in MATRIX[ability]:
            assert answer.status_code == 403, (path, answer.status_code)
        elif method == "GET" and not (re.fullmatch(r"doctors/[^/]+/", path) and role in ("nurse", "biller")):
            assert answer.status_code == 200, (path, answer.status_code)
        else:
            own_rule = [403] if path.startswith(("undo/", "doctors/")) or role == "nurse" else []
            assert answer.status_code in (204, 400, 404, 409, 422, *own_rule), (path, answer.status_code)


def test_the_doctors_own_screen_is_for_doctors(world: World) -> None:
    house = world.harbor
    assert signed_in(house, "doctor").get(at(house, "doctor/")).status_code == 200
    assert signed_in(house, "receptionist").get(at(house, "doctor/"))["Location"] == at(house, "posts/")
    assert signed_in(house, "doctor").get(at(house, f"doctors/{house.colleague.pk}/")).status_code == 403


def test_the_other_hospital_gets_404_for_everything(world: World) -> None:
    harbor, hilltop = world.harbor, world.hilltop
    there = pages(hilltop)
    client = signed_in(harbor, "owner")
    with hilltop.open():
        events = Event.objects.count()
    for path, (_ability, method) in there.items():
        # its own door is closed,
        assert client.generic(method, at(hilltop, path), headers=HTMX).status_code == 404, path
        # and its ids mean nothing at ours
        if re.search(r"[0-9a-f]{8}-", path):
            assert client.generic(method, at(harbor, path), headers=HTMX).status_code == 404, path
    with hilltop.open():
        assert Event.objects.count() == events


def test_visitors_are_asked_to_sign_in_and_fragments_get_a_header(world: World) -> None:
    house = world.harbor
    for path, (_ability, method) in pages(house).items():
        plain = Client().generic(method, at(house, path))
        assert plain.status_code == 302, path
        assert urlsplit(plain["Location"]).path == "/sign-in/"
        fragment = Client().generic(method, at(house, path), headers=HTMX)
        assert (fragment.status_code, fragment.content) == (401, b"")
        assert fragment["HX-Redirect"].startswith("/sign-in/")


def test_a_page_with_patients_is_never_kept(world: World) -> None:
    house = world.harbor
    client = signed_in(house, "owner")
    for path, (_ability, method) in pages(house).items():
        if method == "GET":
            answer = client.get(at(house, path))
            assert answer["Cache-Control"] == "no-store", path
            assert "HX-Request" in answer["Vary"], path


def test_buttons_are_posts_only(world: World) -> None:
    house = world.harbor
    client = signed_in(house, "owner")
    for path, (_ability, method) in pages(house).items():
        if method == "POST":
            assert client.get(at(house, path)).status_code == 405, path


def test_forms_need_their_token(world: World) -> None:
    house = world.harbor
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.users["receptionist"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(at(house, f"queues/{house.own.pk}/open/"), {"open": "0"}).status_code == 403
    with house.open():
        assert Queue.objects.get(pk=house.own.pk).is_open


def test_no_page_holds_inline_script_or_style(world: World) -> None:
    house = world.harbor
    client = signed_in(house, "owner")
    visit = house.waiting(1)[0]
    _display, wall = paired(house)
    addresses = [at(house, path) for path, (_ability, method) in pages(house).items() if method == "GET"]
    for path in [*addresses, f"/d/{wall}/", f"/s/{intake.status_link(visit)}/"]:
        page = client.get(path).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|hx-on", page), path


def test_reception_names_the_screen_in_the_rail_by_role(world: World) -> None:
    house = world.harbor
    page = signed_in(house, "nurse").get(at(house, "reception/")).content.decode()
    assert at(house, "patients/") in page
    assert at(house, "displays/") not in page


def test_reception_with_50_rows_in_15_queues_takes_at_most_12_queries(world: World) -> None:
    house = world.harbor
    with house.open():
        for n in range(12):
            doctor = Doctor.objects.create(name=f"Dr. {n}", department=house.department, status=Doctor.ON_TIME)
            Queue.objects.create(department=house.department, doctor=doctor, sort=Queue.DOCTOR, name=doctor.name)
        queues = list(Queue.objects.all())
    assert len(queues) == 15
    for n, queue in enumerate(queues):
        house.waiting(3 + (n < 5), queue)
    client = signed_in(house, "receptionist")
    client.get(at(house, "reception/"))
    with CaptureQueriesContext(connection) as told:
        answer = client.get(at(house, "reception/"))
    assert answer.content.count(b'class="wait"') == 50
    assert len(told) <= 12, "\n".join(query["sql"][:200] for query in told)


def test_the_doctors_page_takes_few_queries(world: World) -> None:
    house = world.harbor
    house.waiting(20)
    house.waiting(20, house.pool)
    client = signed_in(house, "doctor")
    with CaptureQueriesContext(connection) as told:
        client.get(at(house, "doctor/"))
    assert len(told) <= 29, "\n".join(query["sql"][:200] for query in told)
