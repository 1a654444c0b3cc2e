"""All addresses. No pattern holds a hospital: ``/h/<slug>`` is the script prefix, set by the middleware."""

from django.urls import URLPattern, URLResolver, include, path

from clinic.core import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health.health, name="health"),
    path("ready", health.ready, name="ready"),
    path("", include("clinic.live.urls")),
    path("", include("clinic.records.urls")),
    path("", include("queues.urls")),
]
