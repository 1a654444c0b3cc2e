"""All addresses. No pattern holds a hospital: ``/h/<slug>`` is the script prefix, set by the middleware."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
