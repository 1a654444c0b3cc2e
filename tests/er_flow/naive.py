"""What an emergency department's figures are, from its log alone and the long way round.

Nothing of ``er_flow`` is imported here: whoever reads the events reads them again in their own words, so that the
product and this can only agree by both being right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
MET = {
    "ats": {1: 0, 2: 10, 3: 30, 4: 60, 5: 120}, "ctas": {1: 0, 2: 15, 3: 30, 4: 60, 5: 120},
}  # fmt: skip
LOOK_EVERY = {2: 15, 3: 30, 4: 60, 5: 120}
ENDED = {"discharged", "admitted", "transferred", "expired", "lwbs", "lwot", "ama", "eloped"}


def minutes(some: float) -> timedelta:
    return timedelta(minutes=some)


class Log:
    """The rows as the events tell them."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = defaultdict(dict)
        self.read = 0

    def feed(self, events: Iterable[Any]) -> None:
        for event in events:
            assert event.seq == self.read + 1, f"a gap before {event.seq}"
            self.read = event.seq
            for ref, told in event.changes.items():
                kind, _, key = ref.partition(":")
                row = self.rows[kind].setdefault(key, {"id": key})
                for name, (before, after) in told["fields"].items():
                    assert row.get(name, value(before)) == value(before), (ref, name)
                    row[name] = value(after)
                if told["op"] == "delete":
                    del self.rows[kind][key]

    def visits(self) -> list[Row]:
        return list(self.rows["er_visit"].values())

    def here(self) -> list[Row]:
        return [visit for visit in self.visits() if visit["state"] not in ENDED]

    def looks(self, visit: str) -> list[Row]:
        """Triages and reassessments that stand, the earliest first."""
        rows = [row for row in self.rows["triage"].values() if row["visit_id"] == visit and row["error_at"] is None]
        return sorted((row for row in rows if row["sort"] != "vitals"), key=lambda row: row["at"])

    def stays(self) -> list[Row]:
        return list(self.rows["bed_stay"].values())

    def stages(self, visit: str) -> list[Row]:
        rows = [row for row in self.rows["er_stage"].values() if row["visit_id"] == visit]
        return sorted(rows, key=lambda row: (row["began_at"], row["id"]))


def value(told: Any) -> Any:
    if isinstance(told, str) and len(told) >= 19 and told[4:5] == "-" and "T" in told:
        return datetime.fromisoformat(told)
    return told


# --- now -------------------------------------------------------------------------------------------------------------


def delayed(log: Log, now: datetime, *, targets: str = "ats", to_triage: int = 10, grace: int = 2) -> list[str]:
    """Who waits longer than they should, sickest first, then by arrival; nobody's level yet: on top."""
    found = []
    for visit in log.here():
        if visit["seen_at"] is not None:
            continue
        level = visit["level"]
        most = to_triage if level is None else grace if level == 1 else MET[targets][level]
        if now > visit["arrived_at"] + minutes(most):
            found.append((0 if level is None else level, visit["arrived_at"], visit["id"]))
    return [key for _level, _at, key in sorted(found)]


def boarding(log: Log) -> set[str]:
    """Whoever is to go to a ward and is still here."""
    return {
        visit["id"]
        for visit in log.here()
        if visit["state"] == "boarding" or (visit["state"] == "disposition" and visit["admit_at"] is not None)
    }


def score(log: Log, now: datetime, hospital_beds: int) -> float:
    """NEDOCS, term by term."""
    here = log.here()
    beds = [bed for bed in log.rows["bed"].values() if bed["is_active"] and bed["state"] != "blocked"]
    admits = [visit["admit_at"] for visit in here if visit["admit_at"] is not None]
    bedded = sorted((visit["bedded_at"], visit["arrived_at"]) for visit in here if visit["bedded_at"] is not None)
    points = -20.0
    points += 85.8 * (len(here) / len(beds))
    points += 600 * (len(admits) / hospital_beds)
    points += 13.4 * min(2, len([visit for visit in here if visit["ventilated"]]))
    if admits:
        points += 0.93 * ((now - min(admits)).total_seconds() / 3600)
    if bedded:
        points += 5.64 * ((bedded[-1][0] - bedded[-1][1]).total_seconds() / 3600)
    return min(200.0, max(0.0, points))


# --- over a period ---------------------------------------------------------------------------------------------------


def percentile(lengths: list[timedelta], percent: int) -> int | None:
    """The nearest rank, in whole minutes."""
    if not lengths:
        return None
    ordered = sorted(lengths)
    at = -(-len(ordered) * percent // 100) - 1
    return int(ordered[at].total_seconds() // 60)


def told(lengths: list[timedelta]) -> Row:
    return {"n": len(lengths), "median": percentile(lengths, 50), "p90": percentile(lengths, 90)}


def part(some: int, of: int) -> Row:
    return {"count": some, "n": of, "share": round(some / of, 4) if of else None}


def measures(
    log: Log, begin: datetime, end: datetime, now: datetime, *, department: str = "", targets: str = "ats",
    grace: int = 2, boarder_after: int = 240,
) -> Row:  # fmt: skip
    """Every measure of those who came from ``begin`` on and before ``end``."""
    came = [visit for visit in log.visits() if begin <= visit["arrived_at"] < end]
    if department:
        came = [visit for visit in came if visit["department_id"] == department]
    gone = [visit for visit in came if visit["state"] in ENDED]
    seen = [visit for visit in came if visit["seen_at"] is not None]

    def lengths(some: list[Row], first: str, last: str) -> list[timedelta]:
        return [visit[last] - visit[first] for visit in some if visit[first] is not None and visit[last] is not None]

    boards = lengths(gone, "admit_at", "departed_at")
    discharged = [visit for visit in gone if visit["state"] == "discharged"]
    found: Row = {
        "visits": len(came), "still_here": len(came) - len(gone),
        "ends": {end: n for end in sorted(ENDED) if (n := sum(visit["state"] == end for visit in came))},
        "door_to_triage": told(lengths(came, "arrived_at", "triaged_at")),
        "door_to_provider": told(lengths(came, "arrived_at", "seen_at")),
        "length_of_stay": told(lengths(gone, "arrived_at", "departed_at")),
        "boarding": told(boards), "op18": told(lengths(discharged, "arrived_at", "departed_at")),
        "op22": part(sum(visit["state"] == "lwbs" for visit in came), len(came)),
        "boarders": part(sum(one >= minutes(boarder_after) for one in boards), len(boards)),
        "levels": {
            str(level): part(sum((visit["level"] or 0) == level for visit in came), len(came)) for level in range(6)
        },
    }  # fmt: skip
    found["door_to_provider_by_level"], found["target_met"] = {}, {}
    for level in range(1, 6):
        waits = lengths([visit for visit in seen if visit["level"] == level], "arrived_at", "seen_at")
        most = minutes(max(grace, MET[targets][level]) if level == 1 else MET[targets][level])
        found["door_to_provider_by_level"][str(level)] = told(waits)
        found["target_met"][str(level)] = part(sum(wait <= most for wait in waits), len(waits))
    found["target_met"] = {"levels": found["target_met"]}
    found["ecat"] = ecat(gone)
    matrix = [[0] * 5 for _ in range(5)]
    due = in_time = 0
    for visit in came:
        for look in log.looks(visit["id"]):
            if look["suggested"] is not None and look["level"] is not None:
                matrix[look["suggested"] - 1][look["level"] - 1] += 1
        some, good = looks_in_time(log, visit, now)
        due, in_time = due + some, in_time + good
    found["concordance"] = {"matrix": matrix}
    found["reassessments"] = part(in_time, due)
    return found


def ecat(gone: list[Row]) -> Row:
    parts = dict.fromkeys(("space", "unevaluated", "boarded", "stayed"), 0)
    either = 0
    for visit in gone:
        spaces = [at for at in (visit["bedded_at"], visit["seen_at"]) if at is not None] or [visit["departed_at"]]
        so = {
            "space": min(*spaces, visit["departed_at"]) > visit["arrived_at"] + minutes(60),
            "unevaluated": visit["state"] == "lwbs",
            "boarded": visit["admit_at"] is not None and visit["departed_at"] > visit["admit_at"] + minutes(240),
            "stayed": visit["departed_at"] > visit["arrived_at"] + minutes(480),
        }
        for name, is_so in so.items():
            parts[name] += is_so
        either += any(so.values())
    return {**part(either, len(gone)), "parts": {name: part(n, len(gone)) for name, n in parts.items()}}


def looks_in_time(log: Log, visit: Row, now: datetime) -> tuple[int, int]:
    """Minute hands of one patient: how often a look was due while they waited, and how often it came in time."""
    stop = min(at for at in (visit["seen_at"], visit["departed_at"], now) if at is not None)
    level, alarm, due, good = None, None, 0, 0
    for look in log.looks(visit["id"]):
        if look["at"] >= stop:
            break
        if alarm is not None:
            due += 1
            good += look["at"] <= alarm
        level = look["level"] if look["level"] is not None else level
        alarm = look["at"] + minutes(LOOK_EVERY[level]) if level in LOOK_EVERY else None
    if alarm is not None and alarm < stop:
        due += 1
    return due, good


def agree(told: Row, wanted: Row, path: str = "") -> None:
    """Everything that was found here is told there; what else is told there are words."""
    for name, value in wanted.items():
        if isinstance(value, dict) and name != "ends":
            agree(told[name], value, f"{path}/{name}")
        else:
            assert told[name] == value, f"{path}/{name}: {told[name]}, and the log says {value}"
