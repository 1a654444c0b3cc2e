"""Many people at once: threads with their own connections, released together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from clinic.core.errors import DomainError
from tests.world import House

PATIENCE = 30.0


def at_once(house: House, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the acts in threads that begin together under this hospital: what each answered, or the exception it met."""
    ready = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(n: int, act: Callable[[], Any]) -> None:
        try:
            with house.open():
                ready.wait(PATIENCE)
                answers[n] = act()
        except BaseException as error:
            answers[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 2)
        assert not thread.is_alive(), "an act hangs"
    return answers


def codes(answers: Sequence[Any]) -> list[str]:
    """The codes of the refusals among the answers; anything that is not a refusal of ours fails the test."""
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    for error in errors:
        if not isinstance(error, DomainError):
            raise error
    return sorted(error.code for error in errors if isinstance(error, DomainError))


def good(answers: Sequence[Any]) -> list[Any]:
    return [answer for answer in answers if not isinstance(answer, BaseException)]


def wait_until_blocked(count: int = 1) -> None:
    """Until so many connections to this database wait for somebody else's lock."""
    deadline = time.monotonic() + PATIENCE
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(query)
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")
