"""Short words only staff read."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Value, When
from django.utils.translation import gettext, gettext_lazy

from queues.models import AWAY, OTHER, PAPERS, PAYMENT, TESTS

HOLD_WORDS = {
    AWAY: gettext_lazy("Away"), TESTS: gettext_lazy("At tests"), PAYMENT: gettext_lazy("Paying"),
    PAPERS: gettext_lazy("Getting papers"), OTHER: gettext_lazy("On hold"),
}  # fmt: skip
"""What holds somebody, where the desk reads it."""


def minutes_range(low: int, high: int) -> str:
    """A wait in minutes, for those who decide: "25–35 min"."""
    if low == high:
        return gettext("%(n)s min") % {"n": low}
    return gettext("%(low)s–%(high)s min") % {"low": low, "high": high}


def ranked(column: str, rank: dict[str, int]) -> Case:
    """An order of words that is not the alphabet's."""
    return Case(*(When(**{column: word}, then=Value(n)) for word, n in rank.items()), output_field=IntegerField())
