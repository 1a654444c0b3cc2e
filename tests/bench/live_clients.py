"""Open boards for ``bench_live``: many real sockets in one process, as light as can be, so that they do not measure
themselves. Reads JSON lines on stdin: ``{"round": region}`` begins one, and is answered when each has its frame.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
import time
from typing import Any


class Board(asyncio.Protocol):
    """One open page. It takes the time when bytes come and looks into them afterwards."""

    def __init__(self, boards: Boards) -> None:
        self.boards = boards
        self.buffer = bytearray()
        self.shaken = False
        self.arrived: list[tuple[float, bytes]] = []
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self.boards.path} HTTP/1.1\r\nHost: {self.boards.host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: {self.boards.origin}\r\nCookie: {self.boards.cookie}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self.buffer += data
        if not self.shaken:
            head, found, rest = bytes(self.buffer).partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.shaken = True
            self.buffer = bytearray(rest)
            self.send({"watch": dict.fromkeys(self.boards.regions, ""), "lang": "en"})
        while (text := self._frame()) is not None:
            self.arrived.append((now, text))
            self.boards.heard(self, text)

    def _frame(self) -> bytes | None:
        """The next whole text frame, if it has come."""
        data = self.buffer
        if len(data) < 2:
            return None
        size, start = data[1] & 0x7F, 2
        if size == 126:
            size, start = int.from_bytes(data[2:4]), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10]), 10
        if len(data) < start + size:
            return None
        opcode, text = data[0] & 0x0F, bytes(data[start : start + size])
        del data[: start + size]
        if opcode == 9:
            self._write(0x8A, text)
            return self._frame()
        return text if opcode == 1 else None

    def send(self, message: dict[str, Any]) -> None:
        self._write(0x81, json.dumps(message).encode())

    def _write(self, first: int, data: bytes) -> None:
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + struct.pack("!H", len(data))
        self.transport.write(bytes([first]) + size + bytes(4) + data)  # a mask of zeros leaves the data as it is


class Boards:
    """All of them."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.host, self.path, self.cookie = told["host"], told["path"], told["cookie"]
        self.origin, self.regions, self.count = told["origin"], told["regions"], told["count"]
        self.all: list[Board] = []
        self.waits_for = b'{"beat"'
        self.have: set[Board] = set()
        self.complete = asyncio.Event()

    def heard(self, board: Board, text: bytes) -> None:
        if self.waits_for in text:
            self.have.add(board)
            if len(self.have) == self.count:
                self.complete.set()

    def begin(self, start: str) -> None:
        """Wait for messages that hold this, from now on."""
        for board in self.all:
            board.arrived.clear()
        self.waits_for = start.encode()
        self.have.clear()
        self.complete.clear()

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        host, _, port = self.host.partition(":")
        for _ in range(0, self.count, 50):
            made = await asyncio.gather(
                *(loop.create_connection(lambda: Board(self), host, int(port)) for _ in range(min(50, self.count)))
            )
            self.all += [board for _, board in made]

    async def wait(self, longest: float = 10) -> dict[str, Any]:
        try:
            async with asyncio.timeout(longest):
                await self.complete.wait()
        except TimeoutError:
            pass
        got = [next((pair for pair in board.arrived if self.waits_for in pair[1]), None) for board in self.all]
        when = [pair[0] for pair in got if pair]
        last = [[text for _, text in board.arrived if self.waits_for in text][-1:] for board in self.all]
        frames = [frame for texts in last for text in texts for frame in self._frames(text)]
        return {
            "got": len(when), "first": min(when, default=0), "last": max(when, default=0),
            "bytes": max((len(json.dumps(frame, separators=(",", ":"))) for frame in frames), default=0),
            "digests": sorted({frame.get("digest", "") for frame in frames}),
        }  # fmt: skip

    def _frames(self, text: bytes) -> list[dict[str, Any]]:
        """Those of a message's frames that were waited for."""
        message = json.loads(text)
        frames: list[dict[str, Any]] = message.get("frames", [message])
        region = self.waits_for.decode().partition('"region":"')[2].rstrip('"')
        return [frame for frame in frames if not region or frame["region"] == region]


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    boards = Boards(json.loads(await reader.readline()))
    await boards.open()
    print(json.dumps(await boards.wait(60)), flush=True)
    while line := await reader.readline():
        boards.begin('"region":"' + json.loads(line)["round"] + '"')
        print(json.dumps({"begun": True}), flush=True)
        print(json.dumps(await boards.wait()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
