"""Addresses of patients' pages."""

from django.urls import path

from clinic.records import merge_views, views

app_name = "records"

urlpatterns = [
    path("patients/", views.patients, name="patients"),
    path("patients/found/", views.found, name="found"),
    path("patients/<uuid:pk>/", views.patient, name="patient"),
    path("patients/<uuid:pk>/merge/", merge_views.merge, name="merge"),
    path("merges/<uuid:pk>/take-back/", merge_views.unmerge, name="unmerge"),
    path("patients/<uuid:pk>/edit/", views.patient_edit, name="patient_edit"),
]
