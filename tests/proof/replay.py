"""An independent model of the lines: reads the log and believes nothing of the code that wrote it.

It imports nothing of the product. It reads plain rows of the log, plays them forward through its own small model of
domain/3 and names every fault it finds: an illegal step, a change whose "before" was not so, a patient in two places,
a doctor with two patients, a token given twice, somebody called out of turn, somebody without an end or a place, a gap
in the log, a broken chain, a row of another hospital.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.proof.steps import OPEN, RENUMBERS, STAYS, STEPS, WITH_SERVER

Rows = Iterable[Mapping[str, Any]]


@dataclass
class Line:
    """Who may call from a queue: its doctor; for a pool the doctors of the department who serve it; and whoever is
    signed on there.
    """

    department: str
    doctor: str | None
    pool: bool = True


@dataclass
class Server:
    department: str
    serves_pool: bool
    lanes: int


@dataclass
class Topology:
    """What does not change while people come and go."""

    lines: dict[str, Line]
    servers: dict[str, Server]
    further: set[tuple[str, str]] = field(default_factory=set)
    """(server, department) of the pools served besides the own department's."""

    def claimable(self, server: str) -> set[str]:
        who = self.servers[server]
        return {
            key for key, line in self.lines.items()
            if line.doctor == server
            or (line.pool and who.serves_pool and line.department == who.department)
            or (line.pool and (server, line.department) in self.further)
        }  # fmt: skip


@dataclass
class Told:
    """What one hospital's log says."""

    events: int = 0
    names: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    calls: int = 0
    crossed: int = 0
    """Calls that passed somebody by."""
    most_crossed: int = 0
    faults: list[str] = field(default_factory=list)


class Replay:
    """One hospital, event by event. ``callers`` is how many called at the same time: so far may a call cross."""

    def __init__(self, topology: Topology, *, callers: int) -> None:
        self.topology, self.callers = topology, callers
        self.rows: dict[str, dict[str, Any]] = {}
        self.open: set[str] = set()  # legs without an end
        self.placed: dict[str, int] = {}  # leg → seq of its last placement in line
        self.last: dict[str, list[tuple[int, dict[str, list[Any]]]]] = defaultdict(list)
        self.told = Told()
        self.legs_of: dict[str, list[str]] = defaultdict(list)
        self.gone: set[str] = set()  # legs that an undo took away: what was sent on and is not any more
        self.head = bytes(32)
        self.op = 0

    def fault(self, event: Mapping[str, Any], what: str) -> None:
        self.told.faults.append(f"event {event['seq']} {event['name']}: {what}")

    # --- one event ---------------------------------------------------------------------------------------------

    def feed(self, event: Mapping[str, Any]) -> None:
        self.told.events += 1
        self.told.names[event["name"]] += 1
        self._chain(event)
        touched = {*event["changes"], *(ref for ref in event["subjects"] if ref.startswith("leg:"))}
        before = {ref: dict(self.rows.get(ref, {})) for ref in touched}
        if event["name"] == "visit.called":
            self._turn(event)
        for ref, change in event["changes"].items():
            self._apply(event, ref, change)
        self._step(event, before)
        for ref, change in event["changes"].items():
            self.last[ref].append((event["op"], change["fields"]))
            fields = change["fields"]
            if ref.startswith("leg:"):
                here = change["op"] != "delete" and self.rows[ref]["state"] in OPEN
                (self.open.add if here else self.open.discard)(ref)
                if "order_at" in fields or "order_no" in fields or "state" in fields:
                    self.placed[ref] = event["seq"]
        self._alone(event)

    def _chain(self, event: Mapping[str, Any]) -> None:
        seq = event["seq"]
        if seq != self.told.events:
            self.fault(event, f"the log has a gap: {self.told.events} expected")
        if not self.op <= event["op"] <= seq:
            self.fault(event, "an operation's events do not stand together")
        self.op = event["op"]
        digest = bytes.fromhex(event["digest"])
        self.head = hashlib.sha256(self.head + seq.to_bytes(8, "big", signed=True) + digest).digest()

    def _apply(self, event: Mapping[str, Any], ref: str, change: Mapping[str, Any]) -> None:
        row = self.rows.get(ref)
        if change["op"] == "insert":
            if row is not None:
                self.fault(event, f"{ref} is made a second time")
            self.rows[ref] = {name: after for name, (_before, after) in change["fields"].items()}
            if ref.startswith("leg:"):
                self.legs_of[self.rows[ref]["visit_id"]].append(ref)
            return
        if change["op"] == "delete":
            if row is None or not ref.startswith("leg:") or event["name"] != "visit.undone":
                self.fault(event, f"{ref} is taken away")
            self.gone.add(ref)
        if row is None:  # made before the log began, by the test's own set-up
            self.rows[ref] = {name: after for name, (_before, after) in change["fields"].items()}
            if ref.startswith(("leg:", "visit:")):
                self.fault(event, f"{ref} changes and was never made")
            return
        for name, (before, after) in change["fields"].items():
            if name in row and _same(row[name]) != _same(before):
                self.fault(event, f"{ref}.{name} was {row[name]!r} and not {before!r}")
            row[name] = after

    # --- steps -------------------------------------------------------------------------------------------------

    def _step(self, event: Mapping[str, Any], before: dict[str, dict[str, Any]]) -> None:
        name = event["name"]
        legs = [ref for ref in event["subjects"] if ref.startswith("leg:")]
        if name == "visit.arrived":
            self._arrived(event, legs)
        elif name == "visit.undone":
            self._undone(event)
        elif name == "queue.resorted":
            for ref in legs:
                if before[ref].get("state") != self.rows[ref]["state"] or self.rows[ref]["state"] not in OPEN:
                    self.fault(event, f"{ref} did more than stand anew")
        elif name == "visit.due":
            self._due(event, legs, before)
        elif name in STEPS and legs:
            self._one_step(event, legs, before)
        elif legs:
            self.fault(event, "an event that no rule knows touches a leg")

    def _one_step(self, event: Mapping[str, Any], legs: list[str], before: dict[str, dict[str, Any]]) -> None:
        name, acted = event["name"], legs[0]
        was, now = before[acted].get("state"), self.rows[acted]["state"]
        froms, tos = STEPS[name]
        if was not in froms or now not in tos or (name in STAYS and was != now):
            self.fault(event, f"{acted} went from {was} to {now}")
        others = legs[1:]
        if name == "visit.sent_on":
            self._sent_on(event, acted, others)
            others = others[1:]
        for other in others:
            # Who is on hold keeps the place among those who wait (R3.13), so both are numbered anew.
            if name not in RENUMBERS or self.rows[other]["state"] not in ("waiting", "on_hold"):
                self.fault(event, f"{other} was touched on the way")
        if name == "visit.rejoin_declined" and now in OPEN:
            return  # they were let in meanwhile
        self._ends(event, acted)

    def _sent_on(self, event: Mapping[str, Any], acted: str, others: list[str]) -> None:
        """The next part of the same visit begins in another line."""
        if not others or others[0] not in event["changes"]:
            self.fault(event, f"{acted} was sent nowhere")
            return
        following = self.rows[others[0]]
        if (following["state"], following["visit_id"]) != ("waiting", self.rows[acted]["visit_id"]):
            self.fault(event, f"{others[0]} is not the next part of the visit")
        if following["queue_id"] == self.rows[acted]["queue_id"]:
            self.fault(event, f"{acted} was sent on to where it was")

    def _arrived(self, event: Mapping[str, Any], legs: list[str]) -> None:
        leg = self.rows[legs[0]]
        if leg["state"] != "waiting" or leg.get("server_id") is not None:
            self.fault(event, "somebody arrives who does not wait")
        if f"visit:{leg['visit_id']}" not in event["changes"]:
            self.fault(event, "a leg without its visit")

    def _undone(self, event: Mapping[str, Any]) -> None:
        """Every change is the reverse of that row's last operation, the whole of it."""
        for ref, change in event["changes"].items():
            history = self.last[ref]
            if not history:
                self.fault(event, f"{ref} has nothing to undo")
                continue
            op = history[-1][0]
            whole: dict[str, list[Any]] = {}
            for number, fields in history:
                if number == op:
                    for name, (before, after) in fields.items():
                        whole[name] = [whole[name][0] if name in whole else before, after]
            if change["op"] == "delete":
                continue  # what was inserted goes whole
            for name, (undone, restored) in change["fields"].items():
                if name not in whole or _same(whole[name]) != _same([restored, undone]):
                    self.fault(event, f"{ref}.{name} goes where it did not come from")
            if ref.startswith("leg:"):
                self._ends(event, ref)

    def _ends(self, event: Mapping[str, Any], acted: str) -> None:
        leg = self.rows[acted]
        visit = self.rows.get(f"visit:{leg['visit_id']}", {})
        parts = [ref for ref in self.legs_of[leg["visit_id"]] if ref not in self.gone]
        ended = all(self.rows[ref]["state"] not in OPEN for ref in parts)
        if ended != (visit.get("ended_at") is not None) or ended != bool(visit.get("outcome")):
            self.fault(event, f"{acted} is {leg['state']} and its visit ends {visit.get('ended_at')}")

    # --- what must be true at every moment -----------------------------------------------------------------------

    def _alone(self, event: Mapping[str, Any]) -> None:
        """Only rows this event changed can have broken it."""
        changed = {ref for ref in event["changes"] if ref.startswith("leg:")}
        if not changed:
            return
        places: dict[tuple[str, Any], list[str]] = defaultdict(list)
        visits: dict[str, list[str]] = defaultdict(list)
        for ref in self.open:
            row = self.rows[ref]
            visits[row["visit_id"]].append(ref)
            if row["state"] in WITH_SERVER:
                places[row["server_id"], row["lane"]].append(ref)
        for (server, lane), there in places.items():
            if server is None or lane is None or not 1 <= lane <= self.topology.servers[server].lanes:
                self.fault(event, f"{there[0]} is called into no room")
            elif len(there) > 1 and changed & set(there):
                self.fault(event, f"two patients are with {server}: {there}")
        for visit, legs in visits.items():
            if len(legs) > 1 and changed & set(legs):
                self.fault(event, f"visit:{visit} is in two places: {legs}")

    def _turn(self, event: Mapping[str, Any]) -> None:
        """Who is called stood at the head of the lines the doctor calls from, but for those who were being called,
        moved or taken in at that very moment.
        """
        acted = next(ref for ref in event["subjects"] if ref.startswith("leg:"))
        server = next(ref for ref in event["subjects"] if ref.startswith("doctor:")).removeprefix("doctor:")
        lines = self.topology.claimable(server) | self._signed_on(server)
        leg = self.rows.get(acted)
        if leg is None or leg["queue_id"] not in lines:
            self.fault(event, f"{acted} is called from a line that {server} does not call from")
            return
        settled = event["seq"] - 3 * self.callers
        passed = [
            ref for ref in self.open
            if self.rows[ref]["state"] == "waiting" and self.rows[ref]["queue_id"] in lines
            and self.placed[ref] <= settled and _place(ref, self.rows[ref]) < _place(acted, leg)
        ]  # fmt: skip
        self.told.calls += 1
        self.told.crossed += bool(passed)
        self.told.most_crossed = max(self.told.most_crossed, len(passed))
        if len(passed) >= self.callers:
            self.fault(event, f"{acted} passes {len(passed)} others: {passed}")

    def _signed_on(self, server: str) -> set[str]:
        posts = (row for ref, row in self.rows.items() if ref.startswith("sign_on:"))
        return {row["queue_id"] for row in posts if row["server_id"] == server and row["ended_at"] is None}

    # --- the end -------------------------------------------------------------------------------------------------

    def close(self, clock: Mapping[str, Any], legs: Rows, visits: Rows) -> Told:
        """Compare with the rows as they stand, and with the clock row."""
        end = {"seq": self.told.events, "name": "(the end)"}
        if clock["seq"] != self.told.events or bytes.fromhex(clock["head"]) != self.head:
            self.fault(end, "the end of the log does not meet the clock")
        self._compare(end, "leg", legs, ("state", "visit_id", "queue_id", "server_id", "lane", "order_no", "skips"))
        self._compare(end, "visit", visits, ("token", "token_number", "outcome", "klass"))
        self._tokens(end)
        open_legs: dict[str, int] = defaultdict(int)
        for ref in self.open:
            open_legs[self.rows[ref]["visit_id"]] += 1
        for ref, row in self.rows.items():
            if not ref.startswith("visit:"):
                continue
            places = open_legs[ref.removeprefix("visit:")]
            came = self.legs_of[ref.removeprefix("visit:")]
            if row.get("expected_on") is not None and not came and not places:
                continue  # expected on another day, or lapsed: without a place until they are there
            if (row["ended_at"] is None) != (places == 1):
                self.fault(end, f"{ref} has no end and {places} places")
        return self.told

    def _due(self, event: Mapping[str, Any], legs: list[str], before: dict[str, dict[str, Any]]) -> None:
        """Somebody who came early stands where they were booked from now on (R2.7)."""
        for ref in legs:
            then, now = before[ref], self.rows[ref]
            if then.get("due") or not now["due"] or then.get("state") != now["state"]:
                self.fault(event, f"{ref} did more than become due")

    def _compare(self, end: Mapping[str, Any], kind: str, rows: Rows, names: tuple[str, ...]) -> None:
        known = {ref for ref in self.rows if ref.startswith(f"{kind}:")} - self.gone
        for row in rows:
            ref = f"{kind}:{row['id']}"
            if ref not in known:
                self.fault(end, f"{ref} is not in the log")
                continue
            known.discard(ref)
            for name in names:
                if _same(self.rows[ref].get(name)) != _same(row[name]):
                    self.fault(end, f"{ref}.{name} is {row[name]!r}, by the log {self.rows[ref].get(name)!r}")
        for ref in known:
            self.fault(end, f"{ref} is in the log and nowhere else")

    def _tokens(self, end: Mapping[str, Any]) -> None:
        """Whoever came and whoever booked a number drew from one counter; a booked number is its visit's, too."""
        given: dict[tuple[str, Any], dict[str, list[int]]] = defaultdict(lambda: {"visit": [], "appointment": []})
        for ref, row in self.rows.items():
            kind = ref.partition(":")[0]
            if kind in ("visit", "appointment") and row["token_number"] is not None:
                prefix = row["token"].rpartition("-")[0]
                given[prefix, row["token_period"]][kind].append(row["token_number"])
        for key, drawn in given.items():
            numbers = {*drawn["visit"], *drawn["appointment"]}
            twice = any(len(set(kind)) != len(kind) for kind in drawn.values())
            if twice or numbers != set(range(1, len(numbers) + 1)):
                self.fault(end, f"tokens of {key} are not 1 to {len(numbers)}, each once")


def strangers(told: Mapping[str, Iterable[str]]) -> list[str]:
    """References that stand in the logs of two hospitals."""
    owner: dict[str, str] = {}
    found: list[str] = []
    for where, refs in told.items():
        found += [ref for ref in refs if owner.setdefault(ref, where) != where]
    return found


def _place(ref: str, row: Mapping[str, Any]) -> tuple[bool, datetime, int, str]:
    return (not row["due"], _moment(row["order_at"]), row["order_no"], ref.removeprefix("leg:"))


def _moment(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.astimezone(UTC)


def _same(value: Any) -> Any:
    """Values as they can be compared: a UUID and a time have one written form here."""
    if isinstance(value, list):
        return [_same(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


Reader = Callable[[str], list[dict[str, Any]]]
"""Runs one SELECT and gives its rows by column name."""


def check(read: Reader, hospital: str, *, callers: int) -> tuple[Told, set[str]]:
    """Replay one hospital's whole log. ``hospital`` is its id as it stands in the database. Also the refs seen."""
    own = f"WHERE hospital_id = '{hospital}'"
    lines = {
        str(row["id"]): Line(
            str(row["department_id"]), str(row["doctor_id"]) if row["doctor_id"] else None, row["sort"] == "pool"
        )
        for row in read(f"SELECT id, department_id, doctor_id, sort FROM queues_queue {own}")
    }
    servers = {
        str(row["id"]): Server(str(row["department_id"]), bool(row["serves_pool"]), row["parallel_rooms"])
        for row in read(f"SELECT id, department_id, serves_pool, parallel_rooms FROM directory_doctor {own}")
    }
    served = read(f"SELECT doctor_id, department_id FROM directory_doctordepartment {own}")
    further = {(str(row["doctor_id"]), str(row["department_id"])) for row in served}
    replay = Replay(Topology(lines, servers, further), callers=callers)
    refs: set[str] = set()
    for event in read(f"SELECT seq, op, name, subjects, changes, digest FROM live_event {own} ORDER BY seq"):
        refs.update(event["subjects"])
        replay.feed(event)
    legs = read(f"SELECT id, state, visit_id, queue_id, server_id, lane, order_no, skips FROM queues_leg {own}")
    visits = read(f"SELECT id, token, token_number, outcome, klass FROM queues_visit {own}")
    (clock,) = read(f"SELECT seq, head FROM live_clock {own}")
    return replay.close(clock, legs, visits), refs
