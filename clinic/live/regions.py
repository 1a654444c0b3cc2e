"""Regions: named pieces of a page that stay right by themselves.

A room registers its regions in ``ready()``. The page's first render and every push are the same ``render`` here, from
the same caches, without request or user: under the hospital, its address and time zone, and the reader's language.

The author of a region writes one function::

    def load(keys: Sequence[str]) -> dict[str, Loaded]:      # one or two queries for all keys
        ...
    regions.register(Region(kind="line", ability="queues.view", template="queues/_line.html",
                            row_template="queues/_wait.html", load=load))

A key that is not there is left out. Rows and context are frozen dataclasses of plain values: *everything the template
may show, and nothing else*, because the value is the cache key. What differs by the reader is told by ``can``, the
reader's abilities among ``audience``. What passes with time is not shown but stamped, and ticks in the browser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpRequest
from django.utils import translation

from clinic.core.access import VISITOR, Actor
from clinic.core.errors import Forbidden, NotFound
from clinic.core.tenancy import require_hospital_id
from clinic.live.render import LIMIT, Loaded, Region, Row, Want, head_of, kinds, register, render
from clinic.live.render import reading as sharing
from clinic.live.snapshots import Snapshot

__all__ = [
    "Loaded", "Name", "Region", "Row", "audience_of", "html", "kinds", "may_watch", "parse", "prefetch",
    "reading", "register", "uuids",
]  # fmt: skip


class Name(NamedTuple):
    """``line:7``, or ``line:7#12`` for one row."""

    kind: str
    key: str
    row: str = ""

    @property
    def region(self) -> str:
        return f"{self.kind}:{self.key}"

    def __str__(self) -> str:
        return f"{self.region}#{self.row}" if self.row else self.region


def parse(name: str) -> Name | None:
    """The parts of a name; None if it is not one or no region is registered under it."""
    base, _, row = name.partition("#")
    kind, _, key = base.partition(":")
    if kind not in kinds() or not key or len(name) > 120 or not name.isprintable():
        return None
    if "#" in name and not (row and kinds()[kind].row_template):
        return None
    return Name(kind, key, row)


def may_watch(actor: Actor, name: Name, names: frozenset[str] | None = None) -> bool:
    """Whether the actor may see this region; ``names`` are those a public token opens."""
    region = kinds()[name.kind]
    if names is not None:
        return region.public and (str(name) in names or name.region in names)
    if region.personal and name.key != own_key(actor, name.kind, name.key.partition(OWN)[0]):
        return False
    return actor.can(region.ability) and (region.allow is None or region.allow(actor, name.key))


OWN = "@"


def own_key(actor: Actor, kind: str, key: str) -> str:
    """The key under which this reader is shown the region: the own one, if they are limited to departments (R1.2)."""
    limited = kinds()[kind].personal and actor.departments is not None
    return f"{key}{OWN}{actor.id}" if limited else key


def audience_of(actor: Actor, kind: str) -> frozenset[str]:
    """What of the reader changes the region: some abilities, and the departments they are limited to (R1.2)."""
    region = kinds()[kind]
    can = actor.abilities & region.audience
    if actor.departments is None or region.everywhere or region.personal:
        return can
    return can | {f"{LIMIT}{pk}" for pk in actor.departments}


def uuids(keys: Iterable[str]) -> dict[UUID, str]:
    """The keys that are ids, id → key: for ``filter(pk__in=…)``; others name nothing."""
    found: dict[UUID, str] = {}
    for key in keys:
        try:
            found[UUID(key)] = key
        except ValueError:
            continue
    return found


# --- on a page -----------------------------------------------------------------------------------------------------


def prefetch(request: HttpRequest, names: Iterable[tuple[str, Any]]) -> None:
    """Load the regions a page is about to show, each kind once: ``prefetch(request, [("line", id), …])``."""
    shown = _shown(request)
    actor: Actor = getattr(request, "actor", None) or VISITOR
    wanted = []
    for kind, key in names:
        name = Name(kind, own_key(actor, kind, str(key)))
        region = kinds()[kind]
        if not (region.public or may_watch(actor, name)):
            raise Forbidden("access.denied", ability=region.ability)
        if name.region not in shown:
            wanted.append(Want(kind, name.key, audience_of(actor, kind)))
    if wanted:
        # The first head read in a request serves all its regions: an older one only promises less than it holds.
        seq = next((snapshot.seq for snapshot in shown.values()), getattr(request, "_head", None))
        found = render(require_hospital_id(), translation.get_language() or "", wanted, seq)
        shown.update({snapshot.name: snapshot for snapshot in found.values()})


@contextmanager
def reading(request: HttpRequest) -> Iterator[None]:
    """A page that needs facts of its regions itself reads them with theirs, after the head of the log."""
    request._head = head_of(require_hospital_id())  # type: ignore[attr-defined]
    with sharing():
        yield


def html(request: HttpRequest, kind: str, key: Any, row: Any = "") -> str:
    """What the page shows of a region, or of one row of it; raises NotFound for a key that is not there."""
    actor: Actor = getattr(request, "actor", None) or VISITOR
    name = Name(kind, own_key(actor, kind, str(key)), str(row))
    prefetch(request, [(kind, key)])
    snapshot = _shown(request).get(name.region)
    if snapshot is None:
        raise NotFound()
    return snapshot.row_html(name.row) if name.row else snapshot.html


def _shown(request: HttpRequest) -> dict[str, Snapshot]:
    shown: dict[str, Snapshot] | None = getattr(request, "_regions", None)
    if shown is None:
        shown = {}
        request._regions = shown  # type: ignore[attr-defined]
    return shown
