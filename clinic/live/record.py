"""The verb's engine: one transaction, compare-and-set writes, and the log row that ends it.

``@operation`` opens the transaction and checks the ability; ``change``, ``add`` and ``drop`` are the only writes;
``record`` names what happened. The outermost operation writes its events last, under the hospital's clock row, so
``seq`` is gapless and in commit order, and rings the bell after the commit.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import IntegrityError, OperationalError, models, transaction

from clinic.core import acts, clock, prepared
from clinic.core.access import Actor
from clinic.core.acts import Op, Seen, done
from clinic.core.errors import Conflict, from_integrity_error
from clinic.core.nouns import Versioned
from clinic.core.prepared import Raised
from clinic.core.tenancy import TenantModel, WrongHospital, require_hospital_id
from clinic.live import bell, ledger
from clinic.live.ledger import Draft, RowChange, logged

__all__ = [
    "Op", "OutsideOperation", "UnrecordedChange", "add", "add_unless", "advance", "change", "change_many", "done",
    "drop", "operation", "record",
]  # fmt: skip

P = ParamSpec("P")
R = TypeVar("R")
N = TypeVar("N", bound=Versioned)


class UnrecordedChange(RuntimeError):
    """An operation changed a row that none of its events names: a bug of ours."""


class OutsideOperation(RuntimeError):
    """A write or a record outside ``@operation``: a bug of ours."""


@dataclass(slots=True)
class _Work:
    actor: Actor
    drafts: list[Draft] = field(default_factory=list)
    open: dict[str, RowChange] = field(default_factory=dict)
    touched: list[tuple[Versioned, dict[str, Any]]] = field(default_factory=list)
    seen: Seen | None = field(default_factory=acts.seen.get)
    """The version of a row that whoever asks has seen, until it is written (``If-Match``)."""


_work: ContextVar[_Work | None] = ContextVar("operation", default=None)

_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock
RUN_AGAIN = 1


def operation(ability: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a verb: checks ``ability`` of the keyword ``actor``, runs in one transaction, returns after the commit.

    A nested call joins the outer transaction behind a savepoint; if it raises, its rows and its events are undone
    and the outer one may go on. The outermost runs once more after a deadlock or a serialization failure.
    """

    def wrap(verb: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(verb)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            actor = cast(Actor, kwargs["actor"])
            actor.require(ability)
            require_hospital_id()
            if _work.get() is not None:
                return _nested(lambda: verb(*args, **kwargs))
            return _outermost(actor, lambda: verb(*args, **kwargs))

        run.ability = ability  # type: ignore[attr-defined]
        return run

    return wrap


def _nested(verb: Callable[[], R]) -> R:
    work = _working()
    events, open_rows, touched = len(work.drafts), dict(work.open), len(work.touched)
    try:
        with transaction.atomic():
            return verb()
    except BaseException as error:
        # Cut back to where it began: else an error the caller catches leaves a ghost event behind.
        del work.drafts[events:]
        work.open = open_rows
        _restore(work, touched)
        if isinstance(error, IntegrityError):
            raise from_integrity_error(error) from error
        raise


def _outermost(actor: Actor, verb: Callable[[], R]) -> R:
    for attempt in range(RUN_AGAIN + 1):
        work = _Work(actor)
        token = _work.set(work)
        try:
            with transaction.atomic(durable=True):
                result = verb()
                close = acts.current_closing.get()
                finish = close(result) if close else None
                written = _flush(work)
                if finish is not None:
                    finish(_told(written))
        except BaseException as error:
            _restore(work, 0)
            if isinstance(error, IntegrityError):
                raise from_integrity_error(error) from error
            if attempt < RUN_AGAIN and isinstance(error, OperationalError) and _sqlstate(error) in _AGAIN:
                continue
            raise
        finally:
            _work.reset(token)
        _announce(written)
        return result
    raise AssertionError("unreachable")


def _flush(work: _Work) -> list[ledger.Written]:
    if work.open:
        raise UnrecordedChange(", ".join(sorted(work.open)))
    by_hospital: dict[UUID, list[Draft]] = {}
    for draft in work.drafts:
        by_hospital.setdefault(draft.hospital_id, []).append(draft)
    return [ledger.write(which, work.actor, by_hospital[which]) for which in sorted(by_hospital)]


def _told(written: list[ledger.Written]) -> Op:
    events = tuple((draft.name, seq) for batch in written for draft, seq in zip(batch.drafts, batch.seqs, strict=True))
    return Op(written[-1].seqs[-1] if written else None, events)


def _announce(written: list[ledger.Written]) -> None:
    acts.last.set(_told(written))
    for batch in written:
        topics = sorted({topic for draft in batch.drafts for topic in draft.topics})
        refs = sorted({ref for draft in batch.drafts for ref in draft.subjects})
        bell.ring(batch.hospital_id, batch.seqs[-1], topics, refs)
        if batch.reactions:
            from clinic.live import outbox

            outbox.bell.press(batch.hospital_id)


def _restore(work: _Work, mark: int) -> None:
    """Put rows in memory back to what the database has after the rollback, the newest change first."""
    for row, before in reversed(work.touched[mark:]):
        for name, value in before.items():
            setattr(row, name, value)
    del work.touched[mark:]


def _sqlstate(error: OperationalError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def _working() -> _Work:
    work = _work.get()
    if work is None:
        raise OutsideOperation("rows change inside an @operation only")
    return work


# --- the only writes -----------------------------------------------------------------------------------------------


def _meets(work: _Work, row: Versioned, *, is_new: bool = False) -> None:
    """Refuse to write what is not as it was seen: an operation that reads a row anew under its lock has its version."""
    wanted = work.seen
    if wanted is None or row.kind != wanted.kind:
        return
    if wanted.version and not is_new and row.ref != wanted.ref:
        return  # another row of the kind
    if is_new == bool(wanted.version) or (not is_new and row.version != wanted.version):
        raise Conflict("row.changed", ref=row.ref)
    work.seen = None


def change(row: Versioned, **fields: Any) -> dict[str, list[Any]]:
    """The only write to an existing row: compare-and-set on ``version``.

    Takes field names and their new values (an instance for a foreign key). Returns field → [before, after] of what
    really differed; nothing differing writes nothing. Raises Conflict("row.changed") if somebody else was first.
    """
    work = _working()
    _meets(work, row)
    model = type(row)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in fields.items():
        column = cast("models.Field[Any, Any]", model._meta.get_field(name))
        new = value.pk if isinstance(value, models.Model) else value
        old = getattr(row, column.attname)
        if old != new:
            before[column.attname], after[name] = old, value
    if not before:
        return {}
    topics = row.live_topics()
    held = {"id": row.pk, "version": row.version}
    if not prepared.update(model, held, {**after, "version": row.version + 1}):
        raise Conflict("row.changed", ref=row.ref)
    work.touched.append((row, {**before, "version": row.version}))
    for name, value in after.items():
        setattr(row, name, value)
    row.version += 1
    pairs = {name: [old, getattr(row, name)] for name, old in before.items()}
    _note(work, row, "update", pairs, {*topics, *row.live_topics()})
    return pairs


def change_many(rows: Iterable[Versioned], **fields: Any) -> int:
    """``change`` for each row (a queryset is locked first); returns how many really changed."""
    if isinstance(rows, models.QuerySet):
        rows = rows.select_for_update(no_key=True)
    return sum(bool(change(row, **fields)) for row in rows)


def advance(counters: Raised[N], **given: Any) -> list[N]:
    """Add one to a column of the rows, in one round trip; returns them, locked until the operation ends.

    For numbers that many callers draw at once: whoever waits for the lock gets the next one, and none is a Conflict.
    """
    work = _working()
    rows = counters.rows(**given)
    for row in rows:
        value = getattr(row, counters.column)
        _note(work, row, "update", {counters.column: [value - 1, value]}, set(row.live_topics()))
    return rows


def add(row: N) -> N:
    """Insert a row; its values are noted as [None, value]."""
    work = _working()
    prepared.insert(row)
    _meets(work, row, is_new=True)
    columns = [f for f in row._meta.concrete_fields if f.attname not in NOT_NOTED]
    pairs = {f.attname: [None, getattr(row, f.attname)] for f in columns}
    _note(work, row, "insert", pairs, set(row.live_topics()))
    return row


def add_unless(row: N, **key: Any) -> tuple[N, bool]:
    """Insert the row, or lock and return the one that has ``key`` already: (row, whether it was inserted).

    For rows that the first of several callers makes; the losers wait for the winner's commit.
    """
    try:
        with transaction.atomic():
            return add(row), True
    except IntegrityError:
        held = type(row)._base_manager.select_for_update(no_key=True).get(**key)
        return held, False


def drop(row: Versioned) -> None:
    """Delete a row at the version it was loaded with; its values are noted as [value, None]."""
    work = _working()
    _meets(work, row)
    deleted, _rows = type(row)._base_manager.filter(pk=row.pk, version=row.version).delete()
    if not deleted:
        raise Conflict("row.changed", ref=row.ref)
    columns = [f for f in row._meta.concrete_fields if f.attname not in NOT_NOTED]
    _note(work, row, "delete", {f.attname: [getattr(row, f.attname), None] for f in columns}, set(row.live_topics()))


NOT_NOTED = {"id", "version", "hospital_id"}


def note(row: Versioned, op: str, pairs: dict[str, list[Any]], topics: set[str]) -> None:
    """Note what was done to a row that is written otherwise (clinic/live/sheets.py)."""
    _note(_working(), row, op, pairs, topics)


def long_ago(actor: Actor) -> None:
    """The event recorded last was somebody's of long ago: the log has it, and nothing follows from it."""
    draft = _working().drafts[-1]
    draft.actor, draft.is_past = actor, True


def _note(work: _Work, row: Versioned, op: str, pairs: dict[str, list[Any]], topics: set[str]) -> None:
    fields = {name: [logged(row, name, old), logged(row, name, new)] for name, (old, new) in pairs.items()}
    fresh = RowChange(op, fields, frozenset(topics), row.personal)
    known = work.open.get(row.ref)
    work.open[row.ref] = fresh if known is None else known.then(fresh)


def record(name: str, *subjects: Versioned, reason: str = "") -> None:
    """Say what happened: takes up the changes of its subjects since they were last recorded.

    A subject may be unchanged (the doctor of a call): the event then counts as touching it.
    """
    work, here = _working(), require_hospital_id()
    refs = tuple(dict.fromkeys(subject.ref for subject in subjects))
    topics: set[str] = set()
    changes: dict[str, RowChange] = {}
    for subject in subjects:
        if isinstance(subject, TenantModel) and subject.hospital_id != here:
            raise WrongHospital(subject.ref)  # also where nothing of it changed: its topics would ring here
        topics.update(subject.live_topics())
        noted = work.open.pop(subject.ref, None)
        if noted is not None:
            topics.update(noted.topics)
            changes[subject.ref] = noted
    work.drafts.append(Draft(here, name, clock.now(), refs, tuple(sorted(topics)), changes, reason))
