"""The reaction that keeps estimates right: it follows the log, a second behind (live.md).

A row in the outbox and a ring at the broker for each act would cost every intake and call 0.3-0.5 ms (measured); this
costs them nothing. The log is the letter: each pass reads what happened since the last one, so a burst of acts on a
line is one estimate, and a lost or late tick loses nothing. Where the last pass is not known (a new worker, an emptied
cache) all lines are estimated. Time passes without events too: once a minute all lines with somebody in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from django.core.cache import cache

from clinic.core import clock
from clinic.core.errors import Conflict
from clinic.core.nouns import split_ref
from clinic.core.tenancy import hospital
from clinic.live.models import Clock, Event
from clinic.tenants.models import Hospital
from queues.estimates import publish, score
from queues.estimates.inputs import Asked
from queues.models import Leg

EVERY = timedelta(minutes=1)
"""So often without an event."""
MOST = 300
"""Events read one by one; after more than these all lines are estimated."""
OWN = "line.estimated"
OF_LINES = ("visit.", "queue.", "server.")
"""Acts on lines, which name those they concern; a call also names its doctor, and so the directory's topic."""
KEPT = 24 * 3600
LOCK = 30

log = structlog.get_logger(__name__)


def follow() -> int:
    """One pass over the hospitals in which something happened, or a minute passed; returns the lines that changed."""
    heads = dict(Clock.objects.values_list("hospital_id", "seq"))
    changed = 0
    for here in (
        Hospital.objects.filter(status=Hospital.ACTIVE, hidden=False).order_by("id").values_list("pk", flat=True)
    ):
        seen = cache.get(_key(here)) or {}
        passed = clock.now().timestamp() - seen.get("at", 0) >= EVERY.total_seconds()
        if heads.get(here, 0) <= seen.get("seq", -1) and not passed:
            continue
        try:
            changed += follow_one(here, heads.get(here, 0), passed=passed)
        except Conflict:
            log.info("estimates.overtaken", hospital=str(here))  # seen again with the next event or minute
        except Exception:
            log.exception("estimates.failed", hospital=str(here))
    return changed


def follow_one(here: UUID, head: int, *, passed: bool) -> int:
    """The pass over one hospital, up to event ``head``; nothing if another worker is at it."""
    if not cache.add(f"{_key(here)}:busy", 1, timeout=LOCK):
        return 0
    try:
        seen = cache.get(_key(here)) or {}
        with hospital(here):
            asked = _asked(seen.get("seq"), head)
            everywhere = asked is None or (passed and Leg.objects.open().exists())
            changed = 0
            if everywhere or (asked is not None and (asked.queues or asked.doctors)):
                changed = publish.refresh(None if everywhere else asked)
                score.settle()
        at = clock.now().timestamp() if passed or everywhere else seen.get("at", 0)
        cache.set(_key(here), {"seq": head, "at": at}, timeout=KEPT)
        return changed
    finally:
        cache.delete(f"{_key(here)}:busy")


def _asked(seen: int | None, head: int) -> Asked | None:
    """What happened after ``seen`` concerns these lines and doctors; None for all."""
    if seen is None or head - seen > MOST or head < seen:
        return None
    news = Event.objects.filter(seq__gt=seen, seq__lte=head).exclude(name=OWN)
    rows = list(news.values_list("name", "topics"))
    if any(_concerns_all(name, topics) for name, topics in rows):
        return None
    return Asked(_keys("queue", rows), _keys("doctor", rows))


def _concerns_all(name: str, topics: Iterable[str]) -> bool:
    """Policies, kinds of visits, a doctor's rooms or departments: seldom, and any line may hang on it."""
    if name == "doctor.status_changed" or name.startswith(OF_LINES):
        return False
    return not {"hospital", "directory"}.isdisjoint(topics)


def _keys(kind: str, rows: Iterable[tuple[str, Iterable[str]]]) -> frozenset[UUID]:
    refs = {topic for _name, topics in rows for topic in topics if topic.startswith(f"{kind}:")}
    return frozenset(UUID(split_ref(ref)[1]) for ref in refs)


def _key(here: UUID) -> str:
    return f"estimates:{here}"
