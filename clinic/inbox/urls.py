"""Addresses of messages to patients."""

from django.urls import path

from clinic.inbox import push_views, views

app_name = "inbox"

urlpatterns = [
    path("messages/", views.messages, name="messages"),
    path("messages/<uuid:pk>/resend/", views.resend, name="resend"),
    path("m/<str:token>/", views.stop, name="stop"),
    path("push-worker.js", push_views.push_worker, name="push_worker"),
    path("push/<str:token>/", push_views.push, name="push"),
    path("push/<str:token>/stop/", push_views.push_stop, name="push_stop"),
]
