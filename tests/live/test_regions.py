"""The first render and the push are one call from one cache; equal values only render once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.urls import get_script_prefix
from django.utils import translation
from django.utils.autoreload import file_changed
from django.utils.safestring import mark_safe

from clinic.core.access import VISITOR
from clinic.core.errors import Forbidden, NotFound
from clinic.directory import operations
from clinic.directory.models import Room
from clinic.live import doors, letters, regions, render
from clinic.live.regions import Loaded
from clinic.live.render import Want, check_plain
from tests.live import toys
from tests.live.helpers import assert_live, split
from tests.world import House, World

pytestmark = pytest.mark.django_db
EVERYTHING = frozenset({"directory.manage"})


def request_of(house: House, role: str = "manager") -> HttpRequest:
    request = HttpRequest()
    request.actor = house.actor(role)  # type: ignore[attr-defined]
    return request


def page(request: HttpRequest, text: str, **values: Any) -> str:
    return Template("{% load live %}" + text).render(Context({"request": request, **values}))


def test_a_page_shows_what_the_hub_pushes_with_equal_digests(world: World) -> None:
    house = world.harbor
    key = str(house.department.pk)
    with house.open():
        shown = page(request_of(house), '{% region "toy-rooms" department.id %}', department=house.department)
    pushed, failed = letters.draw(house.hospital.pk, "en", [Want("toy-rooms", key, EVERYTHING)], 7)
    snapshot = pushed[Want("toy-rooms", key, EVERYTHING)]
    assert not failed
    assert f'data-digest="{snapshot.digest}"' in shown
    assert split(shown) == split(snapshot.html)
    assert 'href="/h/harbor/live/regions"' in shown, "rendered under the hospital's address"


def test_equal_rows_render_once_however_many_screens(world: World) -> None:
    house = world.harbor
    want = Want("toy-rooms", str(house.department.pk), EVERYTHING)
    render.forget()
    render.render(house.hospital.pk, "en", [want])
    assert render.rendered() == 2, "one row and the element around it"
    for _ in range(20):
        render.render(house.hospital.pk, "en", [want])
    assert render.rendered() == 2
    with house.open():
        operations.add_room(department=house.department, name="Room 5", actor=house.actor("manager"))
    render.render(house.hospital.pk, "en", [want])
    assert render.rendered() == 3, "only the new row"


def test_rights_language_and_hospital_are_told_apart_in_the_cache(world: World) -> None:
    for house in world.both():
        for can in (EVERYTHING, frozenset[str]()):
            for language in ("en", "es"):
                want = Want("toy-rooms", str(house.department.pk), can)
                html = render.render(house.hospital.pk, language, [want])[want].html
                assert ("edit</a>" in html) == bool(can)
                assert f"/h/{house.hospital.slug}/" in html or not can


def test_equal_rows_of_two_hospitals_and_languages_are_not_mixed_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = Loaded(toys.Card("Same"), (toys.RoomRow("7", "Same", ""),))
    monkeypatch.setitem(render._regions, "toy-rooms", replace(toys.ROOMS, load=lambda keys: dict.fromkeys(keys, same)))
    want = Want("toy-rooms", "1", EVERYTHING)
    for house in world.both():
        html = render.render(house.hospital.pk, "en", [want])[want].html
        assert f"/h/{house.hospital.slug}/live/regions" in html
    render.render(world.harbor.hospital.pk, "es", [want])
    assert render.rendered() == 6, "three surroundings, an element and a row each"


def test_the_hospitals_time_zone_and_the_readers_language(world: World) -> None:
    shown = {}
    for house in world.both():
        want = Want("toy-card", str(house.department.pk), frozenset())
        shown[house.hospital.slug] = render.render(house.hospital.pk, "es", [want])[want].html
    assert "<time>13:00</time>" in shown["harbor"], "Paris"
    assert "<time>07:00</time>" in shown["hilltop"], "New York"
    with translation.override("es"):
        assert translation.gettext("English") in shown["harbor"]


def test_fifteen_regions_are_one_load(world: World) -> None:
    house = world.harbor
    with house.open():
        manager = house.actor("manager")
        ids = [operations.add_department(name=f"D{n}", prefix=f"Z{chr(65 + n)}", actor=manager).pk for n in range(8)]
        request = request_of(house)
        doors.place(house.hospital.pk)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            regions.prefetch(request, [("toy-rooms", key) for key in ids])
            regions.prefetch(request, [("toy-card", key) for key in ids])
            for key in ids:
                regions.html(request, "toy-rooms", key)
                regions.html(request, "toy-card", key)
        assert len(queries) == 4, "the clock, departments and rooms, departments"


def test_another_hospitals_key_names_nothing(world: World) -> None:
    with world.harbor.open(), pytest.raises(NotFound):
        regions.html(request_of(world.harbor), "toy-rooms", world.hilltop.department.pk)
    want = Want("toy-rooms", str(world.hilltop.department.pk), frozenset())
    assert render.render(world.harbor.hospital.pk, "en", [want]) == {}


def test_a_region_without_its_ability_is_refused(world: World) -> None:
    with world.harbor.open():
        with pytest.raises(Forbidden):
            regions.html(request_of(world.harbor, "biller"), "toy-card", world.harbor.department.pk)
        visitor = HttpRequest()
        visitor.actor = VISITOR  # type: ignore[attr-defined]
        assert "toy-rooms" in regions.html(visitor, "toy-rooms", world.harbor.department.pk), "a public one"


def test_a_token_opens_only_what_it_names(world: World) -> None:
    rooms, card = f"toy-rooms:{world.harbor.department.pk}", f"toy-card:{world.harbor.department.pk}"
    names = frozenset({f"{rooms}#r1", card})
    may = {text: regions.may_watch(VISITOR, name, names) for text in (rooms, f"{rooms}#r1", f"{rooms}#r2", card)
           if (name := regions.parse(text))}  # fmt: skip
    assert may == {rooms: False, f"{rooms}#r1": True, f"{rooms}#r2": False, card: False}, "the card is not public"


NO_NAMES = ["", "toy-rooms", "toy-rooms:", "nothing:7", "toy-rooms:7#", "toy-card:7#1", "toy-rooms:\n"]
NO_NAMES += [f"toy-rooms:{'x' * 120}"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_none(name: str) -> None:
    assert regions.parse(name) is None


def test_names_are_escaped_in_the_element(world: World) -> None:
    want = Want("toy-rooms", '"><b>', frozenset())
    assert render.render(world.harbor.hospital.pk, "en", [want]) == {}


@dataclass(frozen=True)
class Holder:
    key: str
    value: Any


@pytest.mark.parametrize("value", [Decimal("1.0"), 1.0, [], {}, mark_safe("<b>"), object(), (1, [2]), Holder("k", {})])
def test_what_may_look_different_while_equal_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="plain"):
        check_plain(Holder("7", value))


def test_a_model_row_is_refused(world: World) -> None:
    with pytest.raises(TypeError, match="plain"):
        check_plain(Holder("7", world.harbor.room))


@pytest.mark.faults
def test_a_template_without_its_attributes_is_refused(world: World, settings: Any) -> None:
    bad = render.Region(kind="toy-bad", ability="directory.view", template="toy/room.html", load=toys.load_cards)
    regions.register(bad)
    want = Want("toy-bad", str(world.harbor.department.pk), frozenset())
    with pytest.raises(ValueError, match="region_attrs"):
        render.render(world.harbor.hospital.pk, "en", [want])
    found, failed = letters.draw(world.harbor.hospital.pk, "en", [want, want._replace(kind="toy-card")], 1)
    assert failed == {"toy-bad"}, "a faulty region does not take the others with it"
    assert list(found) == [want._replace(kind="toy-card")]


def test_nothing_stays_active_after_a_render(world: World) -> None:
    from clinic.core.tenancy import current_hospital_id

    seen: list[Any] = []

    def run() -> None:
        render.within(world.harbor.hospital.pk, render.Scope("/h/x/", "Asia/Tokyo", "es"), lambda: None)
        seen.append((current_hospital_id(), get_script_prefix(), translation.get_language()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen[0][:2] == (None, "/")


# --- live equals reload, for the toys --------------------------------------------------------------------------------


def test_adding_changing_and_closing_a_room_is_live(world: World) -> None:
    house = world.harbor
    rooms, card = f"toy-rooms:{house.department.pk}", f"toy-card:{house.department.pk}"
    with house.open():
        manager = house.actor("manager")
        room = assert_live(
            lambda: operations.add_room(department=house.department, name="Attic", actor=manager), rooms, card,
            languages=("en", "es"),
        )  # fmt: skip
        assert_live(
            lambda: operations.change_room(room, name="Zero", actor=manager), rooms, f"{rooms}#{room.pk.hex[-8:]}"
        )
        assert_live(lambda: operations.change_room(room, is_active=False, actor=manager), rooms)
        assert_live(lambda: operations.change_department(house.department, name="GP", actor=manager), rooms, card)


def test_assert_live_bites_when_a_region_does_not_listen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house = world.harbor

    def deaf(keys: Any) -> Any:
        return {key: regions.Loaded(facts.context, facts.rows) for key, facts in toys.load_rooms(keys).items()}

    monkeypatch.setitem(render._regions, "toy-rooms", replace(toys.ROOMS, load=deaf))
    with house.open(), pytest.raises(AssertionError, match="reload"):
        manager = house.actor("manager")
        assert_live(
            lambda: operations.change_room(house.room, name="Other", actor=manager), f"toy-rooms:{house.department.pk}"
        )


def test_assert_live_bites_when_nothing_changes(world: World) -> None:
    house = world.harbor
    with house.open(), pytest.raises(AssertionError, match="nothing was pushed"):
        assert_live(Room.objects.count, f"toy-rooms:{house.department.pk}")


def test_assert_live_bites_when_a_write_passes_the_log_by(world: World) -> None:
    house = world.harbor
    with house.open(), pytest.raises(AssertionError, match="reload"):
        assert_live(
            lambda: Room.objects.filter(pk=house.room.pk).update(name="Secret"), f"toy-rooms:{house.department.pk}",
            changed=False,
        )  # fmt: skip


def test_a_changed_template_is_seen_at_once(world: World) -> None:
    want = Want("toy-rooms", str(world.harbor.department.pk), frozenset())
    render.render(world.harbor.hospital.pk, "en", [want])
    file_changed.send(sender=object(), file_path=Path("templates/base.css"))
    assert render.rendered()
    file_changed.send(sender=object(), file_path=Path("templates/toy/room.html"))
    assert not render.rendered()
