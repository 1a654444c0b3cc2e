"""Every route × every role × the other hospital's ids × unknown fields × the same request twice."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from clinic.core.access import MATRIX, PLATFORM
from clinic.live.models import Event
from clinic.records.models import Patient
from tests.api.client import Answer, Api, api
from tests.api.routes import Route, routes
from tests.api.samples import SAMPLES, Request
from tests.world import ROLES, House, World, canary

pytestmark = pytest.mark.django_db

ALL = routes()
NAMES = [route.name for route in ALL]
every_route = pytest.mark.parametrize("route", ALL, ids=NAMES)
PARAMETERS = {"hospital_id": "1", "patient__mrn": "1", "order_by": "id"}
FIELDS = ("hospital", "hospital_id", "id", "version", "is_superadmin", "__class__", "\ud800")
BROKEN = (
    b"[]", b'"x"', b"null", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"a":1' + b"0" * 5000 + b"}", b"{}{}",
)  # fmt: skip
STRANGERS = ("", "Bearer x.y.z", "Api-Key cfk_nothing", "Basic dXNlcjpwYXNz", "Bearer")


def as_(house: House, role: str) -> Api:
    return api(house, role) if role else Api()


def send(caller: Api, request: Request, **headers: str) -> Answer:
    return caller.send(request.method, request.path, request.body, **headers)


def heads(world: World) -> list[int]:
    """How long both logs and both lists of patients are: what must not grow by a refused request."""
    counts = []
    for house in world.both():
        with house.open():
            counts += [Event.objects.count(), Patient.objects.count()]
    return counts


def test_every_route_has_a_sample_and_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert set(NAMES) == set(SAMPLES)


@every_route
def test_what_is_refused_changes_nothing_and_whoever_may_gets_in(world: World, route: Route) -> None:
    """Nobody and forged credentials; wrong roles; our members with each id of the other hospital; unknown fields;
    methods that are not there; their members with our ids; and then every role that may.

    None of the refused changes anything, so that all of them ask of the same hospital.
    """
    request = SAMPLES[route.name].make(world.harbor)
    theirs = SAMPLES[route.name].make(world.hilltop)
    before = heads(world)
    if route.ability is not None:
        _strangers(request)
    _with_ids_of_the_other(world, request, theirs)
    _unknown_fields_and_parameters(world, route, request)
    _methods_that_are_not_there(world, route, request)
    allowed = _wrong_roles(world, route, request)
    assert heads(world) == before
    if request.role:
        _the_others_member(world, route, request)
    for role in allowed:  # the first may have done it; whoever comes after is told so, and not that it is not theirs
        answer = send(api(world.harbor, role), request)
        assert answer.status < 500 and answer.status != 403, (role, answer.content)
        told = answer.content.decode()
        assert canary(world.hilltop.hospital) not in told
        assert "Hilltop Hospital" not in told


def _wrong_roles(world: World, route: Route, request: Request) -> list[str]:
    """Refuses them, and returns those who may."""
    if route.ability is None or route.ability in PLATFORM:
        return []
    forbidden = SAMPLES[route.name].forbidden
    allowed = [role for role in ROLES if role in MATRIX[route.ability] and role not in forbidden]
    for role in (role for role in ROLES if role not in allowed):
        answer = send(api(world.harbor, role), request)
        assert answer.status == 403, (role, answer.content)
    return allowed


def _strangers(request: Request) -> None:
    for authorization in STRANGERS:
        answer = send(Api(authorization), request)
        assert (answer.status, answer.code != "") == (401, True), authorization
        assert answer.header("WWW-Authenticate")


def _with_ids_of_the_other(world: World, own: Request, theirs: Request) -> None:
    caller = as_(world.harbor, own.role)
    for swapped in own.with_ids_of(theirs):
        answer = send(caller, swapped)
        assert answer.status == 404, (swapped, answer.content)
        assert answer.code == "ACCESS_NOT_HERE"
        assert "hilltop" not in answer.content.decode().lower()


def _the_others_member(world: World, route: Route, request: Request) -> None:
    """Their token with our ids, with our hospital's name, and reading whatever they may read."""
    caller = api(world.hilltop, request.role)
    asked = [send(caller, request)]
    if route.ability not in PLATFORM:
        asked.append(send(caller, request, X_Tenant_Id="harbor"))
        asked.append(send(caller, request, X_Tenant_Id=str(world.harbor.hospital.pk)))
        assert {answer.status for answer in asked[1:]} == {404}
    for answer in asked:
        assert answer.status < 500
        text = answer.content.decode()
        assert canary(world.harbor.hospital) not in text
        assert "Harbor Clinic" not in text


def _unknown_fields_and_parameters(world: World, route: Route, request: Request) -> None:
    """Each is named in the answer, however many come at once."""
    caller = as_(world.harbor, request.role)
    glue = "&" if "?" in request.path else "?"
    answer = send(caller, Request(request.method, f"{request.path}{glue}{urlencode(PARAMETERS)}", request.body))
    assert answer.status == 400, answer.content
    assert set(answer.json["error"]["details"]) >= set(PARAMETERS)
    for known in ("ordering=password", "limit=201", "cursor=x"):  # lists know the names, but not these values
        answer = send(caller, Request(request.method, f"{request.path}{glue}{known}", request.body))
        assert answer.status == 400, (known, answer.content)
    if request.method in ("POST", "PATCH"):
        taken = {*(request.body or {}), *(("hospital",) if route.name == "auth_login" else ())}
        names = [name for name in FIELDS if name not in taken]
        answer = send(caller, Request(request.method, request.path, dict.fromkeys(names, "x") | (request.body or {})))
        assert answer.status == 400, answer.content
        assert answer.code == "REQUEST_INVALID"
        assert {json.loads(f'"{name}"') for name in answer.json["error"]["details"]} >= set(names)
        for broken in BROKEN:
            answer = caller.send(request.method, request.path, broken)
            assert answer.status == 400, (broken[:10], answer.content)


@every_route
def test_twice_with_a_key_is_once_with_the_same_answer(world: World, route: Route) -> None:
    if route.method != "POST":
        return
    request = SAMPLES[route.name].make(world.harbor)
    caller = as_(world.harbor, request.role)
    first = send(caller, request, Idempotency_Key="press-1")
    assert first.status == request.status
    before = heads(world)
    if route.name == "auth_logout":
        assert send(caller, request, Idempotency_Key="press-1").status == 401  # the token has ended: that is the point
        return
    second = send(caller, request, Idempotency_Key="press-1")
    assert (second.status, second.content) == (first.status, first.content)
    assert second.header("X-Seq") == first.header("X-Seq")
    assert second.header("Idempotency-Replayed") == "true"
    assert heads(world) == before
    if request.body:
        other = {**request.body, next(iter(request.body)): "something else"}
        answer = send(caller, Request("POST", request.path, other), Idempotency_Key="press-1")
        assert answer.status in (400, 422), answer.content
    assert heads(world) == before


@every_route
def test_the_sample_works_and_twice_without_a_key_is_never_a_fault(world: World, route: Route) -> None:
    """The second press of the same button: the same as once, or a plain refusal."""
    request = SAMPLES[route.name].make(world.harbor)
    assert request.method == route.method
    caller = as_(world.harbor, request.role)
    answer = send(caller, request)
    assert answer.status == request.status == route.told.status, answer.content
    if route.method == "GET":
        return
    second = send(caller, request)
    assert second.status in (200, 201, 204, 401, 404, 409), second.content


def _methods_that_are_not_there(world: World, route: Route, request: Request) -> None:
    here = {other.method for other in ALL if other.pattern == route.pattern}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - here:
        answer = as_(world.harbor, request.role).send(method, request.path)
        assert answer.status == 405, method
        assert answer.code == "REQUEST_METHOD_NOT_ALLOWED"
        assert set(answer.header("Allow").split(", ")) >= here


def test_reading_lists_shows_only_the_own_hospital(world: World) -> None:
    for house in world.both():
        house.waiting(3)
        house.patient("Zoe", "Canary")
    for house, other in (world.both(), world.both()[::-1]):
        for route in ALL:
            if route.method == "GET" and "<" not in route.pattern:
                answer = send(api(house, "owner"), SAMPLES[route.name].make(house))
                assert answer.status == 200
                told: Any = json.dumps(answer.json)
                assert canary(other.hospital) not in told
                assert str(other.hospital.pk) not in told
