"""What lower rooms need from upper ones: upper rooms register here in ``ready()`` and are looked up by kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps

from clinic.core.access import Actor
from clinic.core.nouns import Versioned

if TYPE_CHECKING:
    from clinic.live.models import Event

Doc = dict[str, Any]
Face = Callable[[list[str]], Mapping[str, Doc]]
"""Ids → id → the resource's one JSON face, as REST, stream and webhooks show it. Missing ids are left out."""
Snapshot = Callable[[str], Iterable[str]]
"""Topic key → the refs that are in it now, in order."""
Opened = Callable[[str, Actor], None]
"""Topic key, and who opened it."""
ReactionFn = Callable[["Event"], None]
Command = Callable[..., Any]

LABEL_LENGTH = 80
"""Characters of ``Reaction.name``."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A subscribable topic of the JSON stream: ``queue:<id>``, ``er``, …"""

    kind: str
    ability: str
    refs: Snapshot
    opened: Opened | None = None
    """Called when somebody is about to be shown what is in it: for records whose readers are written down."""


_faces: dict[str, tuple[str, Face]] = {}
_topics: dict[str, Topic] = {}
_reactions: dict[str, list[tuple[str, ReactionFn]]] = defaultdict(list)
_by_name: dict[str, ReactionFn] = {}
_commands: dict[str, Command] = {}


def face(kind: str, ability: str, build: Face) -> None:
    """Register the JSON face of a kind and the ability that may read it."""
    _faces[kind] = (ability, build)


def faces() -> dict[str, tuple[str, Face]]:
    return _faces


def docs(refs: Iterable[str], can: frozenset[str]) -> dict[str, Doc | None]:
    """Ref → JSON face, None where it is gone; kinds without a face or an ability are left out. One load per kind."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for ref in refs:
        kind, _, key = ref.partition(":")
        if kind in _faces and _faces[kind][0] in can:
            wanted[kind].append(key)
    found: dict[str, Doc | None] = {}
    for kind, keys in wanted.items():
        built = _faces[kind][1](keys)
        found.update({f"{kind}:{key}": built.get(key) for key in keys})
    return found


def topic(kind: str, ability: str, refs: Snapshot, opened: Opened | None = None) -> None:
    """Register a topic: what a subscriber gets as its snapshot, and the ability to subscribe."""
    _topics[kind] = Topic(kind, ability, refs, opened)


def topics() -> dict[str, Topic]:
    return _topics


def command(name: str, run: Command) -> None:
    """Register a stream command: ``run(actor=…, **args)`` calls one operation."""
    _commands[name] = run


def commands() -> dict[str, Command]:
    return _commands


def on(*names: str) -> Callable[[ReactionFn], ReactionFn]:
    """``@on("visit.completed")``: run after commit, at least once; the function is idempotent by (event, reaction)."""

    def register(fn: ReactionFn) -> ReactionFn:
        label = f"{fn.__module__}.{fn.__qualname__}"
        if len(label) > LABEL_LENGTH:
            raise ValueError(f"the name of a reaction is too long for its column: {label}")
        _by_name[label] = fn
        for name in names:
            if all(known != label for known, _ in _reactions[name]):
                _reactions[name].append((label, fn))
        return fn

    return register


def reactions_to(name: str) -> list[str]:
    return [label for label, _ in _reactions.get(name, ())]


def reaction(label: str) -> ReactionFn | None:
    return _by_name.get(label)


@cache
def kinds() -> dict[str, type[Versioned]]:
    """Kind → model, for every versioned model of ours."""
    found: dict[str, type[Versioned]] = {}
    for model in apps.get_models():
        if issubclass(model, Versioned) and model.kind:
            if model.kind in found:
                raise ValueError(f"two models call themselves {model.kind}")
            found[model.kind] = model
    return found
