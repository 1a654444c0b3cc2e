"""REST addresses of lines, visits, the desk, screens and public links."""

from __future__ import annotations

from django.urls import path

from queues.api.analytics import AnalyticsViewSet
from queues.api.appointments import AppointmentViewSet
from queues.api.away import AwayViewSet
from queues.api.booking import BookingViewSet
from queues.api.close import DayViewSet
from queues.api.correct import CorrectViewSet
from queues.api.displays import DisplayViewSet
from queues.api.estimates import EstimateViewSet
from queues.api.holds import HoldViewSet
from queues.api.hospitals import PublicHospitalViewSet
from queues.api.leave import LeftViewSet
from queues.api.lines import DepartmentQueueViewSet, DoctorQueueViewSet, QueueViewSet
from queues.api.moves import JumpViewSet, MoveViewSet
from queues.api.phone import PhoneViewSet
from queues.api.posts import LineViewSet
from queues.api.public import PublicViewSet
from queues.api.reception import ReceptionViewSet
from queues.api.series import SeriesViewSet
from queues.api.visits import VisitViewSet
from queues.api.waitlist import WaitlistViewSet

DOCTOR = {
    "next": "call_next", "call": "call", "recall": "recall", "start": "start", "skip": "skip", "no-show": "no_show",
    "complete": "complete", "complete-and-call": "complete_and_call",
}  # fmt: skip
"""Last part of the address → action."""
HOLDS = {
    "hold": "hold", "resume": "resume", "delay": "delay", "rejoin": "rejoin", "decline-rejoin": "decline_rejoin",
    "still-there": "still_there",
}  # fmt: skip
MOVES = {"reassign": "reassign", "send-on": "send_on", "priority": "priority"}
LINE = {**DOCTOR, "sign-on": "sign_on", "sign-off": "sign_off"}
APPOINTMENT = {
    "release": "release", "accept": "accept", "reject": "reject", "cancel": "cancel", "check-in": "check_in",
    "no-show": "no_show",
}  # fmt: skip
WAITLIST = {"offer": "offer", "take": "take", "decline": "decline", "withdraw": "withdraw"}
BOOKING = {"cancel": "cancel", "reschedule": "reschedule", "check-in": "check_in"}
PHONE = {"delay": "delay", "come-back": "come_back", "rejoin": "rejoin"}

urlpatterns = [
    path("queues", QueueViewSet.as_view({"get": "list", "post": "create"})),
    path("queues/<uuid:pk>", QueueViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("queue/doctor/<uuid:pk>", DoctorQueueViewSet.as_view({"get": "retrieve"})),
    *(
        path(f"queue/doctor/<uuid:pk>/{word}", DoctorQueueViewSet.as_view({"post": act}))
        for word, act in DOCTOR.items()
    ),
    path("queue/line/<uuid:pk>", LineViewSet.as_view({"get": "retrieve"})),
    *(path(f"queue/line/<uuid:pk>/{word}", LineViewSet.as_view({"post": act})) for word, act in LINE.items()),
    path("queue/left", LeftViewSet.as_view({"get": "list"})),
    path("queue/left/<uuid:pk>/settle", LeftViewSet.as_view({"post": "settle"})),
    path("queue/jumps", JumpViewSet.as_view({"get": "list"})),
    path("queue/department/<uuid:pk>", DepartmentQueueViewSet.as_view({"get": "retrieve"})),
    path("queue/department/<uuid:pk>/next", DepartmentQueueViewSet.as_view({"post": "call_next"})),
    path("public/hospitals/<slug:slug>", PublicHospitalViewSet.as_view({"get": "retrieve"})),
    path("public/hospitals/<slug:slug>/doctors", PublicHospitalViewSet.as_view({"get": "doctors"})),
    path("public/hospitals/<slug:slug>/availability", PublicHospitalViewSet.as_view({"get": "availability"})),
    path("doctors/analytics", AnalyticsViewSet.as_view({"get": "retrieve"})),
    path("visits", VisitViewSet.as_view({"get": "list", "post": "create"})),
    path("visits/<uuid:pk>", VisitViewSet.as_view({"get": "retrieve"})),
    path("visits/<uuid:pk>/status", VisitViewSet.as_view({"patch": "set_status"})),
    path("visits/<uuid:pk>/correct-patient", CorrectViewSet.as_view({"post": "correct"})),
    path("visits/<uuid:pk>/cancel", VisitViewSet.as_view({"post": "cancel"})),
    path("visits/<uuid:pk>/leave", VisitViewSet.as_view({"post": "leave"})),
    *(path(f"visits/<uuid:pk>/{word}", HoldViewSet.as_view({"post": act})) for word, act in HOLDS.items()),
    *(path(f"visits/<uuid:pk>/{word}", MoveViewSet.as_view({"post": act})) for word, act in MOVES.items()),
    path("visits/<uuid:pk>/undo", VisitViewSet.as_view({"post": "undo"})),
    path("visits/expected", DayViewSet.as_view({"get": "expected"})),
    path("visits/<uuid:pk>/arrive", DayViewSet.as_view({"post": "arrive"})),
    path("queue/close", DayViewSet.as_view({"get": "unfinished", "post": "close"})),
    path("queue/estimates/calibration", EstimateViewSet.as_view({"get": "calibration"})),
    path("appointments", AppointmentViewSet.as_view({"get": "list", "post": "create"})),
    path("appointments/hold", AppointmentViewSet.as_view({"post": "hold"})),
    path(
        "appointments/<uuid:pk>",
        AppointmentViewSet.as_view(
            {
                "get": "retrieve",
                "patch": "decide",
                "put": "replace",
                "delete": "destroy",
            }
        ),
    ),
    *(
        path(f"appointments/<uuid:pk>/{word}", AppointmentViewSet.as_view({"post": act}))
        for word, act in APPOINTMENT.items()
    ),
    path("appointments/<uuid:pk>/reschedule", AppointmentViewSet.as_view({"patch": "reschedule"})),
    path("appointments/<uuid:pk>/status", AppointmentViewSet.as_view({"patch": "set_status"})),
    path("doctors/<uuid:pk>/availability", AppointmentViewSet.as_view({"get": "availability"})),
    path("doctors/<uuid:pk>/away", AwayViewSet.as_view({"get": "away", "post": "settle"})),
    path("doctors/<uuid:pk>/away/undo", AwayViewSet.as_view({"post": "undo"})),
    path("dashboard/appointments", AppointmentViewSet.as_view({"get": "dashboard"})),
    path("waitlist", WaitlistViewSet.as_view({"get": "list", "post": "create"})),
    path("waitlist/<uuid:pk>", WaitlistViewSet.as_view({"get": "retrieve"})),
    *(path(f"waitlist/<uuid:pk>/{word}", WaitlistViewSet.as_view({"post": act})) for word, act in WAITLIST.items()),
    path("series", SeriesViewSet.as_view({"get": "list", "post": "create"})),
    path("series/conflicts", SeriesViewSet.as_view({"post": "conflicts"})),
    path("series/<uuid:pk>", SeriesViewSet.as_view({"get": "retrieve"})),
    path("series/<uuid:pk>/move", SeriesViewSet.as_view({"post": "move"})),
    path("series/<uuid:pk>/cancel", SeriesViewSet.as_view({"post": "cancel"})),
    path("public/appointments", BookingViewSet.as_view({"post": "create"})),
    *(
        path(f"public/appointments/<str:token>/{word}", BookingViewSet.as_view({"post": act}))
        for word, act in BOOKING.items()
    ),
    path("reception/intake", ReceptionViewSet.as_view({"post": "intake"})),
    path("reception/family", ReceptionViewSet.as_view({"post": "family"})),
    path("receptionists/stats", ReceptionViewSet.as_view({"get": "stats"})),
    path("receptionists/queue", ReceptionViewSet.as_view({"get": "queue"})),
    path("displays", DisplayViewSet.as_view({"get": "list", "post": "pair"})),
    path("displays/<uuid:pk>", DisplayViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("displays/<uuid:pk>/revoke", DisplayViewSet.as_view({"post": "revoke"})),
    path("public/waiting-room/<str:token>", PublicViewSet.as_view({"get": "waiting_room"})),
    *(
        path(f"public/appointments/<str:token>/{word}", PhoneViewSet.as_view({"post": act}))
        for word, act in PHONE.items()
    ),
    path("public/visits/<str:token>/status", PublicViewSet.as_view({"get": "visit_status"})),
    path("public/appointments/<str:token>/status", PublicViewSet.as_view({"get": "appointment_status"})),
]
