"""The API fuzzed from its own description: whatever is sent, no fault of ours and nothing of another hospital.

Cases come from the description (right and wrong ones); into most of them real ids are put, the caller's own
hospital's or the other's, for random ids alone would only ever meet 404. A quarter is near a request that works
(tests/api/samples), with one thing in it changed; another quarter brings on what has never worked so far, so that
every operation is met while the hospitals are full of what the other cases did.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from clinic.core import api_docs
from tests.api.client import BASE, Answer, Api, token_of
from tests.api.fuzz_cases import AS_DRAWN, UNTRIED, Case, cases
from tests.api.fuzz_stage import BACK_AFTER, Stage
from tests.api.routes import routes
from tests.world import World

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(api_docs.described())
    return found


def check(case: Case, answer: Answer, operations: dict[str, Any], components: Any, stage: Stage) -> None:
    """What must hold of every answer."""
    assert answer.status < 500, (case, answer.content[:500])
    text = answer.content.decode()
    other = "hilltop" if case.slug == "harbor" else "harbor"
    assert stage.markers[other] not in text, (case, text[:500])
    sent = case.path + case.body.decode("utf-8", "replace")
    foreign = {key for keys in stage.ids[other].values() for key in keys}
    leaked = {key for key in UUID.findall(text) if key in foreign and key not in sent}
    assert not leaked, (case, text[:500])
    told = operations[case.name]["responses"].get(str(answer.status))
    if told is None:  # a path that the case changed so much that it is another address
        assert answer.status in (404, 405), (case, answer.status, text[:300])
        return
    content = told.get("content")
    if content is not None:
        schema = {**content["application/json"]["schema"], "components": components}
        jsonschema.Draft202012Validator(schema).validate(answer.json)
    if answer.status >= 400:
        assert set(answer.json["error"]) == {"code", "message", "details"}, case


def near(case: Case, stage: Stage, untried: list[str]) -> Case:
    """This case made from a working request: as it is for what never worked, else with one thing of the case in it."""
    as_it_is = case.way == UNTRIED and bool(untried)
    name = untried[case.place % len(untried)] if as_it_is else case.name
    request = stage.sample(name, case.slug)
    path, body, role, headers = BASE + request.path, request.body, request.role, {}
    if not as_it_is:
        drawn = _fields(case.body)
        match case.place % 4:
            case 0 if isinstance(body, dict) and drawn:
                field = sorted(drawn)[case.place // 4 % len(drawn)]
                body = {**body, field: drawn[field]}
            case 1 if "?" in case.path and "?" not in path:
                path += "?" + case.path.partition("?")[2]
            case 2 if role:
                role = case.role
            case _:
                headers = case.headers
    text = b"" if body is None else json.dumps(body).encode()
    return replace(case, name=name, method=request.method, path=path, body=text, headers=headers, role=role)


def _fields(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass
class Sender:
    """Sends cases one after the other, and looks at every answer."""

    stage: Stage
    told: dict[str, Any]
    """Name of an operation → what the description says of it."""
    components: Any
    sent: int = 0

    def send(self, case: Case) -> None:
        stage = self.stage
        self.sent += 1
        if self.sent % BACK_AFTER == 0:
            stage.back()
        elif self.sent % 20 == 0:
            stage.made(stage.refresh_ids)
        stage.heal()
        untried = sorted(set(self.told) - stage.done())
        varied = case.way != UNTRIED or not untried
        if case.way != AS_DRAWN:
            case = near(case, stage, untried)
        path, body = stage.filled_in(case.slug, case.path, case.body)
        caller = Api(f"Bearer {token_of(stage.house(case.slug), case.role)}" if case.role else "")
        answer = caller.send(case.method, path, body, **case.headers)
        stage.seen[(case.name, answer.status)] += 1
        if varied and answer.status < 300:
            stage.varied.add(case.name)
        check(replace(case, path=path, body=body), answer, self.told, self.components, stage)


def fuzz(world: World, count: int, *, derandomize: bool) -> Stage:
    """Send ``count`` cases; returns what was seen."""
    description = described()
    schema = schemathesis.openapi.from_dict(description)
    operations = [found.ok() for found in schema.get_all_operations()]
    by_name = {told["operationId"]: told for methods in description["paths"].values() for told in methods.values()}
    for told in by_name.values():
        for code, response in told["responses"].items():
            name = response.get("$ref", "").rpartition("/")[2]
            told["responses"][code] = description["components"]["responses"][name] if name else response
    sender = Sender(Stage(world), by_name, description["components"])

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=derandomize, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases(operations, sender.stage))
    def send(case: Case) -> None:
        sender.send(case)

    send()
    return sender.stage


def summary(stage: Stage) -> dict[int, int]:
    """Status → how many."""
    found: Counter[int] = Counter()
    for (_, status), count in stage.seen.items():
        found[status] += count
    return dict(sorted(found.items()))


def never_done(stage: Stage) -> set[str]:
    """Operations that no case got to work: a fuzz that only ever meets refusals proves little."""
    return {route.name for route in routes()} - stage.done()
