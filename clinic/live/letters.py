"""What a ward has done in a thread: read the log (the bell is only a doorbell) and render what the news concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from clinic.core.tenancy import hospital
from clinic.live.models import Event
from clinic.live.render import Want, head_of, reading, render
from clinic.live.snapshots import Snapshot

READ_AT_ONCE = 500
"""Missed events read one by one; beyond that everything watched is rendered anew."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """What the log holds since a ward last looked."""

    head: int
    topics: frozenset[str] = frozenset()
    refs: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    """Whose rights may have changed."""
    too_many: bool = False


def read(hospital_id: UUID, seen: int | None) -> News:
    """The news since ``seen``; the bells themselves are only a reason to look."""
    with hospital(hospital_id):
        if seen is None:
            return News(head_of(hospital_id))
        missed = Event.objects.filter(seq__gt=seen).order_by("seq")
        rows = list(missed.values_list("seq", "name", "topics", "subjects")[:READ_AT_ONCE])
        if len(rows) == READ_AT_ONCE:
            return News(head_of(hospital_id), too_many=True)
    topics = frozenset(topic for _, _, named, _ in rows for topic in named)
    refs = frozenset(ref for _, _, _, named in rows for ref in named)
    rights = [named for _, name, named, _ in rows if name.startswith(("membership.", "user."))]
    users = frozenset(topic for named in rights for topic in named if topic.startswith("user:"))
    return News(rows[-1][0] if rows else seen, topics, refs, users | refs)


def draw(hospital_id: UUID, language: str, wants: Sequence[Want], head: int) -> tuple[dict[Want, Snapshot], set[str]]:
    """Render kind by kind; a kind that fails is named and does not take the others with it."""
    found: dict[Want, Snapshot] = {}
    failed: set[str] = set()
    with reading():  # what several kinds show is read once: the head was read before
        for kind in dict.fromkeys(want.kind for want in wants):
            try:
                found |= render(hospital_id, language, [want for want in wants if want.kind == kind], head)
            except Exception:  # whatever a room's region raises, the others go on
                failed.add(kind)
                log.exception("region.failed", region=kind, hospital=str(hospital_id))
    return found, failed


Key = tuple[str, Want]
"""Which region: the language, and the region as an audience sees it."""


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a flush brought back: the news, and what the regions they concern look like now (None: not there)."""

    news: News
    drawn: dict[Key, Snapshot | None]
    failed: set[Key]


def flush(hospital_id: UUID, seen: int | None, shown: Mapping[Key, Snapshot | None]) -> Flushed:
    """Read the log and render what it concerns, in one go: each way to a thread and back costs as much as a query.

    ``shown`` is what is watched, with the snapshot it shows; None is rendered in any case.
    """
    news = read(hospital_id, seen)
    wanted: dict[str, list[Want]] = {}
    for (language, want), snapshot in shown.items():
        if snapshot is None or news.too_many or snapshot.rings(news.topics, news.refs):
            wanted.setdefault(language, []).append(want)
    drawn: dict[Key, Snapshot | None] = {}
    failed: set[Key] = set()
    for language, wants in wanted.items():
        found, kinds = draw(hospital_id, language, wants, news.head)
        drawn |= {(language, want): found.get(want) for want in wants if want.kind not in kinds}
        failed |= {(language, want) for want in wants if want.kind in kinds}
    return Flushed(news, drawn, failed)
