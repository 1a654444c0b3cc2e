"""NEDOCS of a department as its figures show it (R4.40)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.live import render
from clinic.tenants.models import HospitalConfig
from er_flow import census, trend
from er_flow.regions import facts
from er_flow.regions.facts import Ward
from er_flow.regions.rows import Term

BANDS = {
    "not_busy": _("not busy"), "busy": _("busy"), "extremely_busy": _("extremely busy"),
    "overcrowded": _("overcrowded"), "severely_overcrowded": _("severely overcrowded"),
    "dangerously_overcrowded": _("dangerously overcrowded"),
}  # fmt: skip
TONES = {"extremely_busy": "warn"} | dict.fromkeys(
    ("overcrowded", "severely_overcrowded", "dangerously_overcrowded"), "late"
)
TERMS = {
    "base": _("Base"), "occupancy": _("Patients per bed"), "admits": _("Admitted, still here"),
    "ventilated": _("Ventilated"), "longest_admit": _("Longest wait for a ward"), "door_to_bed": _("Door to bed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Crowded:
    points: int | None
    """None: not computable."""
    band: str = ""
    tone: str = ""
    terms: tuple[Term, ...] = ()
    trend: trend.Line | None = None
    """The last hours; None without samples."""


def crowded(ward: Ward, policy: HospitalConfig) -> Crowded:
    """The score now, of what is here."""
    now = clock.now()
    told = census.here(ward.visits, Counter(bed.state for bed in ward.beds), policy, now).nedocs
    if told is None:
        return Crowded(None)
    terms = tuple(Term(str(TERMS[term.name]), f"{term.points:+.0f}") for term in told.terms)
    course = trend.line(_samples().get(ward.department.pk, []), told.score, now)
    return Crowded(round(told.score), str(BANDS[told.band]), TONES.get(told.band, ""), terms, course)


def _samples() -> dict[UUID, list[trend.Sample]]:
    """Of all departments of the hospital, read once for all strips."""
    return render.once("er-trend", lambda: trend.of(facts.wards()))
