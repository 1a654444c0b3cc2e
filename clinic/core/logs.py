"""Structured logs: every line carries the hospital's id and the request's, and never a name, a phone or a token.

Lines of Django and of the libraries go through the same processors. In production a line is one JSON object.
"""

from __future__ import annotations

import logging
import logging.config
import re
import sys
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.typing import EventDict, Processor, WrappedLogger

# A public page's address holds its token, and a query may hold a patient's name.
TOKEN_IN_PATH = re.compile(
    r"/([sdmbk]|cal|invited|reset|confirm|public/(?:visits|appointments)|(?:public|sse)/waiting-room)/+[^/\s]+",
    re.IGNORECASE,
)
DETAIL = re.compile(r"DETAIL:.*")
QUERY = re.compile(r"\?[^\s\"']*")


def add_hospital(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The open hospital's id. The module is looked up, not imported: lines are written before apps are ready."""
    tenancy = sys.modules.get("clinic.core.tenancy")
    current = tenancy.current_hospital_id() if tenancy else None
    if current is not None:
        event.setdefault("hospital", str(current))
    return event


def hide_addresses(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Cut tokens and queries out of paths in the text of a line."""
    text = event.get("event")
    if isinstance(text, str):
        event["event"] = TOKEN_IN_PATH.sub(r"/\1/…", QUERY.sub("", text) if "/" in text else text)
    return event


def hide_values(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Cut the line in which PostgreSQL quotes the values of a refused row out of a trace."""
    trace = event.get("exception")
    if isinstance(trace, str) and "DETAIL:" in trace:
        event["exception"] = DETAIL.sub("DETAIL: …", trace)
    return event


def processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        add_hospital,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_addresses,
        hide_values,
    ]


def configure(options: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG: ``options`` is ``settings.LOGGING`` with ``level`` and ``json``."""
    last: Processor = (
        structlog.processors.JSONRenderer() if options["json"] else structlog.dev.ConsoleRenderer(colors=False)
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": processors(),
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": options["level"]},
            "loggers": {
                "django": {"level": options["level"], "propagate": True},
                "django.server": {"level": "WARNING", "propagate": True},
                **{name: {"level": "WARNING"} for name in ("daphne", "uvicorn", "celery")},
                "kombu": {"level": "ERROR"},  # it warns that a folder has no host name
                "axes": {"level": "WARNING"},  # its lines hold what was typed as a user name
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class RequestLabels:
    """Middleware: gives each request an id that stands in its log lines and in the answer's X-Request-ID."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response
