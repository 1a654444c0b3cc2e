"""The embedded broker's files, each of which appears whole.

The library's channel makes a file and then fills it. A worker that looks between the two reads nothing, takes it for a
message, and ends of the error: the message is lost until the sweep, and the worker until it is started again.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu import transport
from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Messages as files that are written beside and renamed; the newest name sorts last."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # two bases, two names
        name = f"{time.time_ns():020}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        beside = folder / f"{name}.part"
        try:
            beside.write_text(dumps(payload))
            os.replace(beside, folder / name)
        except OSError as error:
            raise ChannelError(f"Cannot add file {name!r} to directory") from error

    def get_table(self, exchange: str) -> Any:
        """Who is bound; nobody yet where the list is being made for the first time."""
        try:
            return super().get_table(exchange)
        except ValueError:
            return []


class Transport(filesystem.Transport):
    Channel = Channel


def install() -> None:
    """``filesystem://`` is this one from here on."""
    transport.TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
