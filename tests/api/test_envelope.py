"""One envelope for every refusal, whatever went wrong, and never a trace."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError

from clinic.directory.api.places import DepartmentViewSet
from queues.operations import calls
from tests.api.client import Answer, Api, api
from tests.world import World

pytestmark = pytest.mark.django_db


def check(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The envelope's form; returns its details."""
    assert (answer.status, answer.code) == (status, code), answer.content
    assert set(answer.json) == {"error"}
    error = answer.json["error"]
    assert set(error) == {"code", "message", "details"}
    assert error["message"]
    assert isinstance(error["details"], dict)
    assert answer.header("Content-Type") == "application/json"
    assert "Traceback" not in answer.content.decode()
    details: dict[str, Any] = error["details"]
    return details


def test_addresses_that_are_nowhere(world: World) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"):
        for path in ("nowhere", "visits/", "visits/7", f"visits/{uuid4()}/explode", "", "%00", "../admin/", "visits//"):
            check(Api().send(method, path), 404, "ACCESS_NOT_HERE")


def test_rows_that_are_nowhere(world: World) -> None:
    check(api(world.harbor).get(f"patients/{uuid4()}"), 404, "ACCESS_NOT_HERE")


def test_bodies_that_cannot_be_read(world: World) -> None:
    owner = api(world.harbor)
    check(owner.post("patients", b"{"), 400, "REQUEST_MALFORMED")
    details = check(owner.post("patients", b"[]"), 400, "REQUEST_INVALID")
    assert list(details) == ["body"]
    kinds = (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "",
    )
    for kind in kinds:
        check(owner.post("patients", b'{"family_name": "A"}', Content_Type=kind), 415, "REQUEST_MEDIA_TYPE")
    said = owner.post("patients", b'{"family_name": "A"}', Content_Type="application/json; charset=hex")
    assert said.status == 201


def test_a_body_that_is_too_large(world: World, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    check(api(world.harbor).post("patients", {"notes": "x" * 2000}), 413, "REQUEST_TOO_LARGE")


def test_details_are_by_field(world: World) -> None:
    body = {"given_name": 7, "phone": ["x"], "birth_date": "2026-13-01", "sex": "f", "notes": "a\x00b", "email": "no"}
    details = check(api(world.harbor).post("patients", body), 400, "REQUEST_INVALID")
    assert set(details) == set(body)
    assert all(isinstance(sentence, str) for sentences in details.values() for sentence in sentences)
    details = check(
        api(world.harbor).post("reception/intake", {"person": {"x": 1}, "queue": 1}), 400, "REQUEST_INVALID"
    )
    assert set(details) == {"person", "queue"}
    assert set(details["person"]) == {"x"}


def test_a_rule_that_forbids(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    with house.open():
        calls.call_next(house.doctor, actor=house.medic)
    details = check(api(house, "doctor").post(f"queue/doctor/{house.doctor.pk}/next"), 409, "DOCTOR_BUSY")
    assert details["token"] == "A-001"


def test_sentences_come_in_the_language_asked_for_and_codes_do_not(world: World) -> None:
    answer = api(world.harbor).get("nowhere", Accept_Language="es")
    check(answer, 404, "ACCESS_NOT_HERE")


@pytest.mark.faults
def test_a_fault_of_ours_is_told_without_its_inside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: Any) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(DepartmentViewSet, "_doc", explode)
    caller = api(world.harbor)
    caller.client.raise_request_exception = False
    answer = caller.get("departments")
    check(answer, 500, "SERVER_FAULT")
    assert "hunter2" not in answer.content.decode()


@pytest.mark.faults
def test_a_database_that_is_away_is_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("could not connect to server")

    monkeypatch.setattr(DepartmentViewSet, "_doc", away)
    caller = api(world.harbor)
    caller.client.raise_request_exception = False
    answer = caller.get("departments")
    check(answer, 503, "SERVER_UNAVAILABLE")
    assert int(answer.header("Retry-After")) > 0


def test_flooding_a_public_link_is_429_with_a_time(world: World) -> None:
    caller = Api()
    codes = [caller.get("public/visits/unknown/status").status for _ in range(125)]
    assert set(codes) == {404, 429}
    assert codes.index(429) == 120
    answer = caller.get("public/visits/unknown/status")
    check(answer, 429, "REQUEST_TOO_MANY")
    assert 0 < int(answer.header("Retry-After")) <= 61
    assert caller.get("public/visits/another/status").status == 404, "others behind the same address go on"


def test_answers_are_never_kept_by_anybody_on_the_way(world: World) -> None:
    for answer in (api(world.harbor).get("patients"), Api().get("patients"), api(world.harbor).get("nowhere/at/all")):
        if answer.code != "ACCESS_NOT_HERE":
            assert answer.header("Cache-Control") == "no-store"


def test_half_a_character_comes_back_escaped(world: World) -> None:
    answer = api(world.harbor).post("patients", b'{"\\ud800": 1}')
    check(answer, 400, "REQUEST_INVALID")
    answer = api(world.harbor).post("patients", b'{"family_name": "\\ud800"}')
    check(answer, 400, "REQUEST_INVALID")
