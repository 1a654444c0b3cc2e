"""The description: current, complete, and true of what is answered."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from clinic.core import api_docs
from clinic.core.api_told import UNTOLD
from clinic.directory import operations as directory
from clinic.live import registry
from tests.api.client import Api, api
from tests.api.routes import routes
from tests.api.samples import SAMPLES
from tests.world import World

FILE = Path(__file__).parents[2] / "docs" / "openapi.yaml"
ALL = routes()


@cache
def described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(api_docs.as_yaml())
    return found


def operations() -> dict[str, dict[str, Any]]:
    return {told["operationId"]: told for methods in described()["paths"].values() for told in methods.values()}


def schema_of(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "components": described()["components"]}


def test_the_file_is_current() -> None:
    assert FILE.read_bytes() == api_docs.as_yaml(), "run `make openapi`"


def test_every_action_is_described_with_its_refusals() -> None:
    told = operations()
    assert set(told) == {route.name for route in ALL}
    for route in ALL:
        assert route.told is not UNTOLD, f"{route.name} does not say what it takes and answers"
        answers = set(told[route.name]["responses"])
        assert str(route.told.status) in answers
        assert "400" in answers
        if route.ability is not None:
            assert {"401", "403"} <= answers
            assert told[route.name]["security"]
        if route.method in ("POST", "PATCH", "DELETE"):
            assert {"409", "413", "415"} <= answers
        assert told[route.name]["description"], f"{route.name} has no docstring"


def test_every_body_has_an_example_that_fits() -> None:
    for name, told in operations().items():
        content = told.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        examples = content["examples"].values()
        assert examples, name
        for example in examples:
            jsonschema.validate(example["value"], schema_of(content["schema"]))


@pytest.mark.django_db
@pytest.mark.parametrize("route", ALL, ids=[route.name for route in ALL])
def test_what_is_answered_fits_the_description(world: World, route: Any) -> None:
    request = SAMPLES[route.name].make(world.harbor)
    caller = api(world.harbor, request.role) if request.role else Api()
    answer = caller.send(request.method, request.path, request.body)
    content = operations()[route.name]["responses"][str(answer.status)].get("content")
    if content is None:
        assert answer.content == b""
        return
    schema = content["application/json"]["schema"]
    checker = jsonschema.Draft202012Validator(schema_of(schema), format_checker=jsonschema.FormatChecker())
    assert [error.message for error in checker.iter_errors(answer.json)] == []
    if "$ref" in schema and isinstance(answer.json, dict):  # nothing is answered that is not described
        known = described()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
        assert set(answer.json) == set(known)


@pytest.mark.django_db
def test_every_face_is_described(world: World) -> None:
    """A document in the stream, a webhook and REST is the same, and this is the place that says what is in it."""
    shown = {
        "hospital": "HospitalDoc", "hospital_config": "PoliciesDoc", "membership": "MembershipDoc",
        "join_code": "JoinCodeDoc", "invitation": "InvitationDoc",
        "api_key": "KeyDoc", "department": "DepartmentDoc", "room": "RoomDoc",
        "absence": "AbsenceDoc", "closure": "ClosureDoc", "department_config": "DepartmentPoliciesDoc",
        "doctor_department": "FurtherDoc", "visit_type": "VisitTypeDoc", "working_hours": "HoursDoc",
        "doctor": "DoctorDoc", "patient": "PatientDoc", "queue": "QueueDoc", "visit": "VisitDoc",
        "display": "DisplayDoc", "appointment": "AppointmentDoc", "waitlist_entry": "EntryDoc", "series": "SeriesDoc",
        "doctor_visit_type": "OwnTypeDoc", "patient_message": "MessageDoc", "er_visit": "ErVisitDoc", "bed": "BedDoc",
        "triage": "ErTriageDoc", "er_section": "SectionDoc", "er_floor": "FloorDoc",
    }  # fmt: skip
    house = world.harbor
    house.waiting(1)
    for name in (
        "absences_retrieve", "closures_retrieve", "visit_types_retrieve", "doctor_departments_destroy",
        "displays_retrieve", "appointments_retrieve", "waitlist_retrieve", "series_retrieve",
        "doctor_visit_types_retrieve", "messages_resend", "er_patients_retrieve", "er_triage_correct",
    ):  # fmt: skip
        SAMPLES[name].make(house)
    with house.open():
        directory.set_hours(house.doctor, {"mon": []}, actor=house.actor("owner"))
        directory.change_department_policies(house.department, token_reset="weekly", actor=house.actor("owner"))
    surge = SAMPLES["er_surge_set"].make(house)
    api(house, surge.role).send(surge.method, surge.path, surge.body)
    SAMPLES["join_codes_destroy"].make(house)
    SAMPLES["invitations_take_back"].make(house)
    SAMPLES["api_keys_revoke"].make(house)
    ours = {kind for kind in registry.faces() if not registry.kinds()[kind].__module__.startswith("tests.")}
    assert set(shown) == ours
    for kind, name in shown.items():
        with house.open():
            model = registry.kinds()[kind]
            keys = [str(pk) for pk in model._base_manager.values_list("pk", flat=True)]
            docs = registry.faces()[kind][1](keys)
        assert docs, kind
        for doc in docs.values():
            jsonschema.validate(doc, schema_of({"$ref": f"#/components/schemas/{name}"}))
            assert set(doc) == set(described()["components"]["schemas"][name]["properties"]), kind


def test_the_description_and_its_pages_are_open_and_need_nothing_from_elsewhere() -> None:
    caller = Api()
    served = caller.get("schema/")
    assert served.status == 200
    assert served.json["openapi"].startswith("3.1")
    page = caller.get("docs/")
    assert page.status == 200
    html = page.content.decode()
    for inside in ("<style", "style=", "onclick", "javascript:", "http://", "https://"):
        assert inside not in html, inside
    assert all("src=" in tag for tag in html.split("<script")[1:])
    policy = page.header("Content-Security-Policy")
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
