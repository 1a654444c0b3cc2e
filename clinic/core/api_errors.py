"""The API's one error envelope: ``{"error": {"code", "message", "details"}}`` (api.md, ground rules)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.core import exceptions as django
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as rest
from rest_framework import status
from rest_framework.response import Response

from clinic.core.errors import DomainError, Invalid, NotFound, NotSignedIn, Unavailable, say

log = structlog.get_logger(__name__)

say({
    "request.malformed": _("This is not JSON that can be read."),
    "request.invalid": _("Some fields need another look."),
    "request.not_signed_in": _("Sign in first: no token, key or session came with this."),
    "request.method_not_allowed": _("This address does not do that."),
    "request.not_acceptable": _("The answer can only be JSON."),
    "request.media_type": _("Send JSON, with Content-Type: application/json."),
    "request.too_large": _("This is too large."),
    "request.stale": _("Someone else changed this since you read it. Read it again."),
    "request.too_many": _("Too many requests. Wait a little."),
    "request.csrf": _("The page is too old. Load it again."),
    "server.unavailable": _("A part that is needed is not there now. Try again."),
    "server.fault": _("Something went wrong here. It has been written down."),
})  # fmt: skip

UNKNOWN_FIELD = _("There is no such field.")
READ_ONLY = _("This field cannot be set.")
RETRY_SOON = 5
"""Seconds after which to ask again where nobody knows better."""

_CODES: dict[type[Exception], str] = {
    rest.ParseError: "request.malformed",
    rest.NotAuthenticated: "request.not_signed_in",
    rest.AuthenticationFailed: "request.not_signed_in",
    rest.MethodNotAllowed: "request.method_not_allowed",
    rest.NotAcceptable: "request.not_acceptable",
    rest.UnsupportedMediaType: "request.media_type",
    rest.PermissionDenied: "access.denied",
    rest.NotFound: "access.not_here",
}


def shout(code: str) -> str:
    """``visit.wrong_state`` as the API writes it: ``VISIT_WRONG_STATE``."""
    return code.replace(".", "_").upper()


def envelope(error: DomainError) -> dict[str, Any]:
    """The body of a refusal."""
    return {"error": {"code": shout(error.code), "message": error.message, "details": error.details}}


def answer(error: Exception, context: Mapping[str, Any]) -> Response:
    """REST framework's exception handler: every refusal in the envelope, and never a trace."""
    refusal, code, headers = told(error)
    if code >= status.HTTP_500_INTERNAL_SERVER_ERROR and not isinstance(error, DomainError):  # a refusal is no fault
        _write_down(error, context.get("request"))
    if code == status.HTTP_401_UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    retry = refusal.details.get("retry_after")
    if retry is not None:
        headers["Retry-After"] = str(retry)
    return Response(envelope(refusal), status=code, headers=headers)


def told(error: Exception) -> tuple[DomainError, int, dict[str, str]]:
    """Any exception as a refusal, its status, and the headers that go with it."""
    headers: dict[str, str] = {}
    if isinstance(error, DomainError):
        return error, error.status, headers
    if isinstance(error, rest.ValidationError):
        return invalid(fields_of(error.detail)), status.HTTP_400_BAD_REQUEST, headers
    if isinstance(error, rest.APIException):
        code = next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), "server.fault")
        return DomainError(code), error.status_code, headers
    return _of_django(error), _status_of(error), headers


def _of_django(error: Exception) -> DomainError:
    match error:
        case Http404():
            return NotFound()
        case django.RequestDataTooBig() | django.TooManyFieldsSent():
            return DomainError("request.too_large")
        case django.PermissionDenied():
            return DomainError("access.denied")
        case django.SuspiciousOperation():
            return Invalid("request.malformed")
        case OperationalError() | InterfaceError():
            return Unavailable("server.unavailable", retry_after=RETRY_SOON)
        case _:
            return DomainError("server.fault")


def _status_of(error: Exception) -> int:
    match error:
        case Http404():
            return status.HTTP_404_NOT_FOUND
        case django.RequestDataTooBig() | django.TooManyFieldsSent():
            return status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
        case django.PermissionDenied():
            return status.HTTP_403_FORBIDDEN
        case django.SuspiciousOperation():
            return status.HTTP_400_BAD_REQUEST
        case OperationalError() | InterfaceError():
            return status.HTTP_503_SERVICE_UNAVAILABLE
        case _:
            return status.HTTP_500_INTERNAL_SERVER_ERROR


def invalid(fields: dict[str, Any]) -> Invalid:
    """400 with what is wrong, field by field; a field may have any name, ``code`` too."""
    error = Invalid("request.invalid")
    error.details = fields
    return error


def fields_of(detail: Any) -> dict[str, Any]:
    """What a serializer found wrong, field → sentences; what concerns no one field stands under ``body``."""
    if isinstance(detail, Mapping):
        return {("body" if name == "non_field_errors" else str(name)): found for name, found in detail.items()}
    return {"body": detail}


def _write_down(error: Exception, request: Any) -> None:
    log.error("api.fault", error=type(error).__name__, exc_info=error)
    inner = getattr(request, "_request", request)
    if isinstance(inner, HttpRequest):
        got_request_exception.send(sender=None, request=inner)


def not_signed_in() -> NotSignedIn:
    return NotSignedIn("request.not_signed_in")
