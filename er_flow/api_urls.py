"""REST addresses of the emergency department."""

from __future__ import annotations

from django.urls import path

from er_flow.api.beds import ErBedViewSet, ErFloorViewSet, ErSectionViewSet
from er_flow.api.care import ErCareViewSet
from er_flow.api.figures import ErFigureViewSet
from er_flow.api.patients import ErPatientViewSet
from er_flow.api.places import ErPlaceViewSet
from er_flow.api.triage import ErTriageViewSet

TRIAGE = {
    "start-triage": "start", "triage": "triage", "reassess": "reassess", "vitals": "vitals",
    "correct-triage": "correct",
}  # fmt: skip
"""Last part of the address → action."""
CARE = {
    "disposition": "disposition", "withdraw": "withdraw", "team": "team", "explain": "explain", "undo": "undo",
}  # fmt: skip
PLACE = {"best-bed": "best_bed", "swap": "swap"}
BED = {
    "reserve": "reserve", "release": "release", "block": "block", "unblock": "unblock", "transfer": "transfer",
    "swap": "swap",
}  # fmt: skip
ONE = "er/patients/<uuid:pk>"

urlpatterns = [
    path("er/patients", ErPatientViewSet.as_view({"get": "list", "post": "create"})),
    path("er/patients/bulk", ErPatientViewSet.as_view({"post": "bulk"})),
    path("er/patients/bulk-triage", ErTriageViewSet.as_view({"post": "bulk"})),
    path("er/patients/delayed", ErPatientViewSet.as_view({"get": "delayed"})),
    path(ONE, ErPatientViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path(f"{ONE}/identify", ErPatientViewSet.as_view({"post": "identify"})),
    *(path(f"{ONE}/{word}", ErTriageViewSet.as_view({"post": act})) for word, act in TRIAGE.items()),
    *(path(f"{ONE}/{word}", ErCareViewSet.as_view({"post": act})) for word, act in CARE.items()),
    *(path(f"{ONE}/{word}", ErPlaceViewSet.as_view({"post": act})) for word, act in PLACE.items()),
    path(f"{ONE}/status", ErCareViewSet.as_view({"patch": "set_status"})),
    path(f"{ONE}/time", ErCareViewSet.as_view({"patch": "set_time"})),
    path(f"{ONE}/bed", ErPlaceViewSet.as_view({"patch": "set_bed"})),
    path(f"{ONE}/eta", ErFigureViewSet.as_view({"get": "eta"})),
    path("er/crowding", ErFigureViewSet.as_view({"get": "crowding"})),
    path("er/measures", ErFigureViewSet.as_view({"get": "measures"})),
    path("er/measures/patients", ErFigureViewSet.as_view({"get": "behind"})),
    path("er/log", ErFigureViewSet.as_view({"get": "log"})),
    path("er/esi/suggest", ErTriageViewSet.as_view({"post": "suggest"})),
    path("er/beds", ErBedViewSet.as_view({"get": "list", "post": "create"})),
    path("er/beds/<uuid:pk>", ErBedViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("er/beds/<uuid:pk>/free", ErBedViewSet.as_view({"patch": "free"})),
    path("er/beds/<uuid:pk>/status", ErBedViewSet.as_view({"patch": "set_status"})),
    *(path(f"er/beds/<uuid:pk>/{word}", ErBedViewSet.as_view({"post": act})) for word, act in BED.items()),
    path("er/sections", ErSectionViewSet.as_view({"get": "list", "post": "create"})),
    path("er/sections/<uuid:pk>", ErSectionViewSet.as_view({"patch": "partial_update"})),
    path("er/sections/<uuid:pk>/nurse", ErSectionViewSet.as_view({"post": "nurse"})),
    path("er/surge", ErFloorViewSet.as_view({"get": "list", "post": "set"})),
]
