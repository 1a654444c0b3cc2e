"""A line's head, and the way between many lines: whose they are, who is with them now, what joining means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from clinic.directory import policies
from clinic.directory.models import Doctor
from clinic.live.regions import Loaded, uuids
from clinic.tenants.people import own_limits
from queues.estimates.shown import Shown
from queues.models import IN_PROGRESS, Leg, Queue, SignOn
from queues.regions import facts, words
from queues.regions.rows import LineChip, Post, QueueHead, Serving
from queues.regions.said import minutes_range

# --- heads -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Head:
    """One line with what its head shows."""

    queue: Any
    waits: Shown
    limits: policies.Policies
    posts: list[SignOn] = field(default_factory=list)
    serving: list[Leg] = field(default_factory=list)

    @property
    def is_paused(self) -> bool:
        """Nobody is called from it now: the doctor is away, nobody takes from the pool, nobody is at the counter."""
        if self.posts:
            return False
        return bool(self.queue.doctor.is_paused) if self.queue.doctor else self.takers == 0

    @property
    def takers(self) -> int:
        """Doctors on duty who take from a pool without being signed on."""
        return int(self.queue.servers) if self.queue.sort == Queue.POOL else 0

    @property
    def tone(self) -> str:
        hard, soft = self.limits.queue_hard_limit, self.limits.queue_soft_limit
        if hard is not None and self.queue.waiting >= hard:
            return "late"
        return "warn" if soft is not None and self.queue.waiting >= soft else ""

    @property
    def may_call(self) -> bool:
        if self.queue.doctor is None:
            return bool(self.queue.waiting and self.posts)
        waits = self.queue.waiting + (self.queue.pooled if self.queue.doctor.serves_pool else 0)
        return bool(waits) and len(self.serving) < self.queue.doctor.parallel_rooms


def load_heads(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``queue-head:<queue>``: four queries, however many."""
    ids = uuids(keys)
    heads = {head.queue.pk: head for head in _heads(list(facts.lines(ids).values()))}
    doctors = {head.queue.doctor_id: head for head in heads.values() if head.queue.doctor_id}
    for leg in facts.serving(ids):
        if leg.server_id in doctors:
            doctors[leg.server_id].serving.append(leg)
        # Whoever was called by somebody without a line of their own stands where they were called from.
        if leg.queue_id in heads and _is_shown_here(heads[leg.queue_id].queue, leg):
            heads[leg.queue_id].serving.append(leg)
    return {ids[pk]: _loaded(head) for pk, head in heads.items()}


def _is_shown_here(queue: Queue, leg: Leg) -> bool:
    assert leg.server is not None  # leg_called_has_server
    return queue.doctor_id != leg.server_id and (queue.sort == Queue.COUNTER or leg.server.sort != Doctor.DOCTOR)


def _heads(queues: list[Any]) -> list[Head]:
    ids = [queue.pk for queue in queues]
    waits, posts, hospital = facts.waits(queues), facts.posts(ids), facts.policies()
    return [
        Head(queue, waits[queue.pk], policies.of(queue.department, hospital), posts.get(queue.pk, []))
        for queue in queues
    ]


def _loaded(head: Head) -> Loaded:
    queue, doctor = head.queue, head.queue.doctor
    # A doctor's line follows the pool too (who waits there may be called next), a pool the doctors of its department.
    topics = {queue.ref, f"doctor:{doctor.pk}" if doctor else f"department:{queue.department_id}", "hospital"}
    if doctor is None:
        topics.add("directory")  # whoever takes from it may be of another department
    topics |= {f"doctor:{leg.server_id}" for leg in head.serving}
    if doctor and queue.pool_id:
        topics.add(f"queue:{queue.pool_id}")
    refs = {queue.department.ref} | {f"patient:{leg.visit.patient_id}" for leg in head.serving}
    refs |= {f"doctor:{post.server_id}" for post in head.posts}
    refs |= {f"room:{pk}" for pk in (doctor.room_id if doctor else None, *(post.room_id for post in head.posts)) if pk}
    of = frozenset({queue.department_id})
    return Loaded(_head(head), topics=frozenset(topics), refs=frozenset(refs), departments=of)


def _head(head: Head) -> QueueHead:
    queue, doctor = head.queue, head.queue.doctor
    hard, soft = head.limits.queue_hard_limit, head.limits.queue_soft_limit
    low, high = (0, 0) if head.is_paused or head.waits.joining is None else head.waits.joining
    return QueueHead(
        queue_id=str(queue.pk), name=queue.name, sort=queue.sort,
        department=gettext("Any doctor") if queue.sort == Queue.POOL else queue.department.name,
        room=doctor.room.name if doctor and doctor.room else "", doctor_id=str(doctor.pk) if doctor else "",
        status=doctor.status if doctor else "", status_extra=words.status_extra(doctor) if doctor else "",
        waiting=queue.waiting, is_open=queue.is_open, is_paused=head.is_paused,
        serving=tuple(_serving(leg, doctor is None) for leg in head.serving), servers=head.takers,
        may_call=head.may_call, posts=tuple(_post(post) for post in head.posts), low=low, high=high,
        limit=hard or soft or 0, tone=head.tone, at_limit=hard is not None,
    )  # fmt: skip


def _post(post: SignOn) -> Post:
    return Post(str(post.server_id), post.server.name, post.room.name if post.room else "")


def _serving(leg: Leg, names_server: bool) -> Serving:
    since = leg.started_at if leg.state == IN_PROGRESS else leg.called_at
    assert since is not None  # leg_called_has_server, and start sets its time
    return Serving(
        visit_id=str(leg.visit_id), token=leg.visit.token, name=leg.visit.patient.full_name, state=leg.state,
        since=since, calls=leg.calls, server=leg.server.name if names_server and leg.server else "",
        long_since=_long_since(leg),
    )  # fmt: skip


def _long_since(leg: Leg) -> datetime | None:
    """Whoever answered is not doubted; at 120 minutes the desk is told whatever was answered (R3.18)."""
    return leg.overlong_at or (leg.asked_at if leg.answered_at is None else None)


# --- the way between lines -------------------------------------------------------------------------------------------


def load_nav(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``lines-nav:today``: three queries; one more for each reader limited to departments (R1.2)."""
    wanted: dict[str, Any] = {key: None for key in keys if key == "today"}
    wanted |= {key: limits for key, (base, limits) in own_limits(keys).items() if base == "today"}
    if not wanted:
        return {}
    topics = frozenset({"reception", "directory", "hospital"})
    heads = _heads(list(facts.lines().values()))
    return {
        key: Loaded(rows=tuple(_chip(head) for head in heads if _sees(limits, head)), topics=topics)
        for key, limits in wanted.items()
    }


def _sees(limits: frozenset[UUID] | None, head: Head) -> bool:
    return limits is None or head.queue.department_id in limits


def _chip(head: Head) -> LineChip:
    hint = ""
    if head.waits.joining is not None and not head.is_paused:
        hint = minutes_range(*head.waits.joining)
    return LineChip(
        key=str(head.queue.pk), name=head.queue.name, waiting=head.queue.waiting, paused=head.is_paused,
        is_open=head.queue.is_open, tone=head.tone, hint=hint,
    )  # fmt: skip
