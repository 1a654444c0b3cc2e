"""REST addresses of the directory."""

from __future__ import annotations

from typing import Any

from django.urls import path

from clinic.directory import find_feed
from clinic.directory.api.doctors import AbsenceViewSet, DoctorViewSet, FurtherViewSet
from clinic.directory.api.places import ClosureViewSet, DepartmentPoliciesViewSet, DepartmentViewSet, RoomViewSet
from clinic.directory.api.public import FindViewSet
from clinic.directory.api.times import OwnTypeViewSet, VisitTypeViewSet

MANY: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}
ANY: dict[str, Any] = {**ONE, "delete": "destroy"}

urlpatterns = [
    path("public/doctors/search", FindViewSet.as_view({"get": "search"})),
    path("public/feed", find_feed.feed),
    path("doctors/search", FindViewSet.as_view({"get": "find"})),
    path("departments", DepartmentViewSet.as_view(MANY)),
    path("departments/<uuid:pk>", DepartmentViewSet.as_view(ONE)),
    path("departments/<uuid:pk>/policies", DepartmentPoliciesViewSet.as_view(ONE)),
    path("rooms", RoomViewSet.as_view(MANY)),
    path("rooms/<uuid:pk>", RoomViewSet.as_view(ONE)),
    path("closures", ClosureViewSet.as_view(MANY)),
    path("closures/<uuid:pk>", ClosureViewSet.as_view(ANY)),
    path("visit-types", VisitTypeViewSet.as_view(MANY)),
    path("visit-types/<uuid:pk>", VisitTypeViewSet.as_view(ONE)),
    path("doctors", DoctorViewSet.as_view(MANY)),
    path("doctors/<uuid:pk>", DoctorViewSet.as_view(ONE)),
    path("doctors/<uuid:pk>/status", DoctorViewSet.as_view({"patch": "set_status"})),
    path("doctors/<uuid:pk>/hours", DoctorViewSet.as_view({"get": "hours", "patch": "set_hours"})),
    path("doctor-departments", FurtherViewSet.as_view(MANY)),
    path("doctor-departments/<uuid:pk>", FurtherViewSet.as_view({"delete": "destroy"})),
    path("doctor-visit-types", OwnTypeViewSet.as_view(MANY)),
    path("doctor-visit-types/<uuid:pk>", OwnTypeViewSet.as_view(ANY)),
    path("absences", AbsenceViewSet.as_view(MANY)),
    path("absences/<uuid:pk>", AbsenceViewSet.as_view({"get": "retrieve"})),
    path("absences/<uuid:pk>/cancel", AbsenceViewSet.as_view({"post": "cancel"})),
    path("absences/<uuid:pk>/hits", AbsenceViewSet.as_view({"get": "hits"})),
]
