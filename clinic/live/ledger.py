"""How events are put into the log tables: the draft, its digests, the chain, and the flush under the clock row."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from clinic.core import plans
from clinic.core.access import Actor
from clinic.core.nouns import Versioned
from clinic.core.tenancy import hospital
from clinic.live import registry
from clinic.live.models import GENESIS, Clock, Event, EventDetail, EventRef, Reaction

AT_ONCE = 200
"""So many events are folded in one statement; more of one operation are several, and count as several operations."""
SECRET = "•"  # noqa: S105 (a mark, not a secret)
"""What the log keeps of an unlogged field (a password's hash): that it changed."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """What one operation did to one row, not yet recorded."""

    op: str
    fields: dict[str, list[Any]]
    topics: frozenset[str]
    personal: frozenset[str]

    def then(self, later: RowChange) -> RowChange:
        """Both changes as one: the first ``before`` and the last ``after`` of each field."""
        fields = {**self.fields}
        for name, (before, after) in later.fields.items():
            fields[name] = [fields[name][0] if name in fields else before, after]
        op = {("insert", "update"): "insert", ("update", "delete"): "delete"}.get((self.op, later.op), later.op)
        return RowChange(op, fields, self.topics | later.topics, self.personal)

    def public(self) -> dict[str, Any]:
        open_fields = {name: pair for name, pair in self.fields.items() if name not in self.personal}
        hidden = sorted(self.personal & self.fields.keys())
        return {"op": self.op, "fields": open_fields, **({"personal": hidden} if hidden else {})}

    def hidden(self) -> dict[str, list[Any]]:
        return {name: pair for name, pair in self.fields.items() if name in self.personal}


@dataclass(slots=True)
class Draft:
    """An event before it has its seq."""

    hospital_id: UUID
    name: str
    at: datetime
    subjects: tuple[str, ...]
    topics: tuple[str, ...]
    rows: dict[str, RowChange]
    reason: str
    actor: Actor | None = None
    """Who, where it is not the operation's own actor."""
    is_past: bool = False
    """Written down long after: nothing follows from it any more."""
    salt: str = field(default_factory=lambda: secrets.token_hex(16))

    def changes(self) -> dict[str, Any]:
        return {ref: row.public() for ref, row in self.rows.items()}

    def detail(self) -> dict[str, Any]:
        return {ref: hidden for ref, row in self.rows.items() if (hidden := row.hidden())}


@dataclass(frozen=True, slots=True)
class Written:
    """A flushed batch of one hospital."""

    hospital_id: UUID
    drafts: Sequence[Draft]
    seqs: list[int]
    reactions: bool


def logged(row: Versioned, name: str, value: Any) -> Any:
    """A field's value as JSON keeps it; ``restored`` reads it back."""
    if name in row.unlogged:
        return None if value is None else SECRET
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date() | time():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case _:
            return value


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value that digests are taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def detail_digest(salt: str, detail: dict[str, Any], reason: str) -> str:
    return sha(salt.encode(), canonical({"values": detail, "reason": reason}))


def event_digest(
    *, name: str, at: datetime, actor: dict[str, str], subjects: Sequence[str], topics: Sequence[str], step: int,
    salt: str, changes: dict[str, Any], detail: str,
) -> str:  # fmt: skip
    """Digest of one event without its place in the log; ``step`` is its place in its operation, ``detail`` the
    detail's own salted digest.
    """
    when, told = at.astimezone(UTC).isoformat(), sha(salt.encode(), canonical(changes))
    return sha(canonical([name, when, actor, list(subjects), list(topics), step, told, detail]))


def link(head: str, seq: int, digest: str) -> str:
    """The chain's next head."""
    return sha(bytes.fromhex(head), seq.to_bytes(8, "big"), bytes.fromhex(digest))


def write(which: UUID, actor: Actor, drafts: Sequence[Draft]) -> Written:
    """Write the events of one hospital, taking its clock row as the last lock. Called inside the transaction."""
    seqs: list[int] = []
    reacts = False
    for start in range(0, len(drafts), AT_ONCE):
        told = drafts[start : start + AT_ONCE]
        rows = [_row(draft.actor or actor, draft, step) for step, draft in enumerate(told)]
        follows = [
            (n, label) for n, draft in enumerate(told) if not draft.is_past
            for label in registry.reactions_to(draft.name)
        ]  # fmt: skip
        with hospital(which):
            flush = _flush_postgresql if connection.vendor == "postgresql" else _flush_portable
            top = flush(which, rows, follows)
        seqs += range(top - len(rows) + 1, top + 1)
        reacts = reacts or bool(follows)
    return Written(which, drafts, seqs, reacts)


def _row(actor: Actor, draft: Draft, step: int) -> dict[str, Any]:
    face, changes, detail = actor.face(), draft.changes(), draft.detail()
    hidden = detail_digest(draft.salt, detail, draft.reason)
    digest = event_digest(
        name=draft.name, at=draft.at, actor=face, subjects=draft.subjects, topics=draft.topics, step=step,
        salt=draft.salt, changes=changes, detail=hidden,
    )  # fmt: skip
    return {
        "name": draft.name, "at": draft.at, "actor": face, "subjects": list(draft.subjects),
        "topics": list(draft.topics), "changes": changes, "reason": draft.reason, "salt": draft.salt,
        "detail_digest": hidden, "digest": digest, "detail": detail,
    }  # fmt: skip


def _flush_portable(which: UUID, rows: list[dict[str, Any]], reacts: list[tuple[int, str]]) -> int:
    if not Clock.objects.filter(pk=which).update(seq=F("seq") + len(rows)):
        Clock.objects.bulk_create([Clock(hospital_id=which)], ignore_conflicts=True)
        Clock.objects.filter(pk=which).update(seq=F("seq") + len(rows))
    clock = Clock.objects.get(pk=which)
    first, head = clock.seq - len(rows) + 1, clock.head
    events, refs, details = [], [], []
    for seq, row in enumerate(rows, first):
        head = link(head, seq, row["digest"])
        detail = row.pop("detail")
        events.append(Event(hospital_id=which, seq=seq, op=first, **row))
        refs += [EventRef(hospital_id=which, ref=ref, seq=seq) for ref in row["subjects"]]
        if detail:
            details.append(EventDetail(hospital_id=which, seq=seq, values=detail))
    Event.objects.bulk_create(events)
    EventRef.objects.bulk_create(refs)
    if details:
        EventDetail.objects.bulk_create(details)
    if reacts:
        Reaction.objects.bulk_create([Reaction(hospital_id=which, seq=first + n, name=name) for n, name in reacts])
    Clock.objects.filter(pk=which).update(head=head)
    return clock.seq


_SQL = """
WITH c AS (UPDATE live_clock SET seq = seq + {n}, head = {head} WHERE hospital_id = %s RETURNING seq),
x AS (SELECT * FROM jsonb_to_recordset(%s::jsonb) AS x(
  n int, name text, at timestamptz, actor jsonb, subjects jsonb, topics jsonb, changes jsonb, reason text, salt text,
  detail_digest text, digest text, detail jsonb)),
e AS (INSERT INTO live_event
  (hospital_id, seq, op, name, at, actor, subjects, topics, changes, reason, salt, detail_digest, digest)
  SELECT %s, c.seq - {n} + x.n, c.seq - {n} + 1, x.name, x.at, x.actor, x.subjects, x.topics, x.changes, x.reason,
  x.salt, x.detail_digest, x.digest FROM c, x),
r AS (INSERT INTO live_eventref (hospital_id, ref, seq)
  SELECT %s, s.ref, c.seq - {n} + x.n FROM c, x, jsonb_array_elements_text(x.subjects) AS s(ref)),
d AS (INSERT INTO live_eventdetail (hospital_id, seq, values)
  SELECT %s, c.seq - {n} + x.n, x.detail FROM c, x WHERE x.detail <> '{{}}'::jsonb),
o AS (INSERT INTO live_reaction (hospital_id, seq, name, state, tries)
  SELECT %s, c.seq - {n} + (p.value->>0)::int, p.value->>1, 'pending', 0 FROM c, jsonb_array_elements(%s::jsonb) AS p)
SELECT seq FROM c
"""


def _flush_postgresql(which: UUID, rows: list[dict[str, Any]], reacts: list[tuple[int, str]]) -> int:
    """One statement, one round trip: the clock row is held as short as can be. The chain is folded in SQL, because
    only the locked row knows the head."""
    head = "decode(head, 'hex')"
    digests = []
    for n, row in enumerate(rows, 1):
        head = f"sha256({head} || int8send(seq + {n}) || decode(%s, 'hex'))"
        digests.append(row["digest"])
    told = json.dumps([{**row, "n": n, "at": row["at"].isoformat()} for n, row in enumerate(rows, 1)])
    pairs = json.dumps([[n + 1, name] for n, name in reacts])
    sql = _SQL.format(n=len(rows), head=f"encode({head}, 'hex')")
    params = [*digests, which, told, which, which, which, which, pairs]
    with plans.cursor(connection) as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchone()
        if found is None:  # the hospital's first event
            Clock.objects.bulk_create([Clock(hospital_id=which)], ignore_conflicts=True)
            cursor.execute(sql, params)
            found = cursor.fetchone()
    assert found is not None
    return int(found[0])


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a hospital's log is whole: how many events were read, and the first fault found ('' if none)."""

    events: int
    fault: str


def verify(which: UUID) -> Verdict:
    """Fold the hospital's whole chain again; names the first event that was altered, removed or moved."""
    with hospital(which):
        details = dict(EventDetail.objects.values_list("seq", "values"))
        head, expected = GENESIS, 1
        for event in Event.objects.order_by("seq").iterator():
            if event.seq != expected:
                return Verdict(expected - 1, f"event {expected} is missing")
            fault = _fault(event, details.pop(event.seq, None))
            if fault:
                return Verdict(expected, fault)
            head = link(head, event.seq, event.digest)
            expected += 1
        if details:
            return Verdict(expected - 1, f"a detail of event {min(details)}, which is not there")
        clock = Clock.objects.filter(pk=which).first()
        whole = (clock.head, clock.seq) == (head, expected - 1) if clock else expected == 1
        return Verdict(expected - 1, "" if whole else "the end of the log does not meet the clock")


def _fault(event: Event, detail: dict[str, Any] | None) -> str:
    # Erasing takes the detail and the reason. What is left of either must be what was written.
    erased = detail is None and not event.reason
    if not erased and detail_digest(event.salt, detail or {}, event.reason) != event.detail_digest:
        return f"detail of event {event.seq} was altered"
    told = event_digest(
        name=event.name, at=event.at, actor=event.actor, subjects=event.subjects, topics=event.topics,
        step=event.seq - event.op, salt=event.salt, changes=event.changes, detail=event.detail_digest,
    )  # fmt: skip
    return "" if told == event.digest else f"event {event.seq} was altered"
