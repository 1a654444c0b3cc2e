"""The API's description and its offline documentation, open to all; and the answer where nothing is."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from clinic.core.access import public
from clinic.core.api_errors import envelope
from clinic.core.api_input import as_bytes
from clinic.core.errors import NotFound


@cache
def described() -> bytes:
    """OpenAPI as JSON; it does not change while a process runs."""
    return _rendered(OpenApiJsonRenderer())


def as_yaml() -> bytes:
    """OpenAPI as it stands in docs/openapi.yaml."""
    return _rendered(OpenApiYamlRenderer())


def _rendered(renderer: Any) -> bytes:
    generator: Any = SchemaGenerator
    with translation.override(settings.LANGUAGE_CODE):
        made: bytes = renderer.render(generator().get_schema(request=None, public=True), renderer_context={})
    return made


@require_safe
@public("the description of the API holds nobody's data")
def schema(request: HttpRequest) -> HttpResponse:
    """``GET schema/``: OpenAPI 3.1, JSON."""
    return HttpResponse(described(), content_type="application/vnd.oai.openapi+json")


@require_safe
@public("the documentation of the API holds nobody's data")
def docs(request: HttpRequest) -> HttpResponse:
    """``GET docs/``: Swagger UI, from our own files only."""
    return render(request, "api/docs.html")


@csrf_exempt
@public("says only that nothing is here")
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below the API: the envelope instead of a page."""
    error = NotFound()
    return HttpResponse(as_bytes(envelope(error)), status=error.status, content_type="application/json")
