"""What is shown of waits, stored (R3.31): a line's estimate changes only where what is shown moves by five minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from uuid import UUID

from clinic.core.access import SYSTEM, Actor
from clinic.core.errors import NotFound
from clinic.live.record import add_unless, change, operation, record
from queues.estimates import inputs, model
from queues.estimates.inputs import Asked, Inputs, Waiting
from queues.estimates.model import Forecast
from queues.models import LineEstimate, Promise, Queue, Visit

STEP = timedelta(minutes=5)
"""R3.31: shown rounded to, and changed only past."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What the model says of one leg, not rounded, with what its promise will say."""

    leg: UUID
    visit: UUID
    p50: datetime
    p90: datetime
    ahead: int
    rolling: datetime | None


@dataclass(frozen=True, slots=True)
class Turn:
    """When somebody booked will be called, not rounded."""

    appointment: UUID
    p50: datetime
    p90: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model says of one line."""

    queue: UUID
    at: datetime
    paused: bool
    servers: int
    joining: tuple[float, float] | None
    """Minutes for whoever joins now."""
    waits: tuple[Wait, ...]
    booked: tuple[Turn, ...]
    """Who is booked and has not come: their turn is shown, and no promise."""
    visits: tuple[UUID, ...]
    """Of all who wait here, in order."""


@dataclass(slots=True)
class News:
    """What of a draft moves past what is shown."""

    joining: list[int]
    waits: dict[str, list[str]]
    moved: list[Wait] = field(default_factory=list)
    visits: set[UUID] = field(default_factory=set)
    """Whose documents change."""
    changed: bool = False


def refresh(asked: Asked | None = None) -> int:
    """Estimate these lines, or all, and store what moved; returns the lines that did. Not inside an operation: the
    model runs outside any transaction, so that nobody waits for it."""
    drafts = estimate(inputs.load(asked))
    shown = {row.queue_id: row for row in LineEstimate.objects.filter(queue__in=[draft.queue for draft in drafts])}
    news = [draft for draft in drafts if _news(draft, shown.get(draft.queue)).changed]
    return len(publish(news, actor=SYSTEM)) if news else 0


def estimate(given: Inputs) -> list[Draft]:
    """What the model says of these lines."""
    told = model.forecast(given.lines, given.servers, given.people, given.shape, given.odds)
    by_line: dict[UUID, list[Waiting]] = {pk: [] for pk in given.lines}
    for one in given.waiting:
        by_line[one.queue].append(one)
    ahead = _ahead(given)
    return [_draft(given, queue, by_line[pk], told, ahead) for pk, queue in given.lines.items()]


def _draft(given: Inputs, queue: Queue, waiting: Sequence[Waiting], told: Forecast, ahead: dict[UUID, int]) -> Draft:
    waits = [_wait(given, one, told.waits[one.leg], ahead[one.leg]) for one in waiting if one.leg in told.waits]
    joining = told.joining.get(queue.pk) if queue.is_open else None
    visits = tuple(one.visit for one in waiting)
    paused, servers = queue.pk in told.paused, told.servers[queue.pk]
    coming = [one.appointment for one in given.booked if one.queue == queue.pk and one.appointment in told.waits]
    turns = tuple(Turn(pk, *_moments(given, told.waits[pk])) for pk in coming)
    return Draft(queue.pk, given.at, paused, servers, joining, tuple(waits), turns, visits)


def _moments(given: Inputs, minutes: tuple[float, float]) -> tuple[datetime, datetime]:
    return given.at + timedelta(minutes=minutes[0]), given.at + timedelta(minutes=minutes[1])


def _wait(given: Inputs, one: Waiting, minutes: tuple[float, float], ahead: int) -> Wait:
    p50, p90 = _moments(given, minutes)
    rolling = None
    if one.queue in given.rolling:
        rolling = max(given.at, one.entered_at + timedelta(minutes=given.rolling[one.queue]))
    return Wait(one.leg, one.visit, p50, p90, ahead, rolling)


def _ahead(given: Inputs) -> dict[UUID, int]:
    """Leg → who is called before by those who serve its line: in the line itself and, where the line is a doctor's, in
    the pools its doctor serves."""
    pools = {pk for pk, queue in given.lines.items() if queue.sort == Queue.POOL}
    lines = {pk: {pk} for pk in given.lines}
    for pk, queue in given.lines.items():
        if queue.doctor_id:
            lines[pk] |= {pool for one in given.servers if pk in one.lines for pool in pools if pool in one.lines}
    before = dict.fromkeys(given.lines, 0)
    found: dict[UUID, int] = {}
    for one in given.waiting:
        found[one.leg] = sum(before[line] for line in lines[one.queue])
        before[one.queue] += 1
    return found


# --- what is shown ---------------------------------------------------------------------------------------------------


def _news(draft: Draft, shown: LineEstimate | None) -> News:
    """Compare with what is shown. Whoever left the line is dropped with the next change: that alone is no news."""
    held: dict[str, list[str]] = shown.waits if shown else {}
    news = News(_joining(draft, shown), {})
    for wait in draft.waits:
        stored = held.get(str(wait.leg))
        if stored is None or _moved(wait, *map(datetime.fromisoformat, stored)):
            fresh = as_shown(wait)
            if fresh != stored:
                news.moved.append(wait)
                news.visits.add(wait.visit)
                stored = fresh
        news.waits[str(wait.leg)] = stored
    turned = _turns(draft, held, news)
    if shown is None or shown.paused != draft.paused:
        news.visits.update(draft.visits)
    news.changed = (
        shown is None or bool(news.moved) or turned or shown.paused != draft.paused or shown.joining != news.joining
    )  # fmt: skip
    return news


def _turns(draft: Draft, held: dict[str, list[str]], news: News) -> bool:
    """The turns of who is booked, beside the waits; whether one moved past what is shown."""
    turned = False
    for turn in draft.booked:
        stored = held.get(str(turn.appointment))
        if stored is None or _moved(turn, *map(datetime.fromisoformat, stored)):
            stored, turned = as_shown(turn), True
        news.waits[str(turn.appointment)] = stored
    return turned


def as_shown(wait: Wait | Turn) -> list[str]:
    """Both moments as they are shown and stored (R3.31)."""
    return [_rounded(wait.p50).isoformat(), _rounded(wait.p90, up=True).isoformat()]


def _moved(wait: Wait | Turn, p50: datetime, p90: datetime) -> bool:
    return abs(wait.p50 - p50) >= STEP or abs(wait.p90 - p90) >= STEP


def _joining(draft: Draft, shown: LineEstimate | None) -> list[int]:
    if draft.paused or draft.joining is None:
        return []
    step = STEP.total_seconds() / 60
    held = shown.joining if shown is not None else []
    if held and all(abs(new - old) < step for new, old in zip(draft.joining, held, strict=True)):
        return list(held)
    p50, p90 = draft.joining
    return [int(round(p50 / step) * step), int(ceil(p90 / step) * step)]


def _rounded(moment: datetime, *, up: bool = False) -> datetime:
    """To five minutes of the clock: the middle to the nearest, the far end upwards so that it stays a promise."""
    steps = moment.timestamp() / STEP.total_seconds()
    return datetime.fromtimestamp((ceil(steps) if up else round(steps)) * STEP.total_seconds(), UTC)


# --- stored ----------------------------------------------------------------------------------------------------------


@operation("queues.manage")
def publish(drafts: Sequence[Draft], *, actor: Actor) -> list[LineEstimate]:
    """Store what moved, one event for each line, and write down the promises (R3.32). Returns the lines that changed.

    Boards, displays, phones and documents of those lines follow. A draft older than what is shown is passed over.
    """
    queues = {row.pk: row for row in Queue.objects.filter(pk__in=[draft.queue for draft in drafts])}
    if len(queues) < len(drafts):
        raise NotFound()
    locked = LineEstimate.objects.select_for_update(no_key=True).filter(queue__in=list(queues)).order_by("id")
    shown = {row.queue_id: row for row in locked}
    news = {draft.queue: _news(draft, shown.get(draft.queue)) for draft in drafts}
    visits = _visits(pk for each in news.values() if each.changed for pk in each.visits)
    changed: list[LineEstimate] = []
    promises: list[Promise] = []
    for draft in drafts:
        told, row = news[draft.queue], shown.get(draft.queue)
        if not told.changed or (row is not None and row.made_at > draft.at):
            continue
        row = _store(queues[draft.queue], draft, told, row)
        about = [visits[pk] for pk in draft.visits if pk in told.visits and pk in visits]
        record("line.estimated", row, queues[draft.queue], *about)
        changed.append(row)
        promises += [_promise(draft, wait, told) for wait in told.moved]
    Promise.objects.bulk_create(promises)
    return changed


def _visits(keys: Iterable[UUID]) -> dict[UUID, Visit]:
    return {row.pk: row for row in Visit.objects.filter(pk__in=set(keys))}


def _store(queue: Queue, draft: Draft, news: News, row: LineEstimate | None) -> LineEstimate:
    values = {
        "model": model.NAME, "made_at": draft.at, "paused": draft.paused, "waits": news.waits, "joining": news.joining,
    }  # fmt: skip
    if row is None:
        row, made = add_unless(LineEstimate(queue=queue, **values), queue=queue)
        if made:
            return row
    change(row, **values)
    return row


def _promise(draft: Draft, wait: Wait, news: News) -> Promise:
    p50, p90 = map(datetime.fromisoformat, news.waits[str(wait.leg)])
    return Promise(
        leg_id=wait.leg, queue_id=draft.queue, at=draft.at, model=model.NAME, ahead=wait.ahead,
        servers=draft.servers, p50_at=p50, p90_at=p90, rolling_at=wait.rolling,
    )  # fmt: skip
