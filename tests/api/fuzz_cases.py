"""What is sent: requests made from the API's own description, with what exists put in where such things go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import strategies as st

from tests.api.fuzz_stage import Stage
from tests.world import PASSWORD

CALLERS = ("owner", "receptionist", "doctor")
KINDS = {"departments": "department", "rooms": "room", "doctors": "doctor", "patients": "patient", "visits": "visit",
         "queues": "queue", "displays": "display", "memberships": "membership", "join-codes": "join_code",
         "api-keys": "api_key", "queue/doctor": "doctor", "queue/department": "department", "queue/line": "queue",
         "queue/left": "queue", "absences": "absence", "closures": "closure", "visit-types": "visit_type",
         "doctor-visit-types": "doctor_visit_type", "doctor-departments": "doctor_department",
         "invitations": "invitation", "messages": "patient_message", "appointments": "appointment",
         "series": "series", "waitlist": "waitlist_entry",
         "patient": "patient", "department": "department", "room": "room", "doctor": "doctor", "queue": "queue",
         "visit": "visit", "membership": "membership", "appointment": "appointment", "type": "visit_type",
         "gone": "patient", "merge": "patient_merge", "er/patients": "er_visit", "er/beds": "bed",
         "er/sections": "er_section", "bed": "bed", "to": "bed", "section": "er_section", "nurse": "doctor",
         "provider": "doctor", "triage": "triage"}  # fmt: skip
"""First part of an address, or name of a field → the kind whose ids go there."""
TOKENS = {"invitation": ("{invite}", "{own_invite}"), "confirm": ("{confirm}",), "password-reset": ("{reset}",),
          "waiting-room": ("{display}",), "check-in": ("{coming}",), "appointments": ("{status}", "{booking}"),
          "": ("{display}", "{status}")}  # fmt: skip
"""What an address has in it → the tokens that its links carry."""
GOOD = {"password": PASSWORD, "time_zone": "Europe/Paris", "birth_date": "1980-05-17", "code": "{code}",
        "refresh": "{refresh}", "starts_at": "{start}", "date": "{soon}", "first_day": "{today}", "last_day": "{soon}",
        "since": "{today}", "until": "{soon}", "service_day": "{today}", "rule": "FREQ=WEEKLY;COUNT=3",
        "phone": "+1 555 0199 2244", "invitation": "{invite}", "join_code": "{join}", "start": "08:00",
        "end": "17:00", "latitude": "48.85", "longitude": "2.35"}  # fmt: skip
"""Field → a value that has a chance to work where a random text has none."""
AS_DRAWN, NEAR, UNTRIED = "as drawn", "near a sample", "what never worked"


@dataclass(frozen=True)
class Case:
    """One request, and who sends it. Near a sample it is a request that works, with something of this one in it."""

    name: str
    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    slug: str
    role: str
    way: str = AS_DRAWN
    place: int = 0


def kind_of(path: str, name: str) -> str:
    parts = path.removeprefix("/api/v1/").split("/")
    by_path = KINDS.get("/".join(parts[:2])) or KINDS.get(parts[0], "")
    if name == "hold":
        return "appointment" if by_path == "appointment" else ""
    if name == "visit" and parts[0] == "er":
        return "er_visit"
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
                tokens = next(tokens for part, tokens in TOKENS.items() if part in self.path)
                return str(self.draw(st.sampled_from(tokens)))
            case "email":
                mail = self.draw(st.sampled_from(["nurse@{slug}.example", "owner@{slug}.example", "{new}@new.example"]))
                return str(mail).replace("{slug}", self.slug)
            case "topics":
                return f"reception,queue:{self._known('queue')}"
            case "slug" | "hospital":
                return self.slug
        return GOOD.get(name, "")

    def _known(self, kind: str) -> str:
        other = "hilltop" if self.slug == "harbor" else "harbor"
        whose = self.draw(st.sampled_from([self.slug] * 5 + [other]))
        held = self.stage.ids[whose].get(kind) or [""]
        return held[self.draw(st.integers(0, 9_999)) % len(held)]  # what is held grows; what is drawn must not change


@st.composite
def cases(draw: Any, operations: list[Any], stage: Stage) -> Case:
    """A case of any operation, right or wrong, with ids that exist in most places where ids go."""
    operation = draw(st.sampled_from(operations))
    name, role = operation.definition.raw["operationId"], draw(st.sampled_from(CALLERS))
    slug = draw(st.sampled_from(["harbor", "harbor", "harbor", "hilltop"]))
    way, place = draw(st.sampled_from([AS_DRAWN, AS_DRAWN, NEAR, UNTRIED])), draw(st.integers(0, 9_999))
    modes = schemathesis.GenerationMode
    made = draw(operation.as_strategy(generation_mode=draw(st.sampled_from([modes.POSITIVE, modes.NEGATIVE]))))
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
    return Case(name, operation.method.upper(), path, body, headers, slug, role, way, place)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | list) else json.dumps(value)


def _unset(value: Any) -> bool:
    return type(value).__name__ == "NotSet"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _sendable(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()
