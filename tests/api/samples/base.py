"""What a sample is: one working request of a route."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.world import House

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Request:
    """One request; ``role`` is whose token it carries, '' for none."""

    method: str
    path: str
    body: Any = None
    status: int = 200
    role: str = "owner"

    @property
    def text(self) -> str:
        """Path and body as one text, in which ids can be swapped."""
        return json.dumps([self.path, self.body])

    def with_ids_of(self, other: Request) -> list[Request]:
        """This request with each of its ids in turn taken from ``other``, which has the same form."""
        own, theirs = list(UUID.finditer(self.text)), UUID.findall(other.text)
        assert len(own) == len(theirs), (self.text, other.text)
        swapped = []
        for found, foreign in zip(own, theirs, strict=True):
            path, body = json.loads(self.text[: found.start()] + foreign + self.text[found.end() :])
            swapped.append(Request(self.method, path, body, self.status, self.role))
        return swapped


@dataclass
class Sample:
    """How to make a request that works in a house."""

    make: Callable[[House], Request]
    forbidden: frozenset[str] = field(default_factory=frozenset)
    """Roles that have the route's ability and are still refused this very request, by its operation."""


SAMPLES: dict[str, Sample] = {}


def sample(name: str, *, forbidden: frozenset[str] = frozenset()) -> Callable[[Any], Any]:
    def note(make: Callable[[House], Request]) -> Callable[[House], Request]:
        SAMPLES[name] = Sample(make, forbidden)
        return make

    return note


def get(name: str, path: Callable[[House], str], role: str = "owner") -> None:
    SAMPLES[name] = Sample(lambda house: Request("GET", path(house), role=role))
