"""What is shown of waits, and what came of it (R3.30-R3.32)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from clinic.core.nouns import Noun
from clinic.live.models import LogModel
from queues.models.lines import Queue


class LineEstimate(Noun):
    """What is shown of a line's waits now (R3.31): written by a reaction, and only when it moves by five minutes."""

    kind = "line_estimate"

    queue = models.OneToOneField(Queue, on_delete=models.PROTECT, related_name="estimate")
    model = models.CharField(max_length=24)
    made_at = models.DateTimeField()
    paused = models.BooleanField(default=False)
    waits = models.JSONField(default=dict)
    """Leg's id → [p50, p90] as instants in ISO 8601, rounded to five minutes."""
    joining = models.JSONField(default=list)
    """[p50, p90] in minutes for whoever joins now; empty while paused."""

    def __str__(self) -> str:
        return f"{self.queue_id}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"queue:{self.queue_id}", "reception")


class Promise(LogModel):
    """The promise ledger (R3.32): every estimate shown, by which model, and what came of it. Plain ids."""

    leg_id = models.UUIDField()
    queue_id = models.UUIDField()
    at = models.DateTimeField()
    model = models.CharField(max_length=24)
    ahead = models.PositiveSmallIntegerField()
    servers = models.PositiveSmallIntegerField()
    p50_at = models.DateTimeField()
    p90_at = models.DateTimeField()
    rolling_at = models.DateTimeField(null=True)
    """What the mean of the last ten waits of the line would have said: the yardstick of R3.32."""
    called_at = models.DateTimeField(null=True)
    """Set when the promise was scored; None while open, and for whoever was never called."""

    class Meta(LogModel.Meta):
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["hospital", "leg_id"], name="promise_leg"),
            models.Index(fields=["hospital", "queue_id", "at"], name="promise_line"),
        ]

    def __str__(self) -> str:
        return f"{self.leg_id} {self.at:%H:%M}"
