"""What all nouns have in common: ids, versions, references, and how they are named in the log."""

from __future__ import annotations

import pytest
from django.apps import apps

from clinic.core.nouns import Noun, Versioned, new_id, split_ref
from clinic.live import registry
from clinic.live.record import OutsideOperation, add, change, drop
from tests.world import World

NOUNS = [model for model in apps.get_models() if issubclass(model, Versioned)]


def test_ids_are_version_7_and_sort_by_time() -> None:
    ids = [new_id() for _ in range(2000)]
    assert {value.version for value in ids} == {7}
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("model", NOUNS, ids=lambda model: model.__name__)
def test_every_noun_has_its_kind_id_and_version(model: type[Versioned]) -> None:
    assert model.kind, "a noun has no name in the log"
    assert registry.kinds()[model.kind] is model
    row = model()
    assert row.pk.version == 7
    assert (row.version, row.ref) == (1, f"{model.kind}:{row.pk}")
    assert split_ref(row.ref) == (model.kind, str(row.pk))


@pytest.mark.parametrize("model", NOUNS, ids=lambda model: model.__name__)
def test_what_a_noun_keeps_from_the_log_are_columns_of_it(model: type[Versioned]) -> None:
    columns = {field.attname for field in model._meta.concrete_fields}
    assert model.personal <= columns
    assert model.unlogged <= columns
    assert not model.personal & model.unlogged


@pytest.mark.django_db
def test_topics_are_told_from_a_rows_own_columns(world: World) -> None:
    """They are asked at every change, and for rows that were deleted: never a query."""
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        leg = visit.legs.get()
    rows: list[Versioned] = [
        visit, leg, house.own, house.doctor, house.department, house.room, house.hospital, house.users["nurse"],
        house.memberships["nurse"], house.people[0],
    ]  # fmt: skip
    for row in rows:  # without a hospital: a query would fail
        row._state.fields_cache.clear()
        topics = row.live_topics()
        assert isinstance(topics, tuple)
        assert all(isinstance(topic, str) for topic in topics)
    assert f"queue:{house.own.pk}" in leg.live_topics()


@pytest.mark.parametrize("text", ["", "visit", "visit:", ":1", ":"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a reference"):
        split_ref(text)


@pytest.mark.django_db
def test_rows_change_inside_an_operation_only(world: World) -> None:
    room = world.harbor.room
    with world.harbor.open():
        for act in (lambda: change(room, name="x"), lambda: add(type(room)(name="x")), lambda: drop(room)):
            with pytest.raises(OutsideOperation):
                act()
        room.refresh_from_db()
        assert room.name == "Room 4"


def test_a_noun_is_sealed() -> None:
    assert Noun._meta.abstract
    assert Noun.Meta.base_manager_name == "objects"  # type: ignore[attr-defined]
