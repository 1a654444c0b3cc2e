"""REST addresses of lines, visits, the desk, screens and public links."""

from __future__ import annotations

from django.urls import path

from queues.api.displays import DisplayViewSet
from queues.api.lines import DepartmentQueueViewSet, DoctorQueueViewSet, QueueViewSet
from queues.api.public import PublicViewSet
from queues.api.reception import ReceptionViewSet
from queues.api.visits import VisitViewSet

DOCTOR = {
    "next": "call_next", "call": "call", "recall": "recall", "start": "start", "skip": "skip", "no-show": "no_show",
    "complete": "complete", "complete-and-call": "complete_and_call",
}  # fmt: skip
"""Last part of the address → action."""

urlpatterns = [
    path("queues", QueueViewSet.as_view({"get": "list"})),
    path("queues/<uuid:pk>", QueueViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("queue/doctor/<uuid:pk>", DoctorQueueViewSet.as_view({"get": "retrieve"})),
    *(
        path(f"queue/doctor/<uuid:pk>/{word}", DoctorQueueViewSet.as_view({"post": act}))
        for word, act in DOCTOR.items()
    ),
    path("queue/department/<uuid:pk>", DepartmentQueueViewSet.as_view({"get": "retrieve"})),
    path("queue/department/<uuid:pk>/next", DepartmentQueueViewSet.as_view({"post": "call_next"})),
    path("visits", VisitViewSet.as_view({"get": "list", "post": "create"})),
    path("visits/<uuid:pk>", VisitViewSet.as_view({"get": "retrieve"})),
    path("visits/<uuid:pk>/status", VisitViewSet.as_view({"patch": "set_status"})),
    path("visits/<uuid:pk>/cancel", VisitViewSet.as_view({"post": "cancel"})),
    path("visits/<uuid:pk>/leave", VisitViewSet.as_view({"post": "leave"})),
    path("visits/<uuid:pk>/undo", VisitViewSet.as_view({"post": "undo"})),
    path("reception/intake", ReceptionViewSet.as_view({"post": "intake"})),
    path("receptionists/stats", ReceptionViewSet.as_view({"get": "stats"})),
    path("receptionists/queue", ReceptionViewSet.as_view({"get": "queue"})),
    path("displays", DisplayViewSet.as_view({"get": "list", "post": "pair"})),
    path("displays/<uuid:pk>", DisplayViewSet.as_view({"get": "retrieve"})),
    path("displays/<uuid:pk>/revoke", DisplayViewSet.as_view({"post": "revoke"})),
    path("public/waiting-room/<str:token>", PublicViewSet.as_view({"get": "waiting_room"})),
    path("public/visits/<str:token>/status", PublicViewSet.as_view({"get": "visit_status"})),
]
