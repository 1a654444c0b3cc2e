"""A process whose children send a hospital's messages and are killed while they do: ``nursery.py JOURNAL``.

Reads lines ``HOSPITAL POINT`` and forks for each, before it has any connection of its own; answers with the child's
end. The journal is what the provider got: it stands outside the database, like a patient's mailbox.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID


def journal(path: str) -> Callable[[Any], str]:
    def send(message: Any) -> str:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{message.id}\n".encode())
        os.fsync(handle)
        os.close(handle)
        return "taken"

    return send


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(verb: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        result = verb(*args, **kwargs)
        if result is not None:
            die()
        return result

    return run


def first_die(verb: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        die()

    return run


def arrange(point: str, path: str) -> None:
    """Put the end where it is asked for."""
    from clinic.inbox import operations, outgoing, truth

    send: Callable[[Any], str] = journal(path)
    setattr(outgoing, "way", lambda _channel: then_die(send) if point == "taken" else send)  # noqa: B010
    match point:
        case "in-claim":  # inside its transaction
            setattr(truth, "holds", first_die(truth.holds))  # noqa: B010
        case "claimed":
            setattr(operations, "claim", then_die(operations.claim))  # noqa: B010
        case "settling":
            setattr(operations, "sent", first_die(operations.sent))  # noqa: B010
        case "settled":
            setattr(operations, "sent", then_die(operations.sent))  # noqa: B010
        case _ if point.startswith("after="):  # the kernel ends it wherever it is
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, float(point.removeprefix("after=")))


def child(which: str, point: str, path: str) -> None:
    from clinic.core.tenancy import hospital
    from clinic.inbox import outgoing

    arrange(point, path)
    with hospital(UUID(which)):
        outgoing.send_due()


def main() -> None:
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
    import django

    django.setup()
    from clinic.inbox import outgoing  # noqa: F401  what a child needs is there before it is born
    from clinic.tenants.models import Hospital  # noqa: F401

    for line in sys.stdin:
        which, point = line.split()
        pid = os.fork()
        if pid == 0:
            try:
                child(which, point, sys.argv[1])
            finally:
                os._exit(0)
        _pid, status = os.waitpid(pid, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


if __name__ == "__main__":
    main()
