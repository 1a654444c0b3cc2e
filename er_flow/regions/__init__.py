"""The regions of the emergency department. ``install`` runs in ``ready()``."""

from __future__ import annotations

from clinic.live import regions
from clinic.live.regions import Region
from er_flow.regions import beds, board, patient, quick, visit

ACTS = frozenset({"er.triage", "er.care", "er.beds", "er.register"})
BEDS = frozenset({"er.beds", "er.block_beds"})
SURGE = frozenset({"er.surge", "er.triage", "er.register"})

KINDS = (
    Region("er-board", "er.view", "er_flow/_board.html", board.load_board, "er_flow/_row.html", ACTS),
    Region("er-wall", "er.view", "er_flow/_wall.html", board.load_wall, "er_flow/_wall_row.html"),
    Region("er-strip", "er.view", "er_flow/_strip.html", board.load_strips),
    Region("er-surge", "er.view", "er_flow/_surge.html", board.load_surges, audience=SURGE),
    Region("er-wall-surge", "er.view", "er_flow/_wall_surge.html", board.load_wall_surges),
    Region("er-quick", "er.triage", "er_flow/_quick.html", quick.load_quick, "er_flow/_quick_row.html"),
    Region("er-beds", "er.view", "er_flow/_beds.html", beds.load_beds, "er_flow/_bed.html", BEDS),
    Region("er-needs", "er.view", "er_flow/_needs.html", beds.load_needs, "er_flow/_need.html", BEDS),
    Region("er-visit", "er.view", "er_flow/_visit.html", visit.load_visits, audience=ACTS),
    Region(
        "patient-er", "er.view", "er_flow/_patient_er.html", patient.load_past, "er_flow/_patient_er_row.html",
        personal=True,
    ),
)  # fmt: skip


def install() -> None:
    """Register the regions."""
    for region in KINDS:
        regions.register(region)
