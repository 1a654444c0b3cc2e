"""What follows an event of a lower room: other targets are looked at again."""

from __future__ import annotations

from clinic.core.access import SYSTEM
from clinic.live.models import Event
from clinic.live.registry import on
from er_flow.models import EmergencyVisit
from er_flow.operations import delays

TARGETS = frozenset({"er_targets", "er_own_targets", "er_clock", "door_to_triage", "level1_grace"})
"""The policies that a target is made of."""


@on("hospital.policies_changed")
def look_again(event: Event) -> None:
    """Whoever is not delayed by the new targets can pass them yet; who is by them and was not, the clock finds.
    Idempotent: what holds now is asked."""
    if any(TARGETS & set(told["fields"]) for told in event.changes.values()):
        for visit in EmergencyVisit.objects.unseen().exclude(crossed_at=None).order_by("id"):
            delays.look_again(visit, actor=SYSTEM)
