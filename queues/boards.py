"""Lines as one document, and their bytes: a busy line is asked for often and changes seldom.

The bytes are kept per process under the log's seq that was read before they were made: whatever happens later has a
higher seq, so bytes that are served are never older than the log's head.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Q, UUIDField
from django.utils import translation

from clinic.core import sight
from clinic.core.api_input import as_bytes
from clinic.core.faces import Doc
from clinic.core.prepared import Given, Prepared
from clinic.core.tenancy import require_hospital_id
from clinic.live.models import Clock
from queues import faces
from queues.models import CALLED, IN_ORDER, IN_PROGRESS, ON_HOLD, WAITING, Leg, Queue

KEPT_BYTES = 32 * 1024 * 1024
"""What a process keeps of boards: a line of 1,000 takes about 650 KB, one of ten about 6."""


class Kept:
    """Bytes by key, each for one seq; the least used goes first."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._size = 0
        self._held: OrderedDict[tuple[Any, ...], tuple[int, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...], seq: int, make: Callable[[], bytes]) -> bytes:
        """The bytes for this seq, made if they are not there yet."""
        with self._lock:
            held = self._held.get(key)
            if held is not None and held[0] == seq:
                self._held.move_to_end(key)
                return held[1]
        made = make()
        with self._lock:
            before = self._held.pop(key, None)
            self._held[key] = (seq, made)
            self._size += len(made) - (len(before[1]) if before else 0)
            while self._size > self._most and len(self._held) > 1:
                self._size -= len(self._held.popitem(last=False)[1][1])
        return made

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self._size = 0

    def __len__(self) -> int:
        return len(self._held)


kept = Kept()


_HEAD = Prepared[int](lambda: Clock.objects.filter(pk=Given("hospital", UUIDField())).values_list("seq", flat=True))


def head() -> int:
    """The seq of the open hospital's newest event."""
    return _HEAD.first(hospital=require_hospital_id()) or 0


Find = Callable[[], Queue]


def line_bytes(name: str, find: Find) -> tuple[int, bytes]:
    """``line`` as JSON, and its seq. ``find`` may refuse; it is asked when the bytes are not there yet.

    For somebody limited to departments (R1.2) it is asked each time: the bytes may be there for others.
    """
    if sight.departments() is not None:
        find()
    return _bytes(name, lambda: line(find()))


def all_bytes() -> tuple[int, bytes]:
    """Every line the asker sees as JSON, and the seq."""
    limits = sight.departments()
    name = "all" if limits is None else f"all:{','.join(sorted(map(str, limits)))}"
    return _bytes(name, lambda: {"lines": lines()})


def _bytes(name: str, make: Callable[[], Doc]) -> tuple[int, bytes]:
    seq = head()
    key = (require_hospital_id(), name, translation.get_language())
    return seq, kept.get(key, seq, lambda: as_bytes({"seq": seq, **make()}))


def line(queue: Queue) -> Doc:
    """One line: ``queue``, ``now`` (with its server, or called out of it) and ``waiting`` in order."""
    return lines(queue.pk)[0]


def lines(only: UUID | None = None) -> list[Doc]:
    """Lines by name, of those the asker sees: three queries, however many there are."""
    queues = sight.seen(faces.with_estimates(Queue.objects.order_by("name", "id")))
    if only is not None:
        queues = queues.filter(pk=only)
    shown = list(queues)
    doctors = {queue.doctor_id: queue.pk for queue in shown if queue.doctor_id}
    legs = Leg.objects.filter(Q(queue__in=[queue.pk for queue in shown]) | Q(server__in=list(doctors)))
    legs = legs.filter(state__in=(WAITING, CALLED, IN_PROGRESS, ON_HOLD)).order_by(*IN_ORDER)
    where = list(legs.values_list("visit_id", "queue_id", "server_id", "state"))
    docs = faces.visits([str(visit) for visit, *_ in where])
    found: dict[UUID, Doc] = {row.pk: {"queue": faces.queue_doc(row), "now": [], "waiting": []} for row in shown}
    for visit, queue_id, server_id, state in where:
        doc = docs[str(visit)]
        part = "waiting" if state in (WAITING, ON_HOLD) else "now"
        # Somebody called out of a pool stands at both: the pool they came from and the doctor they are with.
        for pk in {queue_id, doctors.get(server_id, queue_id) if part == "now" else queue_id}:
            if pk in found:
                found[pk][part].append(doc)
    return list(found.values())
