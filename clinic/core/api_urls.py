"""REST addresses that belong to no room; the last one catches what is nowhere, so this list comes last."""

from __future__ import annotations

from django.urls import path, re_path

from clinic.core import api_docs

urlpatterns = [
    path("schema/", api_docs.schema, name="api-schema"),
    path("docs/", api_docs.docs, name="api-docs"),
    re_path(r"^(?P<rest>.*)$", api_docs.nothing_here),
]
