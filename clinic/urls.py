"""All addresses. No pattern holds a hospital: ``/h/<slug>`` is the script prefix, set by the middleware."""

from django.urls import URLPattern, URLResolver, include, path

from clinic.core import health
from clinic.core.admin import site
from clinic.core.first_word import by_first_word

api: list[URLPattern | URLResolver] = [
    path("", include("clinic.tenants.api_urls")),
    path("", include("clinic.directory.api_urls")),
    path("", include("clinic.records.api_urls")),
    path("", include("clinic.inbox.api_urls")),
    path("", include("queues.api_urls")),
    path("", include("er_flow.api_urls")),
    path("", include("clinic.live.api_urls")),
    path("", include("clinic.core.api_urls")),  # last: it answers for whatever is nowhere
]

everything: list[URLPattern | URLResolver] = [
    path("health", health.health, name="health"),
    path("ready", health.ready, name="ready"),
    path("", include("clinic.live.urls")),
    path("", include("clinic.tenants.urls")),
    path("", include("clinic.directory.urls")),
    path("", include("clinic.records.urls")),
    path("", include("clinic.inbox.urls")),
    path("", include("queues.urls")),
    path("", include("er_flow.urls")),
    path("", include("clinic.demo.urls")),
    path("admin/", site.urls),
    by_first_word("api/v1/", api),
]

urlpatterns = [by_first_word("", everything)]
