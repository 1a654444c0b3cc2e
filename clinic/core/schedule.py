"""The clock's list: which task runs how often. Each room writes its lines beside its tasks, in ``tasks.py``.

A task of the clock may be late, doubled or missed, for brokers lose messages: it looks at rows and at the time, and
does what is due.
"""

from __future__ import annotations

from typing import Any

from celery import Task

# Handed to Celery as it is (clinic/celery.py); filled when the worker or beat imports the rooms' tasks.
ENTRIES: dict[str, dict[str, Any]] = {}


def every(seconds: float, task: Task[Any, Any]) -> None:
    """Run ``task``, which takes no arguments, every so many seconds."""
    # A worker that was away must not find one message per tick it missed: they expire when the next is due.
    ENTRIES[task.name] = {"task": task.name, "schedule": float(seconds), "options": {"expires": float(seconds)}}
