"""Roles × abilities: closed by default, strings on one page, and an actor that is a value."""

from __future__ import annotations

import dataclasses

import pytest
from django.http import HttpRequest, HttpResponse

from clinic.core import access
from clinic.core.access import ABILITIES, MATRIX, PATIENT, PLATFORM, ROLES, SYSTEM, VISITOR, Actor, abilities_of, needs
from clinic.core.errors import Forbidden

SOMEBODY = Actor(kind="member", id="7", name="Ana", abilities=abilities_of(["nurse"]), roles=frozenset({"nurse"}))


def test_every_role_of_the_matrix_is_a_role_and_no_ability_is_nobodys() -> None:
    assert set().union(*MATRIX.values()) == set(ROLES) - {"superadmin"}
    assert [ability for ability, roles in MATRIX.items() if not roles] == []


def test_the_platforms_administrator_has_nothing_in_a_hospital() -> None:
    assert abilities_of(["superadmin"]) == frozenset()


@pytest.mark.rule("1.1")
def test_a_manager_is_an_owner_without_closing_the_hospital_or_naming_owners() -> None:
    assert abilities_of(["owner"]) - abilities_of(["manager"]) == {"hospital.close", "members.name_owner"}
    assert abilities_of(["manager"]) < abilities_of(["owner"])


@pytest.mark.rule("1.1")
def test_several_roles_add_up_and_unknown_ones_give_nothing() -> None:
    assert abilities_of(["doctor", "biller"]) == abilities_of(["doctor"]) | abilities_of(["biller"])
    assert abilities_of(["king"]) == abilities_of([]) == frozenset()
    assert abilities_of(["king", "nurse"]) == abilities_of(["nurse"])


def test_what_a_stranger_and_a_patient_may_do_is_of_no_hospital() -> None:
    assert not (PLATFORM | PATIENT) & MATRIX.keys()
    assert VISITOR.abilities == PLATFORM
    assert SYSTEM.abilities == ABILITIES


def test_requiring_an_ability_refuses_by_its_name() -> None:
    SOMEBODY.require("queues.view")
    with pytest.raises(Forbidden) as refused:
        SOMEBODY.require("hospital.manage")
    assert refused.value.code == "access.denied"
    assert refused.value.details == {"ability": "hospital.manage"}


def test_an_ability_nobody_knows_refuses_too() -> None:
    with pytest.raises(Forbidden):
        SYSTEM.require("queues.veiw")
    with pytest.raises(ValueError, match="unknown ability"):
        needs("queues.veiw")


def test_an_actor_is_a_value_that_nobody_changes() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SOMEBODY.abilities = ABILITIES  # type: ignore[misc]
    assert SOMEBODY.face() == {"kind": "member", "id": "7", "name": "Ana"}


def test_marks_of_views_are_what_the_door_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "PUBLIC", {})

    @needs("queues.view")
    def closed(request: HttpRequest) -> HttpResponse: ...

    @access.public("shown to anybody")
    def opened(request: HttpRequest) -> HttpResponse: ...

    assert closed.ability == "queues.view"  # type: ignore[attr-defined]
    assert opened.ability is None  # type: ignore[attr-defined]
    assert list(access.PUBLIC.values()) == ["shown to anybody"]
