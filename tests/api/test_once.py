"""Idempotency keys: done once, answered the same, also when the process dies half way or two requests race."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from clinic.core import api_once
from clinic.live import record
from clinic.tenants import idempotency
from clinic.tenants.models import IdempotencyKey
from queues.models import Visit
from tests.api.client import Answer, api
from tests.world import House, World
from tests.world import build as build_world

pytestmark = pytest.mark.django_db
KEY = {"Idempotency_Key": "press-1"}
PERSON = {"given_name": "Noor", "family_name": "Haddad", "phone": "+33 6 00 00 00 01"}


def intake(house: House, **headers: str) -> Answer:
    body = {"person": PERSON, "queue": str(house.own.pk)}
    return api(house, "receptionist").post("reception/intake", body, **headers)


def visits(house: House) -> int:
    with house.open():
        return int(Visit.objects.count())


class Died(BaseException):
    """The process ends here: nothing after this point runs."""


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make the process die at a moment of the request, once."""

    def at(moment: str) -> None:
        owner: Any
        owner, name = {"before": (record, "_flush"), "after": (record, "_announce")}[moment]
        real = getattr(owner, name)

        def die(*args: Any, **more: Any) -> Any:
            monkeypatch.setattr(owner, name, real)
            raise Died(moment)

        monkeypatch.setattr(owner, name, die)

    return at


def test_the_key_belongs_to_caller_and_route(world: World) -> None:
    house, body = world.harbor, {"role": "nurse"}
    first = api(house, "owner").post("join-codes", body, **KEY)
    assert api(house, "owner").post("join-codes", body, **KEY).json == first.json
    other = api(house, "manager").post("join-codes", body, **KEY)
    assert (other.status, other.json["code"] != first.json["code"]) == (201, True)
    there = api(world.hilltop, "owner").post("join-codes", body, **KEY)
    assert there.json["code"] not in (first.json["code"], other.json["code"])
    assert api(house, "owner").post("receptionists", {}, **KEY).status == 201


def test_another_body_is_422_and_another_order_of_fields_is_the_same_body(world: World) -> None:
    owner = api(world.harbor)
    assert owner.post("join-codes", b'{"role": "nurse", "days": 3}', **KEY).status == 201
    assert owner.post("join-codes", b'{"days":3,"role":"nurse"}', **KEY).status == 201
    wrong = owner.post("join-codes", {"role": "nurse", "days": 4}, **KEY)
    assert (wrong.status, wrong.code) == (422, "IDEMPOTENCY_OTHER_BODY")


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "ü"])
def test_keys_that_are_none(world: World, key: str) -> None:
    answer = api(world.harbor).post("receptionists", {}, Idempotency_Key=key)
    assert (answer.status, answer.code) == (400, "IDEMPOTENCY_BAD_KEY")


def test_a_refusal_is_kept_too(world: World) -> None:
    house = world.harbor
    doctor, path = api(house, "doctor"), f"queue/doctor/{house.doctor.pk}/start"
    refused = doctor.post(path, {}, **KEY)
    assert refused.code == "VISIT_NOBODY_HERE"
    house.waiting(1)
    doctor.post(f"queue/doctor/{house.doctor.pk}/next")
    assert doctor.post(path, {}, **KEY).content == refused.content
    assert doctor.post(path, {}, Idempotency_Key="press-2").status == 200


def test_what_may_pass_by_itself_is_not_kept(world: World) -> None:
    house = world.harbor
    body = {"role": "owner"}
    assert api(house, "manager").post("join-codes", body, **KEY).status == 403
    assert IdempotencyKey.objects.count() == 0


def test_a_wrong_body_takes_no_claim(world: World) -> None:
    assert api(world.harbor).post("join-codes", {"role": "king"}, **KEY).status == 400
    assert IdempotencyKey.objects.count() == 0
    assert api(world.harbor).post("join-codes", {"role": "nurse"}, **KEY).status == 201


def test_while_the_first_runs_the_second_waits(world: World) -> None:
    house = world.harbor
    seen: list[Answer] = []
    real = api_once.store().keep

    def keep(claim: Any, answer: Any) -> None:
        if not seen:
            seen.append(api(house).post("receptionists", {}, **KEY))
        real(claim, answer)

    store: Any = api_once.store()
    store.keep = keep
    try:
        assert api(house).post("receptionists", {}, **KEY).status == 201
    finally:
        del store.keep
    assert (seen[0].status, seen[0].code) == (409, "IDEMPOTENCY_RUNNING")
    assert 0 < int(seen[0].header("Retry-After")) <= api_once.CLAIM_SECONDS + 1


def test_answers_are_sealed_at_rest(world: World) -> None:
    answer = intake(world.harbor, **KEY)
    row = IdempotencyKey.objects.get()
    assert answer.json["status_token"] not in row.sealed
    assert "Haddad" not in row.sealed
    assert "Haddad" not in f"{row.scope}{row.key}{row.body_hash}"


def test_after_a_day_the_key_is_free_again(world: World) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = api(world.harbor).post("receptionists", {}, **KEY).json["code"]
        clock.shift(timedelta(hours=23))
        assert api(world.harbor).post("receptionists", {}, **KEY).json["code"] == first
        clock.shift(timedelta(hours=1, seconds=1))
        assert api(world.harbor).post("receptionists", {}, **KEY).json["code"] != first
        clock.shift(timedelta(days=2))
        assert idempotency.forget_old() == 1
        assert IdempotencyKey.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_before_the_commit_has_done_nothing(dying: Callable[[str], None]) -> None:
    house = build_world().harbor
    with time_machine.travel(timezone.now(), tick=False) as clock:
        dying("before")
        with pytest.raises(Died):
            intake(house, **KEY)
        assert visits(house) == 0
        assert intake(house, **KEY).code == "IDEMPOTENCY_RUNNING"
        clock.shift(timedelta(seconds=api_once.CLAIM_SECONDS))
        assert intake(house, **KEY).status == 201
        assert visits(house) == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_after_the_commit_has_kept_its_answer(dying: Callable[[str], None]) -> None:
    house = build_world().harbor
    dying("after")
    with pytest.raises(Died):
        intake(house, **KEY)
    assert visits(house) == 1
    again = intake(house, **KEY)
    assert (again.status, again.json["token"]) == (201, "A-001")
    assert again.header("Idempotency-Replayed") == "true"
    assert int(again.header("X-Seq")) > 0
    assert visits(house) == 1


@pytest.mark.django_db(transaction=True)
def test_a_process_that_wakes_up_too_late_has_lost_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """It slept for longer than a claim lasts, somebody else took over: its transaction fails as a whole."""
    house = build_world().harbor
    real, seen = record._flush, []

    def slow(work: Any, **more: Any) -> Any:
        monkeypatch.setattr(record, "_flush", real)
        IdempotencyKey.objects.update(claim="somebody else's")
        seen.append(True)
        return real(work, **more)

    monkeypatch.setattr(record, "_flush", slow)
    answer = intake(house, **KEY)
    assert seen
    assert (answer.status, answer.code) == (409, "IDEMPOTENCY_LOST")
    assert visits(house) == 0


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_with_one_key_are_one_visit() -> None:
    house = build_world().harbor
    answers: list[Answer] = []
    together = threading.Barrier(8)

    def press() -> None:
        try:
            together.wait(10)
            answers.append(intake(house, **KEY))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    done = [answer for answer in answers if answer.status == 201]
    assert done
    assert {answer.content for answer in done} == {done[0].content}
    assert {answer.code for answer in answers if answer.status != 201} <= {"IDEMPOTENCY_RUNNING"}
    assert visits(house) == 1
