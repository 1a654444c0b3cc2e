"""``If-Match`` holds until the row is written, also where an operation reads it anew under its lock."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest

from clinic.core.api import HouseViewSet
from clinic.directory import operations as directory
from clinic.directory.models import Department, Doctor
from clinic.records import operations as patients
from clinic.records.models import Patient
from er_flow.models import Bed, EmergencyVisit
from er_flow.operations import places, team
from tests.api.client import Answer, api
from tests.api.samples import er_made as made
from tests.world import House, World

pytestmark = pytest.mark.django_db
Write = Callable[[], Any]
WEEK = {"mon": [{"start": "08:00", "end": "12:00"}]}
LATER = {"mon": [{"start": "09:00", "end": "12:00"}]}


def patient(house: House) -> tuple[str, dict[str, Any], Write]:
    row, owner = house.patient(), house.actor("owner")
    return f"patients/{row.pk}", {"phone": "2"}, lambda: patients.correct(
        Patient.objects.get(pk=row.pk), phone="1", actor=owner
    )  # fmt: skip


def er_patient(house: House) -> tuple[str, dict[str, Any], Write]:
    row, nurse = made.arrived(house), house.actor("nurse")
    return f"er/patients/{row.pk}", {"precautions": "droplet"}, lambda: team.change_details(
        EmergencyVisit.objects.get(pk=row.pk), precautions="contact", actor=nurse
    )  # fmt: skip


def er_bed(house: House) -> tuple[str, dict[str, Any], Write]:
    row, owner = made.bed(house), house.actor("owner")
    return f"er/beds/{row.pk}", {"position": 7}, lambda: places.change_bed(
        Bed.objects.get(pk=row.pk), position=3, actor=owner
    )  # fmt: skip


def policies(house: House) -> tuple[str, dict[str, Any], Write]:
    row, owner = house.department, house.actor("owner")
    return f"departments/{row.pk}/policies", {"default_minutes": 20}, lambda: directory.change_department_policies(
        Department.objects.get(pk=row.pk), default_minutes=10, actor=owner
    )  # fmt: skip


def hours(house: House) -> tuple[str, dict[str, Any], Write]:
    row, owner = house.doctor, house.actor("owner")
    return f"doctors/{row.pk}/hours", {"weekly": WEEK}, lambda: directory.set_hours(
        Doctor.objects.get(pk=row.pk), LATER, actor=owner
    )  # fmt: skip


def hours_again(house: House) -> tuple[str, dict[str, Any], Write]:
    with house.open():
        directory.set_hours(house.doctor, {"tue": LATER["mon"]}, actor=house.actor("owner"))
    return hours(house)


def no_hours_any_more(house: House) -> tuple[str, dict[str, Any], Write]:
    path, _body, write = hours_again(house)
    return path, {"weekly": None}, write


ROUTES = [patient, er_patient, er_bed, policies, hours, hours_again, no_hours_any_more]


def changed_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, make: Any, tag: str | None
) -> tuple[Answer, Any, Any]:
    """What a PATCH with this tag ("": the one it was shown) answers when a colleague writes between its look and its
    lock; the document then, and what was sent."""
    path, body, write = make(house)
    owner = api(house, "owner")
    now = owner.get(path).header("ETag")
    real = HouseViewSet.match

    def match_and_be_late(self: HouseViewSet, row: Any) -> None:
        real(self, row)
        copy_context().run(write)

    monkeypatch.setattr(HouseViewSet, "match", match_and_be_late)
    headers = {} if tag is None else {"If_Match": tag or now}
    return owner.patch(path, body, **headers), owner.get(path).json, body


@pytest.mark.parametrize("make", ROUTES)
def test_a_write_between_the_look_and_the_lock_is_412(
    world: World, monkeypatch: pytest.MonkeyPatch, make: Callable[[House], Any]
) -> None:
    answer, after, body = changed_meanwhile(world.harbor, monkeypatch, make, "")
    assert (answer.status, answer.code) == (412, "REQUEST_STALE"), answer.content
    assert all(after[name] != value for name, value in body.items()), "the colleague's word stands"


@pytest.mark.parametrize("make", [er_patient, er_bed, policies, hours, hours_again])
@pytest.mark.parametrize("tag", [None, "*"])
def test_whoever_does_not_ask_for_it_writes_what_the_lock_found(
    world: World, monkeypatch: pytest.MonkeyPatch, make: Callable[[House], Any], tag: str | None
) -> None:
    answer, after, _body = changed_meanwhile(world.harbor, monkeypatch, make, tag)
    assert answer.status == 200, answer.content
    assert answer.json.items() <= after.items()
