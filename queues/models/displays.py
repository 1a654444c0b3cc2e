"""Waiting-room screens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.core.nouns import Noun
from queues.models.lines import Queue


class Display(Noun):
    """A waiting-room screen, paired to some lines and rooms (R3.42)."""

    kind = "display"

    name = models.CharField(_("name"), max_length=80)
    languages = models.JSONField(_("languages spoken"), default=list)
    """None: the hospital's policy, also when it changes."""
    names = models.CharField(_("names shown"), max_length=16, default="token")
    sound = models.BooleanField(_("speaks"), default=True)
    paired_at = models.DateTimeField(_("paired"))
    revoked_at = models.DateTimeField(_("switched off"), null=True, blank=True)

    class Meta(Noun.Meta):
        verbose_name = _("display")
        verbose_name_plural = _("displays")

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return (f"display:{self.pk}", "displays")


class DisplayLine(Noun):
    """A line that a display shows."""

    kind = "display_line"

    display = models.ForeignKey(Display, on_delete=models.PROTECT, related_name="lines")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+")

    class Meta(Noun.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["display", "queue"], name="displayline_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.display_id} {self.queue_id}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"display:{self.display_id}",)


class DisplayRoom(Noun):
    """A room whose calls a display announces, whatever line they come from."""

    kind = "display_room"

    display = models.ForeignKey(Display, on_delete=models.PROTECT, related_name="rooms")
    room = models.ForeignKey("directory.Room", on_delete=models.PROTECT, related_name="+")

    class Meta(Noun.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["display", "room"], name="displayroom_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.display_id} {self.room_id}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"display:{self.display_id}",)
