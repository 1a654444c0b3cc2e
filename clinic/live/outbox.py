"""Reactions: what follows an event, after commit and at least once. The rows are the truth, Celery is the doorbell."""

from __future__ import annotations

import atexit
import os
import threading
import time
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
REST = 0.05
"""Seconds between two rings of a process."""

log = structlog.get_logger(__name__)


class Doorbell:
    """Tells a worker which hospitals' outboxes have something: for many acts at once and in a thread of its own, so
    that nobody at a desk waits for the broker. A dead broker costs a sweep's delay, nothing else.
    """

    def __init__(self) -> None:
        self._pressed = threading.Condition()
        self._ringing = threading.Lock()
        self._waiting: set[UUID] = set()
        self._thread: threading.Thread | None = None

    def press(self, hospital_id: UUID) -> None:
        with self._pressed:
            self._waiting.add(hospital_id)
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="outbox-bell", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # no room for a thread: the sweep finds the rows
                    log.warning("outbox.bell_lost", error="thread")
                    return
                self._thread = thread
            self._pressed.notify()

    def ring(self, patience: float = -1) -> None:
        """Ring for whoever has pressed; when it returns, all of them have been told.

        Somebody else may be ringing at a broker that does not answer: not waited for longer than ``patience`` seconds.
        """
        if not self._ringing.acquire(timeout=patience):
            return
        try:
            with self._pressed:
                waiting, self._waiting = self._waiting, set()
            for hospital_id in waiting:
                _wake(hospital_id)
        finally:
            self._ringing.release()

    def _run(self) -> None:
        while True:
            with self._pressed:
                self._pressed.wait_for(lambda: self._waiting)
            self.ring()
            time.sleep(REST)


def _wake(hospital_id: UUID) -> None:
    from clinic.live.tasks import react

    try:
        react.apply_async(args=(str(hospital_id),), retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 (any broker fault: the visit is committed and must not fail now)
        log.warning("outbox.bell_lost", error=type(error).__name__)


bell = Doorbell()


def _after_fork() -> None:
    """A child has none of the threads, and may have a copy of a lock that one of them held."""
    bell.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_after_fork)
atexit.register(bell.ring, 2)


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
