"""Why a doctor is away is for those who plan around it: the accounts read when, and not why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.core.access import abilities_of
from clinic.directory.models import Absence
from clinic.live import registry
from tests.api.client import api
from tests.world import ROLES, House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.5")]
WHY = "Surgery of my own"


def away(house: House) -> Absence:
    with house.open():
        now = timezone.now()
        return Absence.objects.create(
            doctor=house.doctor, starts_at=now, ends_at=now + timedelta(days=1), reason=WHY
        )  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_rest_and_stream_show_the_reason_to_whoever_sees_the_lines(world: World, role: str) -> None:
    house = world.harbor
    row = away(house)
    reads = WHY if role != "biller" else ""
    one: Any = api(house, role).send("GET", f"absences/{row.pk}").json
    (listed,) = api(house, role).send("GET", "absences").json["results"]
    with house.open():
        streamed = registry.docs([row.ref], abilities_of([role]))[row.ref]
    assert streamed is not None
    assert (one["reason"], listed["reason"], streamed["reason"]) == (reads, reads, reads)
    assert one["starts_at"] == listed["starts_at"] == streamed["starts_at"]


def test_a_row_that_is_gone_stays_gone_in_the_stream(world: World) -> None:
    house = world.harbor
    row = away(house)
    with house.open():
        Absence.objects.all().delete()
        assert registry.docs([row.ref], abilities_of(["biller"])) == {row.ref: None}
