"""Addresses of the lines' pages and acts; those of displays and patients stand outside any hospital."""

from django.urls import path

from queues.views import acts, displays, doctor, reception, status

app_name = "queues"

urlpatterns = [
    path("reception/", reception.reception, name="reception"),
    path("doctor/", doctor.doctor, name="doctor"),
    path("doctors/<uuid:pk>/", doctor.doctor_of, name="doctor_of"),
    path("doctors/<uuid:pk>/call-next/", acts.doctor_call_next, name="doctor_call_next"),
    path("doctors/<uuid:pk>/status/", acts.doctor_status, name="doctor_status"),
    path("queues/<uuid:pk>/call-next/", acts.queue_call_next, name="queue_call_next"),
    path("queues/<uuid:pk>/open/", acts.queue_open, name="queue_open"),
    path("visits/", reception.arrive, name="intake"),
    path("visits/found/", reception.found, name="found"),
    path("visits/<uuid:pk>/start/", acts.start, name="start"),
    path("visits/<uuid:pk>/complete/", acts.complete, name="complete"),
    path("visits/<uuid:pk>/complete-and-call/", acts.complete_and_call, name="complete_and_call"),
    path("visits/<uuid:pk>/recall/", acts.recall, name="recall"),
    path("visits/<uuid:pk>/skip/", acts.skip, name="skip"),
    path("visits/<uuid:pk>/no-show/", acts.no_show, name="no_show"),
    path("visits/<uuid:pk>/leave/", acts.leave, name="leave"),
    path("visits/<uuid:pk>/call/", acts.call, name="call"),
    path("visits/<uuid:pk>/cancel/", acts.cancel, name="cancel"),
    path("visits/<uuid:pk>/ticket/", reception.ticket, name="ticket"),
    path("undo/<int:seq>/", acts.take_back, name="undo"),
    path("displays/", displays.displays, name="displays"),
    path("displays/<uuid:pk>/revoke/", displays.display_revoke, name="display_revoke"),
    path("d/", displays.display_new, name="display_new"),
    path("d/<str:token>/", displays.display, name="display"),
    path("s/<str:token>/", status.status, name="status"),
    path("s/<str:token>/leave/", status.status_leave, name="status_leave"),
]
