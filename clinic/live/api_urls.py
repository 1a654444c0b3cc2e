"""REST addresses of the live floor."""

from __future__ import annotations

from django.urls import path

from clinic.live import sse
from clinic.live.api import EventsViewSet

urlpatterns = [
    path("events", EventsViewSet.as_view({"get": "list"})),
    path("sse", sse.topics),
    path("sse/reception/<str:hospital>", sse.reception),
    path("sse/doctor/<uuid:pk>", sse.doctor),
    path("sse/waiting-room/<str:token>", sse.waiting_room),
]
