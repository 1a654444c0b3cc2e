"""Addresses of doctors' own page."""

from __future__ import annotations

from django.urls import path

from clinic.directory import find_views, views

app_name = "directory"

urlpatterns = [
    path("find/", find_views.find_doctor, name="find"),
    path("me/practice/", views.own, name="own"),
    path("me/practice/profile/", views.profile, name="own_profile"),
    path("me/practice/hours/", views.hours, name="own_hours"),
    path("me/practice/types/<uuid:pk>/", views.own_type, name="own_type"),
    path("me/practice/absences/", views.add_absence, name="own_absence"),
    path("me/practice/absences/<uuid:pk>/cancel/", views.cancel_absence, name="own_absence_cancel"),
]
