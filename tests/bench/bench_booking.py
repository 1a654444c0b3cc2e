"""Bookings on PostgreSQL: what is free, who is found, who gets a place of fifty, and what the book costs.

``python -m tests.bench.bench_booking [--times 40] [--rounds 10] [--only free,find,race,book,remind]``

A clinic of 15 doctors whose next four weeks are booked to 70 %, and a country of 200 more clinics with 10 doctors each.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.bench import kit

if TYPE_CHECKING:
    from tests.bench.booking_house import Clinic

CLINICS, DOCTORS_EACH = 200, 10
PROCESSES, THREADS = 5, 10
"""Fifty at once, as five servers with ten threads each."""
DUE = 5000
HEAD = ("", "p50 ms", "p95 ms", "processor ms", "queries")
Row = Sequence[object]


def timed(what: str, run: Callable[[], Any], times: int, before: Callable[[], Any] | None = None) -> Row:
    """A line of a table: how long it takes, how much of it this process computes, and how many queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took, used = [], []
    for n in range(times + 2):
        if before is not None:
            before()
        begun, worked = time.perf_counter(), time.thread_time()
        run()
        if n > 1:
            took.append((time.perf_counter() - begun) * 1000)
            used.append((time.thread_time() - worked) * 1000)
    if before is not None:
        before()
    with CaptureQueriesContext(connection) as queries:
        run()
    shown = (kit.middle(took), kit.centile(took, 0.95), kit.middle(used))
    return [what, *(f"{one:.1f}" for one in shown), len(queries)]


# --- what is free ----------------------------------------------------------------------------------------------------


def free(clinic: Clinic, times: int) -> None:
    from clinic.directory import listing
    from queues.availability import book
    from queues.models import Queue

    line, monday, last = clinic.lines[3], clinic.first, clinic.first + timedelta(days=27)
    with clinic.house.open():
        pool = Queue.objects.get(sort=Queue.POOL)
        rows = [
            timed("a day of one doctor", lambda: book.day(line, monday), times),
            timed("28 days of one doctor", lambda: book.days(line, monday, last), times),
            timed("28 days of a pool", lambda: book.days(pool, monday, last), times),
            timed("the next free place of one doctor", lambda: book.next_free(line), times),
            timed("the next free place of all 15", lambda: book.next_free_of(clinic.lines), times),
            timed("the listing's next free places, all 15", lambda: listing.refresh(actor=_system()), times),
        ]
    kit.table(f"What is free: 15 doctors, {clinic.booked:,} bookings in four weeks, {times} times each", HEAD, rows)
    kit.ratio("28 days against one", float(str(rows[1][3])) / float(str(rows[0][3])), "≤ 5")


def _system() -> Any:
    from clinic.core.access import SYSTEM

    return SYSTEM


# --- who is found ----------------------------------------------------------------------------------------------------


def find(times: int) -> None:
    from django.test import Client

    from clinic.directory.find import choices, search
    from tests.bench import booking_house

    booking_house.country(CLINICS, DOCTORS_EACH)
    near = {"latitude": 49.0, "longitude": 2.0}
    client = Client(headers={"host": "localhost"})
    questions: dict[str, dict[str, Any]] = {
        "everybody, by name": {},
        "everybody, soonest first": {"ordering": "soonest"},
        "a city": {"city": "Town 7"},
        "words": {"q": "anna cardio"},
        "speciality, fee and language": {"specialization": "derma", "maxFee": 80, "language": "French"},
        "within 50 km, nearest first": {**near, "radius": 50},
        "within 300 km, soonest first": {**near, "radius": 300, "ordering": "soonest"},
    }
    rows = [timed(f"{name} ({len(search(asked))})", lambda asked=asked: search(asked), times)  # type: ignore[misc]
            for name, asked in questions.items()]  # fmt: skip
    rows.append(timed("what there is to choose from", choices, times))

    def page(path: str) -> Callable[[], None]:
        def get() -> None:
            from django.core.cache import cache

            cache.clear()  # one address asks more often than anybody may
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)

        return get

    for name, path in {
        "the page": "/find/", "the page of a city": "/find/?city=Town+7",
        "the API": "/api/v1/doctors/search?city=Town+7",
    }.items():  # fmt: skip
        rows.append(timed(name, page(path), times))
    kit.table(f"Find a doctor: {CLINICS} clinics × {DOCTORS_EACH}, {times} times each", HEAD, rows)


# --- who gets the place ----------------------------------------------------------------------------------------------


def race(clinic: Clinic, rounds: int) -> None:
    """Fifty for one place, then sixteen for places of their own, then one alone."""
    from queues.availability import book

    days = [clinic.first + timedelta(days=n) for n in range(28)]
    with clinic.house.open():
        free_of = {line.pk: [slot.starts_at for day in book.days(line, days[0], days[-1]) for slot in day.slots]
                   for line in clinic.lines}  # fmt: skip
    contested = [(line, at) for line in clinic.lines for at in free_of[line.pk][::11]][: rounds + 1]
    taken = {(line.pk, at) for line, at in contested}
    own = [[(line, at) for at in free_of[line.pk] if (line.pk, at) not in taken] for line in clinic.lines]
    many = kit.together(_crowd(clinic, contested), PROCESSES, rounds=rounds)
    answers = [[told for each in run.results for told in each] for run in many]
    wins = [sum(told["won"] for told in of) for of in answers]
    free_still = _really_free(clinic, answers)
    places = [place for column in zip(*(one[:120] for one in own), strict=False) for place in column]
    half = len(places) // 2
    spread = kit.together(_each_their_own(clinic, places[:half], 4), 4, rounds=rounds)
    alone = kit.together(_each_their_own(clinic, places[half:], 1), 1, rounds=rounds)
    took = [told["took"] * 1000 for of in answers for told in of]

    def rate(runs: list[kit.Run]) -> float:
        return kit.middle([sum(map(len, run.results)) / run.seconds for run in runs])

    each = [kit.middle([told * 1000 for run in runs for one in run.results for told in one])
            for runs in (spread, alone)]  # fmt: skip
    fifty = kit.middle([len(of) / run.seconds for of, run in zip(answers, many, strict=True)])
    kit.table(
        f"Booking, {rounds} rounds", ("", "answers/s", "p50 ms", "what came out"),
        [
            ("50 at once for one place", f"{fifty:.0f}", f"{kit.middle(took):.0f}",
             f"1 won in {sum(won == 1 for won in wins)} of {rounds}; {free_still}"),
            ("16 at once, places of their own", f"{rate(spread):.0f}", f"{each[0]:.0f}", "all booked"),
            ("one after the other", f"{rate(alone):.0f}", f"{each[1]:.0f}", "all booked"),
        ],
    )  # fmt: skip
    kit.ratio("16 at once against one after the other", rate(spread) / rate(alone), "≥ 1")


def _crowd(clinic: Clinic, places: list[Any]) -> Callable[[int], list[dict[str, Any]]]:
    """In each process: ten threads with connections of their own, a place for each round."""
    pools: list[ThreadPoolExecutor] = []
    rounds = iter(places)

    def work(process: int) -> list[dict[str, Any]]:
        if not pools:
            pools.append(ThreadPoolExecutor(THREADS))
        line, at = next(rounds)
        people = clinic.people[process * THREADS : (process + 1) * THREADS]
        return list(pools[0].map(lambda who: _try(clinic, line, who, at), people))

    return work


def _try(clinic: Clinic, line: Any, who: Any, at: Any) -> dict[str, Any]:
    from clinic.core.errors import Conflict
    from queues.operations import appointments

    begun = time.perf_counter()
    told: dict[str, Any] = {"won": 1, "instead": []}
    with clinic.house.open():
        try:
            appointments.book(line, who, starts_at=at, override_reason="as agreed", actor=clinic.house.desk)
        except Conflict as refused:
            if refused.code != "slot.taken":
                raise
            told = {"won": 0, "instead": refused.details["alternatives"]}
    return {**told, "took": time.perf_counter() - begun}


def _really_free(clinic: Clinic, answers: list[list[dict[str, Any]]]) -> str:
    """Of what the losers were offered, how much can still be booked when all is over: no round takes another's."""
    from datetime import datetime

    from queues.availability import book
    from queues.models import Queue

    losers = [told for of in answers for told in of if not told["won"]]
    offered = {(one["queue"], one["starts_at"]) for told in losers for one in told["instead"]}
    with clinic.house.open():
        lines = {str(row.pk): row for row in Queue.objects.all()}
        free = sum(
            bool(book.free_at(lines[pk], None, [datetime.fromisoformat(at)])) for pk, at in offered
        )  # fmt: skip
    assert all(told["instead"] for told in losers), "somebody was offered nothing"
    return f"{len(losers)} × 409, of {len(offered)} times offered {free} free"


def _each_their_own(clinic: Clinic, places: list[Any], threads: int) -> Callable[[int], list[float]]:
    """In each process so many threads, four bookings each and round, of places that nobody else wants."""
    pools: list[ThreadPoolExecutor] = []
    nth = [0]

    def work(process: int) -> list[float]:
        if not pools:
            pools.append(ThreadPoolExecutor(threads))
        mine = places[process::4] if threads > 1 else places
        some = [mine[(nth[0] + n) % len(mine)] for n in range(4 * threads)]
        nth[0] += len(some)
        people = clinic.people[100 + process * 100 :]
        todo = [(line, who, at) for (line, at), who in zip(some, people, strict=False)]
        told = list(pools[0].map(lambda one: _try(clinic, *one), todo))
        assert all(one["won"] for one in told)
        return [one["took"] for one in told]

    return work


# --- the book --------------------------------------------------------------------------------------------------------


def pages(clinic: Clinic, times: int) -> None:
    """The book's pages as the desk sees them, and its columns after one booking as every open page gets them."""
    from clinic.live import letters, render
    from clinic.live.render import Want
    from queues.availability import book
    from queues.regions.book import key_of
    from tests.queues.helpers import at, signed_in

    house, day = clinic.house, clinic.first + timedelta(days=1)
    client = signed_in(house, "receptionist")
    client.defaults["HTTP_HOST"] = "localhost"
    paths = {
        "the day, 15 doctors": f"book/?day={day}",
        "the week of one doctor": f"book/?day={day}&view=week&doctor={clinic.lines[3].doctor_id}",
    }
    line = clinic.lines[3]
    with house.open():
        hold = _hold(clinic, line, book.day(line, day).slots[0].starts_at)

    def get(path: str) -> Callable[[], None]:
        def run() -> None:
            assert client.get(at(house, path)).status_code == 200

        return run

    rows = []
    for name, path in paths.items():
        rows.append(timed(f"{name}: nothing changed", get(path), times))
        rows.append(timed(f"{name}: right after a change", get(path), times, before=hold))
        rows.append(timed(f"{name}: nothing kept", get(path), max(times // 4, 3), before=render.forget))
    wants = {("en", Want("book", key_of(line.pk, day), frozenset())): None for line in clinic.lines}
    wants[("en", Want("book-day", day.isoformat(), frozenset()))] = None
    shown: dict[Any, Any] = dict(letters.flush(house.hospital.pk, None, wants).drawn)
    seen = [max(snapshot.seq for snapshot in shown.values() if snapshot)]
    counts: list[int] = []

    def push() -> None:
        before = render.rendered()
        told = letters.flush(house.hospital.pk, seen[0], shown)
        seen[0] = told.news.head
        shown.update(told.drawn)
        counts.append(render.rendered() - before)

    rows.append(timed("the open book's regions after one change", push, times, before=hold))
    kit.table(f"The book, 15 columns booked to 70 %, {times} times each", HEAD, rows)
    print(f"  rows and elements rendered for one change: {kit.middle(counts):.0f}")


def _hold(clinic: Clinic, line: Any, at: Any) -> Callable[[], None]:
    """A free place is kept for somebody, and given back the next time: each a change with its event."""
    from queues.operations import appointments

    kept: list[Any] = []

    def change() -> None:
        with clinic.house.open():
            if kept:
                appointments.release(kept.pop(), actor=clinic.house.desk)
            else:
                kept.append(appointments.hold(line, starts_at=at, actor=clinic.house.desk))

    return change


# --- messages --------------------------------------------------------------------------------------------------------


def remind(house: Any, times: int) -> None:
    from clinic.inbox.models import PatientMessage
    from queues import reminders
    from tests.bench import booking_house, houses

    booking_house.due_tomorrow(house, DUE)
    with house.open():
        with kit.stopwatch() as seconds:
            told = reminders.remind()
        first = seconds()
        houses.run("ANALYZE")
        made = PatientMessage.objects.count()
        rows: list[Row] = [
            ["the first sweep: all are told", f"{first * 1000:.0f}", "", "", f"{made:,} messages"],
            timed("every further sweep: nobody is new", reminders.remind, max(times // 4, 3)),
        ]
    kit.table(f"Reminders, {DUE:,} bookings for tomorrow ({told:,} due)", HEAD, rows)
    print(f"  {first / max(told, 1) * 1000:.2f} ms for each who is told, {told / first:.0f} a second")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", default="free,find,race,book,remind")
    options = parser.parse_args()
    only = options.only.split(",")
    kit.start("booking")
    from tests import world
    from tests.bench import booking_house

    both = world.build()
    clinic = booking_house.clinic(both.harbor)
    if "free" in only:
        free(clinic, options.times)
    if "find" in only:
        find(options.times)
    if "book" in only:
        pages(clinic, options.times)
    if "race" in only:
        race(clinic, options.rounds)
    if "remind" in only:
        remind(both.hilltop, options.times)


if __name__ == "__main__":
    main()
