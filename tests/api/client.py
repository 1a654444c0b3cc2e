"""A small API client for tests: JSON in, JSON out, and who asks."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from clinic.tenants import auth
from tests.world import House

BASE = "/api/v1/"


class Answer:
    """What came back."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.content: bytes = response.content

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """The refusal's code; '' if it is none."""
        try:
            return str(self.json["error"]["code"])
        except (ValueError, KeyError, TypeError):
            return ""

    def header(self, name: str) -> str:
        return str(self.response.headers.get(name, ""))


class Api:
    """One caller."""

    def __init__(self, authorization: str = "", **headers: str) -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": authorization, **headers} if authorization else headers

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes | str) else json.dumps({} if body is None else body)
        sends = method in ("POST", "PATCH", "PUT")
        return Answer(
            self.client.generic(
                method, path if path.startswith("/") else BASE + path, data if sends else "",
                content_type=named.pop("Content-Type", "application/json"), headers={**self.headers, **named},
            )
        )  # fmt: skip

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send("DELETE", path, **headers)


def token_of(house: House, role: str) -> str:
    """An access token of this role's member, as a sign-in gives it."""
    return str(auth.tokens_for(house.users[role]).access_token)


def api(house: House, role: str = "owner") -> Api:
    return Api(f"Bearer {token_of(house, role)}")
