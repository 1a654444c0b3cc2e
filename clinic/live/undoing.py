"""Taking an act back by the log alone (R3.19): who may, until when, and the values its rows had before.

Rooms say which events can be taken back and what becomes of the rows an act inserted.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db.models import ForeignKey

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Conflict, Forbidden, NotAllowed, NotFound
from clinic.core.nouns import Versioned, split_ref
from clinic.live import registry
from clinic.live.models import Event, EventDetail, EventRef
from clinic.live.record import change

Fields = dict[str, list[Any]]


def act_of(seq: int, *, leaving: Iterable[str] = ()) -> list[Event]:
    """All events of the operation that event ``seq`` belongs to, the newest first, but those with these names."""
    told = Event.objects.filter(seq=seq).first()
    if told is None:
        raise NotFound()
    return list(Event.objects.filter(op=told.op).exclude(name__in=list(leaving)).order_by("-seq"))


def last_of(row: Versioned, harmless: Iterable[str]) -> int:
    """The seq of the newest event about this row, but a harmless one: what an undo could be meant for."""
    seqs = EventRef.objects.filter(ref=row.ref).values("seq")
    last = Event.objects.filter(seq__in=seqs).exclude(name__in=list(harmless)).order_by("-seq").first()
    if last is None:
        raise NotFound()
    return int(last.seq)


def one_of(row: Versioned, seq: int) -> int:
    """``seq`` if it is an event about this row."""
    if not EventRef.objects.filter(ref=row.ref, seq=seq).exists():
        raise NotFound()
    return seq


def must_see(events: Iterable[Event], kinds: Iterable[str], actor: Actor) -> None:
    """NotFound where an event is about what belongs to another department (R1.2)."""
    refs = [ref for event in events for ref in event.subjects]
    for kind in kinds:
        keys = [split_ref(ref)[1] for ref in refs if split_ref(ref)[0] == kind]
        if len(registry.shown(kind, keys, actor.departments)) < len(keys):
            raise NotFound()


def must_be_theirs(events: list[Event], actor: Actor, *, unless: str) -> None:
    """Refuse whoever did not do it and lacks the ability ``unless``."""
    if events[0].actor["id"] != actor.id and not actor.can(unless):
        raise Forbidden("undo.not_yours")


def must_be_fresh(events: list[Event], seconds: int) -> None:
    """Refuse what happened more than so many seconds ago."""
    if clock.now() - events[-1].at > timedelta(seconds=seconds):
        raise NotAllowed("undo.too_late", seconds=seconds)


def must_be_untouched(events: list[Event], touching: tuple[str, ...], harmless: Iterable[str]) -> None:
    """Refuse where a later event, but a harmless one, is about a subject whose reference begins like ``touching``."""
    refs = {ref for event in events for ref in event.subjects if ref.startswith(touching)}
    later = EventRef.objects.filter(ref__in=refs, seq__gt=events[0].seq).values("seq")
    if Event.objects.filter(seq__in=later).exclude(name__in=list(harmless)).exists():
        raise NotAllowed("undo.touched")


def changes_of(event: Event) -> Iterator[tuple[str, str, Fields]]:
    """Each changed row: its reference, what was done (insert, update, delete), and its fields with their values before
    and after, personal ones included."""
    detail = EventDetail.objects.filter(seq=event.seq).first()
    hidden = detail.values if detail else {}
    for ref, told in event.changes.items():
        yield ref, told["op"], {**told["fields"], **hidden.get(ref, {})}


def row_of(ref: str) -> Versioned:
    """The row, held until the operation ends."""
    kind, key = split_ref(ref)
    row: Versioned = registry.kinds()[kind]._base_manager.select_for_update(no_key=True).get(pk=key)
    return row


def restore(row: Versioned, told: Fields, *, anyway: Container[str] = ()) -> None:
    """Give the row the values it had before; refuses where one is not what the act made it, except ``anyway``: columns
    that the clock may have changed since, which was nobody's act."""
    before: dict[str, Any] = {}
    for name, (old, new) in told.items():
        column = next(f for f in row._meta.concrete_fields if f.attname == name)
        if name not in anyway and getattr(row, column.attname) != column.to_python(new):
            raise Conflict("undo.touched")
        value = column.to_python(old)
        if isinstance(column, ForeignKey) and value is not None:
            value = column.related_model._base_manager.get(pk=value)
        before[column.name] = value
    change(row, **before)
