"""Lists: cursors that neither repeat nor lose rows, filters and orders from lists of our own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from clinic.directory.models import Department
from queues.operations import calls, ends
from tests.api.client import Api, api
from tests.world import House, World

pytestmark = pytest.mark.django_db


def walk(caller: Api, path: str, link: str = "next") -> list[list[str]]:
    """The ids of every page from here on."""
    pages = []
    following: str | None = path
    while following:
        parts = urlsplit(following)
        answer = caller.get(f"{parts.path}?{parts.query}" if parts.path.startswith("/") else following)
        assert answer.status == 200, answer.content
        assert set(answer.json) == {"results", "next", "previous"}
        pages.append([row["id"] for row in answer.json["results"]])
        following = answer.json[link]
        assert len(pages) < 100
    return pages


def departments(house: House, count: int) -> None:
    letters = "BCDEFGHJKLMNPQRSTUVWXYZ"
    with house.open():
        for n in range(count):
            # Equal names cannot be, so equal sort keys are tried with patients below.
            Department.objects.create(name=f"Department {n % 7} {n:02}", prefix=letters[n])


@pytest.mark.parametrize("ordering", ["name", "-name", "id", "-id"])
@pytest.mark.parametrize("limit", [1, 3, 7, 200])
def test_pages_are_the_list_cut_into_pieces(world: World, ordering: str, limit: int) -> None:
    departments(world.harbor, 20)
    caller = api(world.harbor)
    whole = walk(caller, f"departments?ordering={ordering}&limit=200")[0]
    assert len(whole) == 21
    pages = walk(caller, f"departments?ordering={ordering}&limit={limit}")
    assert [key for page in pages for key in page] == whole
    assert all(len(page) == limit for page in pages[:-1])


def test_rows_with_equal_keys_are_neither_lost_nor_repeated(world: World) -> None:
    for _ in range(11):
        world.harbor.patient("Same", "Name")
    caller = api(world.harbor)
    keys = [key for page in walk(caller, "patients?ordering=-name&limit=2") for key in page]
    assert len(keys) == len(set(keys)) == 11


def test_back_is_the_way_one_came(world: World) -> None:
    departments(world.harbor, 9)
    caller = api(world.harbor)
    forth = walk(caller, "departments?limit=3")
    answer = caller.get("departments?limit=3")
    assert answer.json["previous"] is None
    while answer.json["next"]:
        answer = caller.get(relative(answer.json["next"]))
    back = [[row["id"] for row in answer.json["results"]]]
    while answer.json["previous"]:
        answer = caller.get(relative(answer.json["previous"]))
        back.append([row["id"] for row in answer.json["results"]])
    assert [key for page in reversed(back) for key in page] == [key for page in forth for key in page]


def relative(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def test_rows_added_meanwhile_do_not_shift_pages(world: World) -> None:
    departments(world.harbor, 6)
    caller = api(world.harbor)
    first = caller.get("departments?ordering=id&limit=3").json
    with world.harbor.open():
        Department.objects.create(name="A new one", prefix="ZZ")
    second = caller.get(relative(first["next"])).json
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}


@pytest.mark.parametrize("cursor", ["x", "a:b", "W10:abc", "%00", "ü", "'", "eyJ4IjoxfQ:sig"])
def test_forged_cursors(world: World, cursor: str) -> None:
    answer = api(world.harbor).get(f"departments?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "REQUEST_BAD_CURSOR")


def test_a_cursor_is_for_its_list_and_order(world: World) -> None:
    departments(world.harbor, 3)
    caller = api(world.harbor)
    query = urlsplit(caller.get("departments?limit=1").json["next"]).query
    assert caller.get(f"departments?{query}").status == 200
    assert caller.get(f"departments?{query}&ordering=-name").status == 400
    assert caller.get(f"rooms?{query}").status == 400


REFUSED = (
    "limit=0", "limit=201", "limit=-1", "limit=1.5", "limit=x", "limit=", "limit=1&limit=2", "ordering=prefix",
    "ordering=", "kind=none", "active=1", "kind=clinic&kind=clinic", "name__startswith=A", "hospital=1", "format=xml",
)  # fmt: skip


@pytest.mark.parametrize("query", REFUSED)
def test_what_a_list_does_not_take(world: World, query: str) -> None:
    answer = api(world.harbor).get(f"departments?{query}")
    assert answer.status == 400, answer.content


def tokens(answer: Any) -> list[str]:
    return sorted(row["token"] for row in answer.json["results"])


def test_filters_of_visits(world: World) -> None:
    house = world.harbor
    first, second, third = house.waiting(3)
    pooled = house.waiting(1, house.pool, klass="vip")[0]
    with house.open():
        calls.call(first, house.doctor, reason="x", actor=house.desk)
        ends.leave(third, actor=house.desk)
    caller = api(house)
    found = {query: tokens(caller.get(f"visits?{query}")) for query in (
        "", "status=CALLED", "status=waiting", "status=left", "open=true", "open=false", f"queue={house.pool.pk}",
        f"doctor={house.doctor.pk}", "class=vip", f"patient={second.patient_id}", f"department={house.department.pk}",
        f"service_day={first.service_day}", "service_day=2001-01-01", "status=checked_in&class=vip",
    )}  # fmt: skip
    assert found == {
        "": ["A-001", "A-002", "A-003", "A-004"], "status=CALLED": ["A-001"], "status=waiting": ["A-002", "A-004"],
        "status=left": ["A-003"], "open=true": ["A-001", "A-002", "A-004"], "open=false": ["A-003"],
        f"queue={house.pool.pk}": [pooled.token], f"doctor={house.doctor.pk}": ["A-001"], "class=vip": [pooled.token],
        f"patient={second.patient_id}": ["A-002"],
        f"department={house.department.pk}": ["A-001", "A-002", "A-003", "A-004"],
        f"service_day={first.service_day}": ["A-001", "A-002", "A-003", "A-004"], "service_day=2001-01-01": [],
        "status=checked_in&class=vip": [pooled.token],
    }  # fmt: skip


def test_a_filter_by_the_other_hospitals_id_finds_nothing(world: World) -> None:
    for house in world.both():
        house.waiting(2)
    caller = api(world.harbor)
    there = world.hilltop
    for query in (f"queue={there.own.pk}", f"doctor={there.doctor.pk}", f"department={there.department.pk}",
                  f"patient={there.people[0].pk}"):  # fmt: skip
        assert caller.get(f"visits?{query}").json["results"] == []


def test_patients_are_found_with_typing_errors_and_by_the_end_of_a_phone(world: World) -> None:
    house = world.harbor
    house.patient("Leïla", "Wiśniewska", phone="+33 6 12 34 56 78")
    house.patient("Kwame", "Mensah", phone="+33 6 99 99 99 99")
    world.hilltop.patient("Leïla", "Wisniewska", phone="+33 6 12 34 56 78")
    caller = api(house)
    for query in ("q=wisniewska", "q=Wisnewska", "q=5678", "q=M00001", "phone=%2B33612345678", "mrn=M00001"):
        rows = caller.get(f"patients?{query}").json["results"]
        assert [row["name"] for row in rows] == ["Leïla Wiśniewska"], query
