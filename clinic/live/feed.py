"""What integrations are told: snapshots of topics, and the events since one. Stream, SSE and pullers send the same.

A delta is the snapshot restricted to the event's subjects: both read the resource's one JSON face, when they are sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core import sight
from clinic.core.access import Actor
from clinic.core.errors import Forbidden, Invalid, NotFound, say
from clinic.core.faces import uuids
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
PLACE = "department:"
"""The topic by which an event says which departments it concerns."""
LINE = "queue:"
"""And the one by which it says in which lines."""

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

    def heard(self) -> set[str]:
        """The topics of events that concern it."""
        hears = registry.topics()[self.kind].hears
        return {self.topic} if hears is None else {self.topic, *hears(self.key)}


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
    """Let the rooms know who opened these topics; called before anything in them is shown.

    NotFound for a topic of a department that the actor is not of (R1.2).
    """
    named = list(subs)
    asked = [(told, sub.key) for sub in named if (told := registry.topics()[sub.kind].opened) is not None]
    if asked or actor.departments is not None:
        _inside(hospital_id, lambda: _open(named, asked, actor))


def _open(subs: Iterable[Subscription], asked: Iterable[tuple[registry.Opened, str]], actor: Actor) -> None:
    _must_see(subs, actor)
    for told, key in asked:
        told(key, actor)


def _must_see(subs: Iterable[Subscription], actor: Actor) -> None:
    for sub in subs:
        if sub.key and sub.kind != "me" and not registry.shown(sub.kind, [sub.key], actor.departments):
            raise NotFound("live.no_topic", topic=sub.name)


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


def snapshot(
    hospital_id: UUID, subs: Iterable[Subscription], can: frozenset[str], limits: sight.Departments | None = None
) -> Message:  # fmt: skip
    """``{"snapshot": {ref: doc}, "seq", "topics"}``: everything up to ``seq`` is in it."""
    wanted = list(subs)

    def read() -> Message:
        seq = head_of(hospital_id)  # before the rows: whatever comes in between is told again as an event
        refs = dict.fromkeys(ref for sub in wanted for ref in sub.refs())
        docs = registry.docs(refs, can, limits)
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


def missed(
    hospital_id: UUID, subs: Iterable[Subscription], can: frozenset[str], since: int,
    limits: sight.Departments | None = None,
) -> Batch:  # fmt: skip
    """The next events after ``since`` (at most ``AT_ONCE``) as messages; ``limits``: the reader's departments."""
    wanted = list(subs)
    return _inside(hospital_id, lambda: _missed(hospital_id, wanted, can, since, limits))


def _missed(
    hospital_id: UUID, subs: list[Subscription], can: frozenset[str], since: int, limits: sight.Departments | None
) -> Batch:  # fmt: skip
    head = head_of(hospital_id)
    events = list(Event.objects.filter(seq__gt=since, seq__lte=head).order_by("seq")[:AT_ONCE])
    upto = events[-1].seq if events else max(since, head)
    topics = {topic for sub in subs for topic in sub.heard()}
    relevant = [event for event in events if not topics.isdisjoint(event.topics)]
    if limits is not None:
        lines = _own_lines(relevant, limits)
        relevant = [event for event in relevant if _concerns(event, limits, lines)]
    stop = next((event for event in relevant if event.name.rpartition(".")[2] == RESYNCED), None)
    if stop is not None:
        relevant = relevant[: relevant.index(stop)]
        upto = stop.seq - 1
    told = {event.seq: event for event in events if event.seq <= upto}
    words = _notices(subs, list(told.values()))
    docs = registry.docs({ref for event in relevant for ref in event.subjects}, can, limits)
    teller = _Teller(subs, docs, _elsewhere(docs, limits), limits)
    deltas = {event.seq: list(teller.tell(event)) for event in relevant}
    messages = [
        message for seq, event in told.items() for message in _of_event(event, words.get(seq), deltas.get(seq, []))
    ]
    return Batch(messages, upto, head, stop is not None)


def _notices(subs: Iterable[Subscription], events: list[Event]) -> dict[int, tuple[str, str, registry.Doc]]:
    """The short news that some topics tell beside their documents, by the seq of the event they are about."""
    found: dict[int, tuple[str, str, registry.Doc]] = {}
    for sub in subs:
        notices = registry.notices_of(sub.kind)
        asked = [event for event in events if notices is not None and event.name in notices.events]
        if notices is None or not asked:
            continue
        heard = set(notices.hears(sub.key))
        found |= notices.tell([event for event in asked if not heard.isdisjoint(event.topics)])
    return found


def _of_event(event: Event, word: tuple[str, str, registry.Doc] | None, deltas: list[Message]) -> list[Message]:
    """A notice comes before the documents of its event, so that the last message carries the seq to go on from."""
    if word is None:
        return deltas
    name, op, doc = word
    body = {
        "seq": event.seq, "event": name, "type": "notification", "op": op, "doc": doc, "at": event.at.isoformat(),
        "actor": event.actor, "last": not deltas,
    }  # fmt: skip
    return [Message(body, None if deltas else event.seq), *deltas]


def _own_lines(events: Iterable[Event], limits: sight.Departments) -> set[str]:
    """The topics of lines of these departments: whoever stands there may have a token of another one."""
    named = {topic.removeprefix(LINE) for event in events for topic in event.topics if topic.startswith(LINE)}
    return {f"{LINE}{key}" for key in registry.shown("queue", sorted(named), limits)} if named else set()


def _concerns(event: Event, limits: sight.Departments, lines: set[str]) -> bool:
    """Whether somebody limited to departments is told of it: it names one of theirs or a line there, or none."""
    named = {topic.removeprefix(PLACE) for topic in event.topics if topic.startswith(PLACE)}
    placed = named or any(topic.startswith(LINE) for topic in event.topics)  # an appointment names its line only
    return not placed or any(str(pk) in named for pk in limits) or not lines.isdisjoint(event.topics)


def _elsewhere(docs: Mapping[str, registry.Doc | None], limits: sight.Departments | None) -> frozenset[str]:
    """Refs of rows that are there and that somebody limited to these departments may not see (R1.2)."""
    hidden: dict[str, list[str]] = defaultdict(list)
    for ref in [ref for ref, doc in docs.items() if doc is None and limits is not None]:
        kind, key = split_ref(ref)
        if kind in registry.kinds() and sight.is_placed(registry.kinds()[kind]):
            hidden[kind].append(key)
    return frozenset(
        f"{kind}:{pk}"
        for kind, keys in hidden.items()
        for pk in registry.kinds()[kind]._default_manager.filter(pk__in=uuids(keys)).values_list("pk", flat=True)
    )


@dataclass(slots=True)
class _Teller:
    """Makes an event's messages; what is in a topic is read once per batch."""

    subs: list[Subscription]
    docs: dict[str, registry.Doc | None]
    elsewhere: frozenset[str] = frozenset()
    """Of other departments than the reader's."""
    limits: sight.Departments | None = None
    members: dict[str, set[str]] = field(default_factory=dict)

    def tell(self, event: Event) -> Iterator[Message]:
        told = [ref for ref in event.subjects if ref in self.docs and not self._is_foreign(ref, event)]
        for ref in told:
            last = ref == told[-1]
            yield Message(self._delta(event, ref) | {"last": last}, event.seq if last else None)

    def _is_foreign(self, ref: str, event: Event) -> bool:
        """Whether the reader never had this row: only what left their departments with this event is told as gone."""
        if ref not in self.elsewhere:
            return False
        model = registry.kinds()[split_ref(ref)[0]]
        column = sight.placed_by(model)
        if column is None:
            return False
        pointer: Any = model._meta.get_field(column)
        before = event.changes.get(ref, {}).get("fields", {}).get(pointer.attname, [None])[0]
        return before is None or not registry.shown(pointer.related_model.kind, [str(before)], self.limits)

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
