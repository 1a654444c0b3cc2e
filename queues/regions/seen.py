"""Whom a server has seen today; the last act can be taken back for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from clinic.directory.models import Doctor
from clinic.live.models import Event, EventRef
from clinic.live.regions import Loaded, uuids
from clinic.records.models import shown_name
from clinic.tenants import days
from queues.models import COMPLETED, Leg
from queues.regions import facts
from queues.regions.rows import SeenRow

_SHOWN = (
    "pk", "server_id", "visit_id", "visit__patient_id", "visit__token", "visit__patient__given_name",
    "visit__patient__preferred_name", "visit__patient__family_name", "visit__patient__mrn", "started_at", "ended_at",
)  # fmt: skip


def load_seen(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``doctor-seen:<doctor>``: five queries."""
    ids = uuids(keys)
    policy = facts.policies()
    here = policy.hospital
    begun = days.day_start(here, days.service_day(here))
    doctors: dict[UUID, UUID] = dict(Doctor.objects.filter(pk__in=list(ids)).values_list("pk", "department_id"))
    rows: dict[UUID, list[SeenRow]] = defaultdict(list)
    last: dict[str, UUID] = {}
    refs: dict[UUID, set[str]] = defaultdict(set)
    done = Leg.objects.filter(server_id__in=list(doctors), state=COMPLETED, ended_at__gte=begun)
    for leg in done.order_by("-ended_at", "-pk").values_list(*_SHOWN, named=True):
        if not rows[leg.server_id]:
            last[f"visit:{leg.visit_id}"] = leg.server_id
        rows[leg.server_id].append(_row(leg))
        refs[leg.server_id] |= {f"patient:{leg.visit__patient_id}", f"visit:{leg.visit_id}"}
    for ref, (seq, at) in _completions(list(last)).items():
        server = last[ref]
        until = at + timedelta(seconds=policy.undo_seconds)
        rows[server][0] = replace(rows[server][0], undo_seq=seq, undo_until=until)
    return {
        ids[pk]: Loaded(
            rows=tuple(rows[pk]), topics=frozenset({f"doctor:{pk}"}), refs=frozenset(refs[pk]),
            departments=frozenset({department}),
        )
        for pk, department in doctors.items()
    }  # fmt: skip


def _completions(visits: list[str]) -> dict[str, tuple[int, datetime]]:
    """Visits whose last event is their completion → its seq and time: what may still be taken back."""
    newest = EventRef.objects.filter(ref__in=visits).values("ref").annotate(newest=Max("seq"))
    seqs: dict[str, int] = dict(newest.values_list("ref", "newest")) if visits else {}
    found = Event.objects.filter(seq__in=list(seqs.values()), name="visit.completed").values_list("seq", "at")
    at = dict(found) if seqs else {}
    return {ref: (seq, at[seq]) for ref, seq in seqs.items() if seq in at}


def _row(leg: Any) -> SeenRow:
    begun = leg.started_at or leg.ended_at
    name = shown_name(
        leg.visit__patient__given_name, leg.visit__patient__preferred_name, leg.visit__patient__family_name,
        leg.visit__patient__mrn,
    )  # fmt: skip
    return SeenRow(
        key=str(leg.pk), patient_id=str(leg.visit__patient_id), token=leg.visit__token, name=name, started_at=begun,
        ended_at=leg.ended_at, minutes=int((leg.ended_at - begun).total_seconds() // 60),
    )  # fmt: skip
