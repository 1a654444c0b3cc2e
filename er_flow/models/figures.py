"""What was counted of a day that is over: so that a year is read and not counted again (R4.41)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from clinic.live.models import LogModel


class DayFigures(LogModel):
    """The counts of everybody who came on a service day, once all have left. Says nothing that the visits do not say:
    it is dropped when one of them changes, and counted again (``measures/keep.py``)."""

    department_id = models.UUIDField()
    day = models.DateField()
    form = models.PositiveSmallIntegerField()
    """Of the counts: those of another form are counted anew."""
    counts = models.JSONField()

    class Meta(LogModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "department_id", "day"], name="dayfigures_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.day}"


class CrowdingSample(LogModel):
    """How crowded a department was at a moment, as it was computed then: the clock writes one every five minutes
    (``er_flow/trend.py``) and takes the old ones away. Where the score could not be computed there is no row."""

    department_id = models.UUIDField()
    at = models.DateTimeField()
    """On a whole five minutes."""
    score = models.DecimalField(max_digits=5, decimal_places=2)
    """NEDOCS, 0 to 200 (R4.40)."""

    class Meta(LogModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital", "department_id", "at"], name="crowdingsample_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.at:%Y-%m-%d %H:%M} {self.score}"
