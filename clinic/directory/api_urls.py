"""REST addresses of the directory."""

from __future__ import annotations

from typing import Any

from django.urls import path

from clinic.directory.api import DepartmentViewSet, DoctorViewSet, RoomViewSet

MANY: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}

urlpatterns = [
    path("departments", DepartmentViewSet.as_view(MANY)),
    path("departments/<uuid:pk>", DepartmentViewSet.as_view(ONE)),
    path("rooms", RoomViewSet.as_view(MANY)),
    path("rooms/<uuid:pk>", RoomViewSet.as_view(ONE)),
    path("doctors", DoctorViewSet.as_view(MANY)),
    path("doctors/<uuid:pk>", DoctorViewSet.as_view(ONE)),
    path("doctors/<uuid:pk>/status", DoctorViewSet.as_view({"patch": "set_status"})),
]
