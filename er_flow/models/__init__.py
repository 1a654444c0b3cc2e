"""Emergency visits, their care stages and triages; sections, beds and stays (domain/4)."""

from er_flow.models.beds import Bed, BedStay, EmergencyFloor, Section
from er_flow.models.figures import CrowdingSample, DayFigures
from er_flow.models.triage import Triage
from er_flow.models.visits import EmergencyVisit, Stage

__all__ = [
    "Bed",
    "BedStay",
    "CrowdingSample",
    "DayFigures",
    "EmergencyFloor",
    "EmergencyVisit",
    "Section",
    "Stage",
    "Triage",
]
