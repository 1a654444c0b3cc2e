"""Reactions: what follows an event, after commit and at least once. The rows are the truth, Celery is the doorbell."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import F, Q
from django.utils import timezone

from clinic.core.tenancy import hospital
from clinic.live import registry
from clinic.live.models import Event, Reaction

LEASE = timedelta(seconds=60)
RETRY_AFTER = timedelta(seconds=15)
MAX_TRIES = 8

log = structlog.get_logger(__name__)


def ring(hospital_id: UUID) -> None:
    """Tell a worker that this hospital's outbox has something. A dead broker costs a sweep's delay, nothing else."""
    from clinic.live.tasks import react

    try:
        react.apply_async(args=(str(hospital_id),), retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 (any broker fault: the visit is committed and must not fail now)
        log.warning("outbox.bell_lost", error=type(error).__name__)


def run(hospital_id: UUID, limit: int = 200) -> int:
    """Run what is pending or whose lease ran out, oldest first; returns how many ran to their end."""
    finished = 0
    with hospital(hospital_id):
        now = timezone.now()
        ready = Q(state=Reaction.PENDING) & (Q(lease_until=None) | Q(lease_until__lt=now))
        stuck = Q(state=Reaction.RUNNING, lease_until__lt=now)
        for row in Reaction.objects.filter(ready | stuck).order_by("seq", "id")[:limit]:
            finished += _run_one(row)
    return finished


def _run_one(row: Reaction) -> bool:
    now = timezone.now()
    claim = Reaction.objects.filter(pk=row.pk, state=row.state, tries=row.tries)
    if not claim.update(state=Reaction.RUNNING, tries=F("tries") + 1, lease_until=now + LEASE):
        return False  # another worker was first
    tries = row.tries + 1
    held = Reaction.objects.filter(pk=row.pk, state=Reaction.RUNNING, tries=tries)
    fn = registry.reaction(row.name)
    try:
        if fn is None:
            raise LookupError(f"no reaction is called {row.name}")
        fn(Event.objects.get(seq=row.seq))
    except Exception as error:  # noqa: BLE001 (whatever it was, it is tried again later)
        state = Reaction.FAILED if tries >= MAX_TRIES else Reaction.PENDING
        held.update(state=state, lease_until=timezone.now() + RETRY_AFTER * tries)
        log.error("reaction.failed", reaction=row.name, seq=row.seq, tries=tries, error=type(error).__name__)
        return False
    held.update(state=Reaction.DONE, lease_until=None)
    return True
