"""The live floor's addresses alone."""

from __future__ import annotations

from clinic.live.urls import urlpatterns

__all__ = ["urlpatterns"]
