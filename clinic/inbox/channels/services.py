"""What mail services answer, where Anymail brings the mails there: surely not sent, or nobody knows.

Nothing here needs Anymail: where it is not installed none of its errors can come.
"""

from __future__ import annotations

import sys
from typing import Any

from clinic.inbox.channels import NotSent

AGAIN = {429, 503}
"""The service says that it did nothing, and that it may later."""


def refusal(error: Exception) -> NotSent | None:
    """What an error of Anymail says surely was not sent; None for what may have been, and for other errors.

    Its words quote the mail, so only the kind of fault and the number are kept.
    """
    anymail: Any = sys.modules.get("anymail.exceptions")
    if anymail is None or not isinstance(error, anymail.AnymailError):
        return None
    kind = next(one.__name__ for one in type(error).__mro__ if one.__module__.startswith("anymail."))
    if not isinstance(error, anymail.AnymailAPIError):
        return NotSent(kind, again=False)  # refused addresses, and what was never handed over
    status = error.status_code
    if status is None:
        return NotSent(kind, again=True) if _never_connected(error.__cause__) else None
    if status in AGAIN or 300 <= status < 500:
        return NotSent(f"{kind} {status}", again=status in AGAIN)
    return None


def _never_connected(cause: BaseException | None) -> bool:
    """Whether the request surely never left: no name, no route, nobody listening, no TLS."""
    import requests
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    if isinstance(cause, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    reason = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    return isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)


def id_of(mail: Any) -> str:
    """The service's own id of a mail it took; empty without Anymail."""
    status = getattr(mail, "anymail_status", None)
    found = getattr(status, "message_id", None)
    return str(found) if isinstance(found, str | int) else ""
