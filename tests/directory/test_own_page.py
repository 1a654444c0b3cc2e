"""A doctor's own page: profile, week, absences and whom they hit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from clinic.directory.models import Absence, Doctor, DoctorVisitType, VisitType, WorkingHours
from clinic.tenants.models import DAYS
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.9")]


def client(house: House, role: str = "doctor") -> Client:
    made = Client()
    made.force_login(house.users[role])
    return made


def post(house: House, path: str, role: str = "doctor", **fields: Any) -> Any:
    return client(house, role).post(f"/h/{house.hospital.slug}/me/practice/{path}", fields)


def test_doctors_see_their_page_in_the_way_and_nobody_else_has_one(world: World) -> None:
    page = client(world.harbor).get("/h/harbor/me/practice/")
    assert page.status_code == 200
    assert "Dr. Leïla Benali" in page.text
    assert "/h/harbor/me/practice/" in client(world.harbor).get("/h/harbor/me/").text
    for role in ("nurse", "receptionist", "biller", "owner"):
        assert client(world.harbor, role).get("/h/harbor/me/practice/").status_code in (403, 404)
        assert "/h/harbor/me/practice/" not in client(world.harbor, role).get("/h/harbor/me/").text


def test_a_doctor_changes_what_patients_read(world: World) -> None:
    answer = post(
        world.harbor, "profile/", bio="Hearts", services="ECG, Echo", languages="fr, en", fee="85.50", minutes=15,
        city="Paris", latitude="48.856600", longitude="2.352200",
    )  # fmt: skip
    assert answer.status_code == 302
    with world.harbor.open():
        row = Doctor.objects.get(pk=world.harbor.doctor.pk)
    assert (row.services, str(row.fee), row.minutes, row.city) == (["ECG", "Echo"], "85.50", 15, "Paris")


@pytest.mark.parametrize(
    "wrong", [{"latitude": "48.8"}, {"fee": "-1"}, {"minutes": 2}, {"latitude": "200", "longitude": "1"}]
)
def test_what_is_wrong_stands_in_the_form(world: World, wrong: dict[str, Any]) -> None:
    answer = post(world.harbor, "profile/", bio="typed", **wrong)
    assert answer.status_code == 400
    assert answer.context["profile"].errors
    assert "typed" in answer.text
    with world.harbor.open():
        assert Doctor.objects.get(pk=world.harbor.doctor.pk).bio == ""


def test_the_own_week_is_saved_and_given_back(world: World) -> None:
    week = {f"weekly_{day}": "" for day in DAYS}
    assert post(world.harbor, "hours/", **{**week, "weekly_tue": "8-12, 13-17"}).status_code == 302
    with world.harbor.open():
        assert WorkingHours.objects.get().weekly == {
            "tue": [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "17:00"}]
        }
    assert post(world.harbor, "hours/", **{**week, "weekly_tue": "soon"}).status_code == 400
    assert post(world.harbor, "hours/", **week, as_hospital="1").status_code == 302
    with world.harbor.open():
        assert not WorkingHours.objects.exists()


def test_an_absence_says_whom_it_hits_and_is_taken_back(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    now = timezone.now()
    told = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=2)).isoformat(), "reason": "Congress"}
    assert post(house, "absences/", **told).status_code == 302
    page = client(house).get("/h/harbor/me/practice/")
    assert visit.token in page.text
    assert "Congress" in page.text
    with house.open():
        row = Absence.objects.get()
    other = client(world.hilltop)
    assert other.post(f"/h/hilltop/me/practice/absences/{row.pk}/cancel/").status_code == 404
    assert post(house, f"absences/{row.pk}/cancel/").status_code == 302
    with house.open():
        assert Absence.objects.get().cancelled_at is not None
    assert post(house, "absences/", starts_at=told["ends_at"], ends_at=told["starts_at"]).status_code == 400


@pytest.mark.rule("2.1")
def test_a_doctor_says_what_is_otherwise_for_a_kind_of_visit(world: World) -> None:
    house = world.harbor
    with house.open():
        kind = VisitType.objects.create(name="Consultation", minutes=45)
        VisitType.objects.create(name="Old way", minutes=45, is_active=False)
    page = client(house).get("/h/harbor/me/practice/").text
    assert "45 min as usual" in page
    assert "Old way" not in page
    assert post(house, f"types/{kind.pk}/", minutes="30", capacity="2", offered="on").status_code == 302
    with house.open():
        row = DoctorVisitType.objects.get()
        assert (row.doctor_id, row.minutes, row.capacity, row.offered) == (house.doctor.pk, 30, 2, True)
    wrong = post(house, f"types/{kind.pk}/", minutes="2", offered="on")
    assert wrong.status_code == 400
    assert 'value="2"' in wrong.text  # what was typed stays
    assert post(house, f"types/{kind.pk}/", minutes="", capacity="").status_code == 302
    with house.open():
        row.refresh_from_db()
        assert (row.minutes, row.capacity, row.offered) == (None, None, False)
    for _press in range(2):  # twice is once
        assert post(house, f"types/{kind.pk}/", as_usual="1").status_code == 302
    with house.open():
        assert not DoctorVisitType.objects.exists()


def test_no_other_hospitals_kind_of_visit_is_there(world: World) -> None:
    with world.hilltop.open():
        kind = VisitType.objects.create(name="Consultation", minutes=45)
    assert post(world.harbor, f"types/{kind.pk}/", minutes="30").status_code == 404
    assert post(world.harbor, f"types/{kind.pk}/", role="receptionist", minutes="30").status_code in (403, 404)
