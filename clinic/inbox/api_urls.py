"""REST addresses of messages to patients."""

from __future__ import annotations

from django.urls import path

from clinic.inbox.api import MessageViewSet

urlpatterns = [
    path("patients/<uuid:pk>/messages", MessageViewSet.as_view({"get": "list"})),
    path("messages/<uuid:pk>/resend", MessageViewSet.as_view({"post": "resend"})),
]
