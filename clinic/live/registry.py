"""What lower rooms need from upper ones: upper rooms register here in ``ready()`` and are looked up by kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps

from clinic.core import sight
from clinic.core.access import Actor
from clinic.core.faces import uuids
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
Hears = Callable[[str], Iterable[str]]
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
    hears: Hears | None = None
    """Its key → the topics by which events ring it, where rows cannot name it from their own columns."""


@dataclass(frozen=True, slots=True)
class Notices:
    """News for the subscribers of a topic beside its documents: a short word that something concerns them."""

    events: frozenset[str]
    """Names of the events that may be worth a word."""
    hears: Hears
    """The topic's key → the topics by which those events concern it."""
    tell: Callable[[list[Event]], Mapping[int, tuple[str, str, Doc]]]
    """Events → seq → what it is called, ``insert`` or ``update``, and what it says."""


_faces: dict[str, tuple[str, Face]] = {}
_veils: dict[str, tuple[str, tuple[str, ...]]] = {}
_topics: dict[str, Topic] = {}
_notices: dict[str, Notices] = {}
_reactions: dict[str, list[tuple[str, ReactionFn]]] = defaultdict(list)
_by_name: dict[str, ReactionFn] = {}
_commands: dict[str, Command] = {}


def face(kind: str, ability: str, build: Face) -> None:
    """Register the JSON face of a kind and the ability that may read it."""
    _faces[kind] = (ability, build)


def faces() -> dict[str, tuple[str, Face]]:
    return _faces


def veil(kind: str, ability: str, *fields: str) -> None:
    """These fields of a kind's face are empty for whoever may read the rest and has not this ability."""
    _veils[kind] = (ability, fields)


def veiled(kind: str, doc: Doc, can: frozenset[str]) -> Doc:
    """A document as somebody with these abilities may read it."""
    ability, fields = _veils.get(kind, ("", ()))
    return doc if not fields or ability in can else {**doc, **dict.fromkeys(fields, "")}


def docs(
    refs: Iterable[str], can: frozenset[str], limits: sight.Departments | None = None
) -> dict[str, Doc | None]:  # fmt: skip
    """Ref → JSON face, None where it is gone; kinds without a face or an ability are left out. One load per kind.

    ``limits`` are the reader's departments (R1.2): what belongs to others is gone for them.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for ref in refs:
        kind, _, key = ref.partition(":")
        if kind in _faces and _faces[kind][0] in can:
            wanted[kind].append(key)
    found: dict[str, Doc | None] = {}
    for kind, keys in wanted.items():
        built = _faces[kind][1](shown(kind, keys, limits))
        found.update(
            {f"{kind}:{key}": veiled(kind, built[key], can) if key in built else None for key in keys}
        )  # fmt: skip
    return found


def shown(kind: str, keys: list[str], limits: sight.Departments | None) -> list[str]:
    """Those of the keys that somebody limited to these departments may see; a key that is no id names nothing."""
    model = kinds().get(kind)
    if limits is None or model is None or not sight.is_placed(model):
        return keys
    found = sight.within(model._default_manager.filter(pk__in=uuids(keys)), limits)
    seen = {str(pk) for pk in found.values_list("pk", flat=True)}
    return [key for key in keys if key in seen]


def topic(
    kind: str, ability: str, refs: Snapshot, opened: Opened | None = None, hears: Hears | None = None
) -> None:  # fmt: skip
    """Register a topic: what a subscriber gets as its snapshot, and the ability to subscribe."""
    _topics[kind] = Topic(kind, ability, refs, opened, hears)


def topics() -> dict[str, Topic]:
    return _topics


def notices(kind: str, told: Notices) -> None:
    """Register news for the subscribers of a topic of this kind."""
    _notices[kind] = told


def notices_of(kind: str) -> Notices | None:
    return _notices.get(kind)


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
