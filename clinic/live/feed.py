"""What integrations are told: snapshots of topics, and the events since one. Stream, SSE and pullers send the same.

A delta is the snapshot restricted to the event's subjects: both read the resource's one JSON face, when they are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core.access import Actor
from clinic.core.errors import Forbidden, Invalid, NotFound, say
from clinic.core.nouns import split_ref
from clinic.live import doors, registry
from clinic.live.models import Event
from clinic.live.render import Scope, head_of, within
from clinic.live.snapshots import as_json

HELD = 5_000
"""Missed events that are still told one by one; who is further behind gets a snapshot."""
AT_ONCE = 200
"""Events read at once, so that a long catch-up neither holds a thread nor fills the memory."""
RESYNCED = "resynced"
"""``directory.resynced``: a bulk import, after which subscribers of its topics take a new snapshot."""
MOST_TOPICS = 100

T = TypeVar("T")

say({"live.no_topic": _("There is no such topic."), "live.too_many_topics": _("Too many topics at once.")})


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic as somebody subscribed to it."""

    name: str
    topic: str
    """The topic events name: ``me`` is ``user:<id>``."""
    kind: str
    key: str

    def refs(self) -> list[str]:
        """What is in it now, in order."""
        return list(registry.topics()[self.kind].refs(self.key))


def subscription(name: object, actor: Actor) -> Subscription:
    """The topic of this name; raises NotFound or Forbidden. Another hospital's id is a topic with nothing in it."""
    kind, _, key = str(name).partition(":")
    topic = registry.topics().get(kind)
    if not isinstance(name, str) or topic is None or len(name) > 80 or not name.isascii() or not name.isprintable():
        raise NotFound("live.no_topic", topic=str(name)[:80])
    if not actor.can(topic.ability):
        raise Forbidden("access.denied", ability=topic.ability)
    if kind == "me":
        if key or actor.user_id is None:
            raise NotFound("live.no_topic", topic=name)
        return Subscription(name, f"user:{actor.user_id}", kind, str(actor.user_id))
    return Subscription(name, name, kind, key)


def subscriptions(names: Sequence[object], actor: Actor) -> dict[str, Subscription]:
    """All of them, or the first refusal."""
    if len(names) > MOST_TOPICS:
        raise Invalid("live.too_many_topics", most=MOST_TOPICS)
    return {found.name: found for found in (subscription(name, actor) for name in names)}


def opened(hospital_id: UUID, subs: Iterable[Subscription], actor: Actor) -> None:
    """Let the rooms know who opened these topics; called before anything in them is shown."""
    asked = [(told, sub.key) for sub in subs if (told := registry.topics()[sub.kind].opened) is not None]
    if asked:
        _inside(hospital_id, lambda: [told(key, actor) for told, key in asked])


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``seq`` is set where a client may resume from: on the last message of an event, and a snapshot."""

    body: dict[str, Any]
    seq: int | None

    @property
    def text(self) -> str:
        return as_json(self.body)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read: the messages, up to which seq, and the head of the log at that time."""

    messages: list[Message]
    upto: int
    head: int
    resync: bool = False
    """The next event after ``upto`` asks for a snapshot instead."""


def snapshot(hospital_id: UUID, subs: Iterable[Subscription], can: frozenset[str]) -> Message:
    """``{"snapshot": {ref: doc}, "seq", "topics"}``: everything up to ``seq`` is in it."""
    wanted = list(subs)

    def read() -> Message:
        seq = head_of(hospital_id)  # before the rows: whatever comes in between is told again as an event
        refs = dict.fromkeys(ref for sub in wanted for ref in sub.refs())
        docs = registry.docs(refs, can)
        shown = {ref: doc for ref in refs if (doc := docs.get(ref)) is not None}
        return Message({"snapshot": shown, "seq": seq, "topics": [sub.name for sub in wanted]}, seq)

    return _inside(hospital_id, read)


def board(hospital_id: UUID, purpose: str, target: str) -> Message:
    """What a public link shows, as one message."""

    def read() -> Message:
        seq = head_of(hospital_id)
        doc = doors.told(purpose, target)
        return Message({"seq": seq, "event": f"{purpose}.shown", "type": purpose, "op": "update", "doc": doc}, seq)

    return _inside(hospital_id, read)


def is_held(hospital_id: UUID, since: int) -> bool:
    """Whether every event after ``since`` can still be told one by one."""

    def ask() -> bool:
        head = head_of(hospital_id)
        if not 0 <= head - since <= HELD:
            return False
        oldest = Event.objects.order_by("seq").values_list("seq", flat=True).first()
        return oldest is None or oldest <= since + 1

    return _inside(hospital_id, ask)


def missed(hospital_id: UUID, subs: Iterable[Subscription], can: frozenset[str], since: int) -> Batch:
    """The next events after ``since`` (at most ``AT_ONCE``) as messages."""
    wanted = list(subs)
    return _inside(hospital_id, lambda: _missed(hospital_id, wanted, can, since))


def _missed(hospital_id: UUID, subs: list[Subscription], can: frozenset[str], since: int) -> Batch:
    head = head_of(hospital_id)
    events = list(Event.objects.filter(seq__gt=since, seq__lte=head).order_by("seq")[:AT_ONCE])
    upto = events[-1].seq if events else max(since, head)
    topics = {sub.topic for sub in subs}
    relevant = [event for event in events if not topics.isdisjoint(event.topics)]
    stop = next((event for event in relevant if event.name.rpartition(".")[2] == RESYNCED), None)
    if stop is not None:
        relevant = relevant[: relevant.index(stop)]
        upto = stop.seq - 1
    teller = _Teller(subs, registry.docs({ref for event in relevant for ref in event.subjects}, can))
    messages = [message for event in relevant for message in teller.tell(event)]
    return Batch(messages, upto, head, stop is not None)


@dataclass(slots=True)
class _Teller:
    """Makes an event's messages; what is in a topic is read once per batch."""

    subs: list[Subscription]
    docs: dict[str, registry.Doc | None]
    members: dict[str, set[str]] = field(default_factory=dict)

    def tell(self, event: Event) -> Iterator[Message]:
        told = [ref for ref in event.subjects if ref in self.docs]
        for ref in told:
            last = ref == told[-1]
            yield Message(self._delta(event, ref) | {"last": last}, event.seq if last else None)

    def _delta(self, event: Event, ref: str) -> dict[str, Any]:
        doc = self.docs[ref] if self._is_in(ref, event) else None
        op = "delete" if doc is None else "insert" if event.changes.get(ref, {}).get("op") == "insert" else "update"
        return {
            "seq": event.seq, "event": event.name, "type": split_ref(ref)[0], "ref": ref, "op": op, "doc": doc,
            "at": event.at.isoformat(), "actor": event.actor,
        }  # fmt: skip

    def _is_in(self, ref: str, event: Event) -> bool:
        """Whether the subject is in any topic subscribed to; those the event names are asked first."""
        for sub in sorted(self.subs, key=lambda each: each.topic not in event.topics):
            if sub.name not in self.members:
                self.members[sub.name] = set(sub.refs())
            if ref in self.members[sub.name]:
                return True
        return False


def _inside(hospital_id: UUID, read: Callable[[], T]) -> T:
    place = doors.place(hospital_id)
    return within(hospital_id, Scope(place.prefix, place.time_zone, place.language), read)
