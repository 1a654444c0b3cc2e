"""One change to an emergency department of 200 that many watch: how soon the last board has it, and what it costs.

``python -m tests.bench.bench_er_board [--boards 100] [--rounds 20] [--redis redis://127.0.0.1:6379/9]``

PostgreSQL; the act in the server's own process and in another one, heard through Redis. The boards are real sockets in
a third process and show what the page shows: the rows, the figures, the surge flag.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.bench import kit
from tests.bench.bench_live import QUIET, Process, Told, check_digest, cookie_of, free_port, open_boards

if TYPE_CHECKING:
    from clinic.live.letters import Flushed, Key
    from tests.er_flow.ward import Ward

ACTS = ("assign", "see", "reassess")
PAGE = ("er-board", "er-strip", "er-surge")
MAPS = ("er-beds", "er-needs")
WATCHED = {"the board alone": PAGE[:1], "the page": PAGE, "the page and the map of beds": (*PAGE, *MAPS)}
Act = Callable[[str], Told]


def furnish(patients: int) -> Ward:
    """Half of those who have a level lie in a bed, a third of the beds are free, a few wait for triage."""
    from tests import world
    from tests.bench import er_house
    from tests.er_flow.ward import policies

    house = world.build().harbor
    ward = er_house.furnish(house, patients * 7 // 10)
    with house.open():
        policies(house, hospital_beds=300)
    visits = er_house.crowd(ward, patients, untriaged=patients // 20)
    lying = [visit for visit in visits if visit.level is not None][::2]
    er_house.lay(ward, lying, list(ward.beds.values())[: len(lying)])
    er_house.settle()
    return ward


# --- over the sockets ------------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What became of the changes of one kind."""

    first: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    rendered: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    got: int = 0


def measure(way: str, server: Process, boards: Process, act: Act, region: str, rounds: int, count: int
            ) -> tuple[list[list[object]], list[float]]:  # fmt: skip
    """Some rounds of each act; the rows of the table, and all times of the last board."""
    seen = {what: Seen() for what in ACTS}
    for n in range(rounds + 1):
        for what, here in seen.items():
            time.sleep(QUIET)
            before = server.ask("tell")["rendered"]
            boards.ask(json.dumps({"round": region}))
            done = act(what)
            told = boards.hear()
            rendered = server.ask("tell")["rendered"] - before
            if not n:
                continue  # the first of each kind compiles templates
            here.got += told["got"]
            here.first.append((told["first"] - done["bell"]) * 1000)
            here.last.append((told["last"] - done["bell"]) * 1000)
            here.rendered.append(rendered)
            here.sizes.append(told["bytes"])
        act("renew")
    rows = [
        [way, what, f"{here.got} of {count * rounds}", f"{kit.middle(here.first):.1f}", f"{kit.middle(here.last):.1f}",
         f"{kit.centile(here.last, 0.95):.1f}", f"{kit.middle(here.rendered):.0f}", max(here.rendered),
         f"{max(here.sizes):,}"]
        for what, here in seen.items()
    ]  # fmt: skip
    return rows, [ms for here in seen.values() for ms in here.last]


# --- one flush by itself ---------------------------------------------------------------------------------------------


@dataclass
class Cost:
    """What flushes after one kind of act cost."""

    ms: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    rendered: list[int] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class Shown:
    """What a process shows of these regions; ``catch_up`` is what it does after a bell."""

    def __init__(self, ward: Ward, kinds: tuple[str, ...]) -> None:
        from clinic.live import regions
        from clinic.live.render import Want

        self.which, key = ward.house.hospital.pk, str(ward.department.pk)
        names = {kind: Want(kind, key, regions.audience_of(ward.nurse, kind)) for kind in kinds}
        self.held: dict[Key, Any] = {("en", want): None for want in names.values()}
        self.head: int | None = None
        self.catch_up()

    def flush(self) -> Flushed:
        from clinic.live import letters

        return letters.flush(self.which, self.head, self.held)

    def take(self, flushed: Flushed) -> dict[str, int]:
        """Show this from now on; the bytes of each frame that leads there."""
        sizes = {
            want.kind: len(new.frame_from(old).encode())
            for (lang, want), new in flushed.drawn.items()
            if new and (old := self.held[lang, want]) and old.digest != new.digest
        }
        self.head, self.held = flushed.news.head, self.held | flushed.drawn
        return sizes

    def catch_up(self) -> None:
        self.take(self.flush())


def flushes(ward: Ward, kinds: tuple[str, ...], act: Act, rounds: int) -> dict[str, Cost]:
    """After each act: its statements once, then so many times how long it takes and what it renders."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from clinic.live import render

    shown, costs = Shown(ward, kinds), {what: Cost() for what in ACTS}
    for n in range(rounds + 1):
        for what, cost in costs.items():
            act(what)
            if not n:
                with CaptureQueriesContext(connection) as queries:
                    shown.catch_up()
                cost.asked = [table_of(one["sql"]) for one in queries]
            else:
                before, begun, used = render.rendered(), time.perf_counter(), time.process_time()
                flushed = shown.flush()
                cost.processor.append((time.process_time() - used) * 1000)
                cost.ms.append((time.perf_counter() - begun) * 1000)
                cost.rendered.append(render.rendered() - before)
                for kind, size in shown.take(flushed).items():
                    cost.sizes[kind] = max(size, cost.sizes.get(kind, 0))
        act("renew")
        shown.catch_up()
    return costs


def table_of(sql: str) -> str:
    """What a statement reads first."""
    found = re.search(r'FROM "(\w+)"', sql)
    return found[1] if found else sql[:40]


def show_flushes(ward: Ward, act: Act, rounds: int) -> dict[str, dict[str, Cost]]:
    found = {title: flushes(ward, kinds, act, rounds) for title, kinds in WATCHED.items()}
    rows = [
        [title, what, len(cost.asked), f"{kit.middle(cost.rendered):.0f}", f"{kit.middle(cost.ms):.1f}",
         f"{kit.centile(cost.ms, 0.95):.1f}", f"{kit.middle(cost.processor):.1f}",
         ", ".join(f"{kind} {size:,}" for kind, size in cost.sizes.items())]
        for title, costs in found.items() for what, cost in costs.items()
    ]  # fmt: skip
    kit.table(
        "One flush by itself: the log is read, and what it concerns",
        ["watched", "act", "queries", "rendered", "ms", "p95", "processor ms", "largest frames, bytes"],
        rows,
    )
    for title, costs in found.items():
        print(f"  {title} asks: {', '.join(costs['assign'].asked)}")
    return found


# --- all of it -------------------------------------------------------------------------------------------------------


def run(count: int, rounds: int, patients: int, redis: str) -> None:
    os.environ["SECRET_KEY"] = secrets.token_hex(32)  # the server must know the session made here
    kit.start("er_board")
    port = free_port()
    os.environ["PORT"], os.environ["REDIS_URL"] = str(port), redis
    from django.conf import settings
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)
    ward = furnish(patients)
    from tests.bench.er_acts import Acts

    settings.REDIS_URL = redis
    names = [f"{kind}:{ward.department.pk}" for kind in PAGE]
    elsewhere, started = Acts(ward.house.hospital), list[Process]()
    try:
        server = Process("tests.bench.live_server", str(port), "harbor", "tests.bench.er_acts", PORT=str(port))
        started.append(server)
        server.hear()
        boards = open_boards(port, cookie_of(ward.house, "nurse"), names, count)
        started.append(boards)
        ways: dict[str, Act] = {"same process": lambda what: server.ask(f"act {what}"), "other process": elsewhere.run}
        found = {way: measure(way, server, boards, act, names[0], rounds, count) for way, act in ways.items()}
        time.sleep(QUIET)
        boards.ask(json.dumps({"round": names[0]}))
        elsewhere.run("assign")
        check_digest(ward.house, ward.nurse, names[0], boards.hear()["digests"])
    finally:
        for process in reversed(started):
            process.end()
    kit.table(f"One change of one row, {count} boards of {patients} patients; ms after the bell",
              ["way", "act", "received", "first", "last, median", "last, p95", "rendered, median", "most",
               "frame, bytes"], [row for rows, _late in found.values() for row in rows])  # fmt: skip
    flushed = show_flushes(ward, elsewhere.run, rounds)
    for way, (_rows, late) in found.items():
        kit.ratio(f"last of {count} boards, {way}, median ms", kit.middle(late), "≤ 100")
    alone, page = flushed["the board alone"], flushed["the page"]
    kit.ratio("rows rendered per change", max(kit.middle(one.rendered) for one in alone.values()), "1")
    kit.ratio("with the strip", max(kit.middle(one.rendered) for one in page.values()), "≤ 2")
    kit.ratio("queries of a flush, the board", max(len(one.asked) for one in alone.values()), "≤ 6")
    kit.ratio("queries of a flush, the page", max(len(one.asked) for one in page.values()), "≤ 6")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--redis", default=os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/9"))
    options = parser.parse_args()
    run(options.boards, options.rounds, options.patients, options.redis)


if __name__ == "__main__":
    main()
