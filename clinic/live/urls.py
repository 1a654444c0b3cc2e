"""Pages' plain refresh. Asking here never counts as an act of the person."""

from __future__ import annotations

from django.urls import path

from clinic.live import views

urlpatterns = [
    path("live/regions", views.member_regions, name="live-regions"),
    path("d/<str:token>/regions", views.display_regions, name="display-regions"),
    path("s/<str:token>/regions", views.status_regions, name="status-regions"),
    path("b/<str:token>/regions", views.booking_regions, name="booking-regions"),
]
