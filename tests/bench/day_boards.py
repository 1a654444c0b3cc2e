"""Open boards for ``bench_day``: each notes when a region showed which state of the log. JSON lines on stdin.

The first line opens them; ``{"listen": true}`` forgets what came so far; ``{"heard": [[seq, when, region], …]}`` is
answered with how long after that moment each board showed that region with that seq or a later one.
"""

from __future__ import annotations

import asyncio
import bisect
import json
import sys
from typing import Any

from tests.bench.live_clients import Board, Boards


def late(board: Board, commits: list[tuple[int, float, str]]) -> list[float]:
    """Seconds from each commit to the first frame of its region that holds it."""
    seqs: dict[str, list[int]] = {}
    times: dict[str, list[float]] = {}
    for when, text in board.arrived:
        message = json.loads(text)
        for frame in message.get("frames", [message]):
            if "seq" in frame and frame.get("region", "").startswith("line:"):
                known = seqs.setdefault(frame["region"], [])
                known.append(max(frame["seq"], known[-1] if known else 0))
                times.setdefault(frame["region"], []).append(when)
    found = []
    for seq, when, region in commits:
        n = bisect.bisect_left(seqs.get(region, []), seq)
        if n < len(seqs.get(region, [])):
            found.append(max(0.0, times[region][n] - when))
    return found


def forget(boards: Boards) -> None:
    for board in boards.all:
        board.arrived.clear()


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    boards = Boards(json.loads(await reader.readline()))
    await boards.open()
    print(json.dumps(await boards.wait(60)), flush=True)
    while line := await reader.readline():
        told: dict[str, Any] = json.loads(line)
        if "listen" in told:
            forget(boards)
            print(json.dumps({"listening": True}), flush=True)
        else:
            commits = [(seq, when, region) for seq, when, region in told["heard"]]
            found = [one for board in boards.all for one in late(board, commits)]
            missed = len(commits) * len(boards.all) - len(found)
            print(json.dumps({"late": found, "missed": missed}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
