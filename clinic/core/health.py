"""``/health``: this process answers. ``/ready``: the parts it needs answer too, and what this way of running lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clinic.core import heartbeat
from clinic.core.access import public


@public("says only that the process answers")
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 while the process can answer at all; asks nothing of anybody else."""
    return JsonResponse({"status": "ok"})


@public("for load balancers and operators; names parts, no data")
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database and the way to other processes work, else 503; a silent worker degrades, it does not stop.

    ``{"status": "ok|degraded|down", "parts": {name: "ok|down|…"}, "degraded": [sentence]}``
    """
    parts = {"database": _database(), "channels": _channels(), "worker": _worker()}
    down = "down" in (parts["database"], parts["channels"])
    lacks = degraded(parts)
    status = "down" if down else "degraded" if lacks else "ok"
    return JsonResponse({"status": status, "parts": parts, "degraded": lacks}, status=503 if down else 200)


def degraded(parts: dict[str, Any] | None = None) -> list[str]:
    """What this way of running does not have, for ``/ready`` and the banner; sentences in English for operators."""
    lacks = []
    if connection.vendor == "sqlite":
        lacks.append("SQLite: one writer at a time, no second wall between hospitals in the database itself.")
    if not settings.REDIS_URL:
        lacks.append("No Redis: caches and limits are per process, and only one web process can run.")
    if settings.CELERY_BROKER_URL.startswith(("filesystem:", "memory:")):
        lacks.append("Tasks travel through files: the worker must run on this computer.")
    if settings.MAIL_TO_FILES:
        lacks.append("No mail server (EMAIL_URL): mails are written to the folder mail in DATA_DIR instead.")
    if parts and parts["worker"] != "ok":
        lacks.append("The worker has not shown itself: messages, reactions and the clock wait.")
    return lacks


def _database() -> str:
    try:
        return "ok" if MigrationRecorder(connection).migration_qs.exists() else "empty"
    except DatabaseError:
        return "down"


def _channels() -> str:
    if not settings.REDIS_URL:
        return "in this process"
    try:
        cache.get("ready")
    except Exception:  # noqa: BLE001 (whatever ails Redis, the answer is the same)
        return "down"
    return "ok"


def _worker() -> str:
    try:
        return "ok" if heartbeat.is_alive() else "silent"
    except Exception:  # noqa: BLE001 (Redis down: nobody can say)
        return "unknown"


class Probes:
    """Middleware: a load balancer asks by address, which is none of ALLOWED_HOSTS, and must not be told 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.probes = {"/health": health, "/ready": ready}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = self.probes.get(request.path_info)
        return probe(request) if probe else self.get_response(request)
