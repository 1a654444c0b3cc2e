"""The API fuzzed from its own description: whatever is sent, no fault of ours and nothing of another hospital.

Cases come from the description (right and wrong ones); into most of them real ids are put, the caller's own
hospital's or the other's, for random ids alone would only ever meet 404.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import jsonschema  # type: ignore[import-untyped]
import schemathesis
import yaml
from django.core.cache import cache
from django.db import models
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clinic.core import api_docs
from clinic.core.nouns import Noun
from clinic.directory.models import Doctor
from clinic.live import registry
from clinic.tenants import auth
from clinic.tenants.models import Hospital, Membership, User
from queues.models import CALLED, Leg, Queue
from tests.api.client import Answer, Api, token_of
from tests.api.samples import called, display_token, screen_code
from tests.world import PASSWORD, ROLES, House, World

CALLERS = ("owner", "receptionist", "doctor")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KINDS = {"departments": "department", "rooms": "room", "doctors": "doctor", "patients": "patient", "visits": "visit",
         "queues": "queue", "displays": "display", "memberships": "membership", "join-codes": "join_code",
         "api-keys": "api_key", "queue/doctor": "doctor", "queue/department": "department",
         "patient": "patient", "department": "department", "room": "room", "doctor": "doctor", "queue": "queue",
         "visit": "visit", "membership": "membership"}  # fmt: skip
"""First part of an address, or name of a field → the kind whose ids go there."""
PLAIN = {"slug", "prefix", "token", "language", "time_zone", "currency", "hash", "password", "code", "scope", "email",
         "phone", "phone_key", "name_key", "mrn", "source", "outcome", "names"}  # fmt: skip
"""Text columns with a form of their own: no marker fits in."""


def mark(house: House) -> str:
    """Put this hospital's marker into every text there is of it; returns the marker."""
    marker = f"canary{house.hospital.slug}"
    rows: list[Any] = [
        Hospital.objects.get(pk=house.hospital.pk),
        *User.objects.filter(memberships__hospital=house.hospital),
    ]
    with house.open():
        for model in registry.kinds().values():
            if issubclass(model, Noun):
                rows += list(model.objects.all())
        for row in rows:
            texts = {
                column.attname: f"{marker} {row.pk.hex[-8:]}"[: column.max_length or 200]
                for column in row._meta.concrete_fields
                if isinstance(column, models.CharField | models.TextField)
                and not isinstance(column, models.SlugField)
                and not column.choices
                and column.attname not in PLAIN
            }
            if texts:
                type(row)._base_manager.filter(pk=row.pk).update(**texts)
    return marker


@dataclass
class Stage:
    """Both hospitals, busy and marked, and what has been sent to them."""

    world: World
    ids: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    markers: dict[str, str] = field(default_factory=dict)
    status_links: dict[str, str] = field(default_factory=dict)
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for house in self.world.both():
            called(house)
            house.waiting(2, house.pool)
            display_token(house)
            api_owner = Api(f"Bearer {token_of(house, 'owner')}")
            api_owner.post("join-codes", {"role": "nurse"})
            api_owner.post("api-keys", {"name": "K", "abilities": ["queues.view"]})
            link = api_owner.post("reception/intake", {"person": {"family_name": "Link"}, "queue": str(house.own.pk)})
            slug = house.hospital.slug
            self.markers[slug] = mark(house)
            self.status_links[slug] = link.json["status_token"]
        self.refresh_ids()

    def refresh_ids(self) -> None:
        """What exists now: cases make rows, and later ones may act on them. Somebody always waits and is called."""
        for house in self.world.both():
            with house.open():
                Doctor.objects.filter(pk=house.doctor.pk).update(
                    status=Doctor.ON_TIME, is_active=True, parallel_rooms=1
                )
                Queue.objects.update(is_open=True)
            called(house)
            mark(house)
            found: dict[str, list[str]] = {}
            with house.open():
                for kind, model in registry.kinds().items():
                    rows = model._base_manager.order_by("id")
                    if not issubclass(model, Noun):
                        known = {"membership", "join_code", "api_key"}
                        rows = rows.filter(hospital=house.hospital) if kind in known else rows.none()
                    newest_first = reversed(rows.values_list("pk", flat=True).order_by("-id")[:40])
                    found[kind] = [str(pk) for pk in newest_first][-4 if kind == "visit" else -40 :]
            self.ids[house.hospital.slug] = found

    def heal(self) -> None:
        """Undo what would keep later cases out: revoked members, other roles, closed accounts, used-up limits."""
        for house in self.world.both():
            for role in ROLES:
                Membership.objects.filter(pk=house.memberships[role].pk).update(roles=[role], is_active=True)
            with house.open():  # the calls that R3.12 asks for before somebody counts as not come
                long_ago = timezone.now() - timedelta(minutes=5)
                Leg.objects.filter(state=CALLED).update(spaced_calls=2, first_called_at=long_ago)
        cache.clear()

    def filled_in(self, case: Case) -> tuple[str, bytes]:
        """Path and body with what only exists when the case is sent in place of its ``{name}``."""
        house, text = self.house(case.slug), case.body.decode("utf-8", "surrogateescape")
        path = case.path
        makers: dict[str, Callable[[], str]] = {
            "{code}": screen_code, "{refresh}": lambda: str(auth.tokens_for(house.users["nurse"])),
            "{new}": lambda: secrets.token_hex(4), "{display}": lambda: display_token(house),
            "{status}": lambda: self.status_links[case.slug],
        }  # fmt: skip
        for name, make in makers.items():
            if name in text:
                text = text.replace(name, make())
            if quote(name, safe="") in path:
                path = path.replace(quote(name, safe=""), make())
        return path, text.encode("utf-8", "surrogateescape")

    def house(self, slug: str) -> House:
        return self.world.harbor if slug == "harbor" else self.world.hilltop


@dataclass(frozen=True)
class Case:
    """One request, and who sends it."""

    name: str
    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    slug: str
    role: str


def described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(api_docs.as_yaml())
    return found


def kind_of(path: str, name: str) -> str:
    parts = path.removeprefix("/api/v1/").split("/")
    by_path = KINDS.get("/".join(parts[:2])) or KINDS.get(parts[0], "")
    return by_path if name in ("id", "pk") else KINDS.get(name, "")


@dataclass
class Salt:
    """Puts what exists into the places of a case where such things go."""

    draw: Any
    stage: Stage
    path: str
    slug: str

    def into(self, value: Any, name: str = "") -> Any:
        match value:
            case dict():
                return {key: self.into(inner, str(key)) for key, inner in value.items()}
            case list():
                return [self.into(inner, name.removesuffix("s")) for inner in value]
            case str():
                return self._text(value, name)
        return value

    def _text(self, value: str, name: str) -> str:
        kind = kind_of(self.path, name)
        if kind:
            return str(self._known(kind)) if self.draw(st.integers(0, 9)) < 9 else value
        good = self._good(name)
        return good if good and self.draw(st.integers(0, 9)) < 7 else value

    def _good(self, name: str) -> str:
        """A value that has a chance to work where a random text has none."""
        match name:
            case "token":
                return str(self.draw(st.sampled_from(["{display}", "{status}"])))
            case "email":
                mail = self.draw(st.sampled_from(["nurse@{slug}.example", "owner@{slug}.example", "{new}@new.example"]))
                return str(mail).replace("{slug}", self.slug)
            case "topics":
                return f"reception,queue:{self._known('queue')}"
        return {"password": PASSWORD, "time_zone": "Europe/Paris", "birth_date": "1980-05-17", "code": "{code}",
                "refresh": "{refresh}"}.get(name, "")  # fmt: skip

    def _known(self, kind: str) -> str:
        other = "hilltop" if self.slug == "harbor" else "harbor"
        whose = self.draw(st.sampled_from([self.slug] * 5 + [other]))
        held = self.stage.ids[whose].get(kind) or [""]
        return held[self.draw(st.integers(0, 9_999)) % len(held)]  # what is held grows; what is drawn must not change


@st.composite
def cases(draw: Any, operations: list[Any], stage: Stage) -> Case:
    """A case of any operation, right or wrong, with ids that exist in most places where ids go."""
    operation = draw(st.sampled_from(operations))
    modes = schemathesis.GenerationMode
    made = draw(operation.as_strategy(generation_mode=draw(st.sampled_from([modes.POSITIVE, modes.NEGATIVE]))))
    slug = draw(st.sampled_from(["harbor", "harbor", "harbor", "hilltop"]))
    salt = Salt(draw, stage, operation.path, slug)
    path = operation.path
    for key, value in salt.into(dict(made.path_parameters or {})).items():
        path = path.replace(f"{{{key}}}", quote(str(value), safe=""))
    query = {key: value for key, value in salt.into(dict(made.query or {})).items() if draw(st.integers(0, 9)) < 7}
    if query:
        path = f"{path}?{urlencode({key: _plain(value) for key, value in query.items()}, doseq=True, errors='replace')}"
    body = made.body if isinstance(made.body, bytes) else b"" if _unset(made.body) else _json(salt.into(made.body))
    keep = draw(st.sampled_from([(), ("Idempotency-Key",), ("If-Match", "X-Tenant-Id", "Idempotency-Key")]))
    headers = {name: value for name, value in (made.headers or {}).items() if name in keep and _sendable(value)}
    name, role = operation.definition.raw["operationId"], draw(st.sampled_from(CALLERS))
    return Case(name, operation.method.upper(), path, body, headers, slug, role)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | list) else json.dumps(value)


def _unset(value: Any) -> bool:
    return type(value).__name__ == "NotSet"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _sendable(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


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
    stage = Stage(world)
    sent = 0

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=derandomize, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases(operations, stage))
    def send(case: Case) -> None:
        nonlocal sent
        sent += 1
        stage.heal()
        if sent % 20 == 0:
            stage.refresh_ids()
        caller = Api(f"Bearer {token_of(stage.house(case.slug), case.role)}")
        path, body = stage.filled_in(case)
        answer = caller.send(case.method, path, body, **case.headers)
        stage.seen[(case.name, answer.status)] += 1
        check(case, answer, by_name, description["components"], stage)

    send()
    return stage


def summary(stage: Stage) -> dict[int, int]:
    """Status → how many."""
    found: Counter[int] = Counter()
    for (_, status), count in stage.seen.items():
        found[status] += count
    return dict(sorted(found.items()))


def never_done(stage: Stage) -> set[str]:
    """Operations that no case got to work: a fuzz that only ever meets refusals proves little."""
    done = {name for name, status in stage.seen if status < 300}
    return {told["operationId"] for methods in described()["paths"].values() for told in methods.values()} - done
