"""The words of lines and stays: classes, states, reasons for a hold (domain/3)."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

URGENT, VIP, CARRIED_OVER, NORMAL = "urgent", "vip", "carried_over", "normal"


CLASSES = ((URGENT, _("Urgent")), (VIP, _("VIP")), (CARRIED_OVER, _("Carried over")), (NORMAL, _("Normal")))


HEAD_START = {
    URGENT: timedelta(days=30),
    VIP: timedelta(days=20),
    CARRIED_OVER: timedelta(days=10),
    NORMAL: timedelta(),
}
"""R3.4 strict: head starts of days, so that no wait ever lifts a class above the one before it."""


WAITING, CALLED, IN_PROGRESS, ON_HOLD = "waiting", "called", "in_progress", "on_hold"


COMPLETED, NO_SHOW, LEFT, CANCELLED = "completed", "no_show", "left", "cancelled"


LAPSED = "lapsed"
"""Only a visit's outcome: expected on another day, and did not come (R3.22). It never had a leg that day."""


OPEN = (WAITING, CALLED, IN_PROGRESS, ON_HOLD)


WITH_SERVER = (CALLED, IN_PROGRESS)


ENDED = (COMPLETED, NO_SHOW, LEFT, CANCELLED, CARRIED_OVER)


AWAY, TESTS, PAYMENT, PAPERS, OTHER = "away", "tests", "payment", "papers", "other"


HOLDS = (
    (AWAY, _("Away for a while")), (TESTS, _("At tests")), (PAYMENT, _("Paying")), (PAPERS, _("Getting papers")),
    (OTHER, _("Other")),
)  # fmt: skip


BACK_NEXT = (TESTS, PAYMENT, PAPERS)
"""Whoever comes back from these is next after whoever is in the room; others have kept their place."""


IN_ORDER = ("-due", "order_at", "order_no", "id")
"""R3.3: the order of a line."""
