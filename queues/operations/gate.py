"""Calls and re-numbering keep apart (R3.7), on PostgreSQL; SQLite has one writer at a time anyway.

A call takes the first of those whom nobody holds, and passes whom another call holds: by one place. Whoever sorts or
re-numbers a line holds many of it, and a call at that moment would pass them all. So calls of a hospital enter together
and a re-numbering has the line for itself; both until their operation ends. Counters are taken before the gate, and
every leg after it.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Func, TextField, UUIDField

from clinic.core.prepared import Given, Prepared
from clinic.core.tenancy import require_hospital_id
from clinic.tenants.models import Hospital


def _gate(function: str) -> Prepared[Any]:
    lock = Func(Given("gate", BigIntegerField()), function=function, output_field=TextField())
    return Prepared[Any](lambda: Hospital.objects.filter(pk=Given("here", UUIDField())).values_list(lock, flat=True))


_TOGETHER = _gate("pg_advisory_xact_lock_shared")
_ALONE = _gate("pg_advisory_xact_lock")


def enter() -> None:
    """Call beside other calls, but not while people are re-numbered."""
    _pass(_TOGETHER)


def close() -> None:
    """Be alone: waits for the calls under way, and the next ones wait for the end of this operation."""
    _pass(_ALONE)


def _pass(gate: Prepared[Any]) -> None:
    if connection.vendor == "postgresql":
        here = require_hospital_id()
        gate.rows(here=here, gate=int.from_bytes(here.bytes[8:], "big", signed=True))
