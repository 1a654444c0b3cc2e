"""The demo's own page."""

from django.urls import path

from clinic.demo import views

app_name = "demo"

urlpatterns = [
    path("start-for-real/", views.start_for_real, name="start_for_real"),
]
