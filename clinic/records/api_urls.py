"""REST addresses of patients."""

from __future__ import annotations

from django.urls import path

from clinic.records.api import PatientViewSet

urlpatterns = [
    path("patients", PatientViewSet.as_view({"get": "list", "post": "create"})),
    path("patients/<uuid:pk>/merge", PatientViewSet.as_view({"post": "merge"})),
    path("patients/<uuid:pk>/unmerge", PatientViewSet.as_view({"post": "unmerge"})),
    path("patients/<uuid:pk>", PatientViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
]
