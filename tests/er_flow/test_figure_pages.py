"""The pages of what was: the measures, the patients behind each number, the ED log (R4.41, R4.43)."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from er_flow.measures import behind
from er_flow.operations import moves
from er_flow.views import figure_words
from tests.er_flow import ward
from tests.er_flow.ward import Ward
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("4.41")]


def reader(house: House, role: str = "charge_nurse") -> Client:
    client = Client()
    client.force_login(house.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(f"/h/harbor/er/{address}")
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


@pytest.fixture
def open_ward(world: World) -> Ward:
    with world.harbor.open():
        made = ward.emergency(world.harbor)
        for _ in range(3):
            made.triaged()
        moves.depart(made.arrived(complaint="Went home"), "lwbs", actor=made.nurse)
    return made


def test_each_number_leads_to_its_patients(world: World, open_ward: Ward) -> None:
    client = reader(world.harbor)
    text = page(client, "measures/")
    links = re.findall(r'href="[^"]*/er/measures/patients/\?([^"]*measure=[^"]*)">(\d+)<', text)
    assert len(links) > 30
    counted = dict(links)
    assert counted
    for query, n in links:
        found = page(client, f"measures/patients/?{query.replace('&amp;', '&')}")
        if not re.search(r"measure=(agreed|more_urgent|less_urgent|reassessments)$", query):
            assert found.count('class="token"') == int(n), query
    assert "left before being seen" in text
    assert {name for name in behind.names() if not figure_words.of_measure(name)} == set()


@pytest.mark.rule("4.43")
def test_the_log_has_every_arrival_with_its_end_and_can_be_narrowed(world: World, open_ward: Ward) -> None:
    client = reader(world.harbor, "receptionist")
    assert page(client, "log/").count('class="token"') == 4
    gone = page(client, "log/?end=lwbs")
    assert gone.count('class="token"') == 1
    assert "Went home" in gone
    assert page(client, "log/?end=here&level=0").count('class="token"') == 0
    assert page(client, "log/?level=nonsense&end=&mode=x&section=y&from=1&to=0001-01-01").count('class="token"') == 4
    assert page(client, "log/?from=2020-01-01&to=2020-01-02").count('class="token"') == 0


def test_strangers_addresses_make_no_fault_and_other_hospitals_see_nothing(world: World, open_ward: Ward) -> None:
    client = reader(world.harbor)
    for query in (
        "measure=nothing", "measure=op18&after=x&id=y", "after=2026-01-01T00:00:00&id=1",
        "from=9999-12-31&to=9999-12-31",
    ):  # fmt: skip
        page(client, f"measures/patients/?{query}")
    other = Client()
    other.force_login(world.hilltop.users["owner"], backend="django.contrib.auth.backends.ModelBackend")
    for address in ("log/", "measures/", "measures/patients/"):
        named = other.get(f"/h/hilltop/er/{address}?department={open_ward.department.pk}")
        assert named.status_code == 404
        assert reader(world.harbor, "biller").get(f"/h/harbor/er/{address}").status_code == 403


def test_queries_do_not_grow_with_the_patients(world: World, open_ward: Ward) -> None:
    client, counts = reader(world.harbor), list[dict[str, int]]()
    for _round in range(2):
        told = {}
        for address in ("log/", "measures/", "measures/patients/?measure=visits"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                page(client, address)
            told[address] = len(asked)
        counts.append(told)
        with world.harbor.open():
            for _ in range(6):
                open_ward.triaged()
    assert all(counts[1][address] <= counts[0][address] for address in counts[0]), counts
