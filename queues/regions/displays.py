"""The waiting room's regions: tokens, rooms, doctors, states; a name only if policy and patient allow it (R3.40)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone, translation

from clinic.core.nouns import split_ref
from clinic.live.models import Event
from clinic.live.regions import Loaded, uuids
from clinic.tenants import days
from queues.models import CALLED, IN_PROGRESS, NO_SHOW, WAITING, Display, Leg, Queue
from queues.models import DisplayLine as PairedLine
from queues.regions import words
from queues.regions.rows import Call, DisplayLine, DisplayNow, DisplayShell, InRoom, Said, TakenBack

NEXT_SHOWN = 4
MISSED_SHOWN = 5
PLEASE_WAIT = timedelta(seconds=60)
"""How long "please wait" stands after a call was undone (R3.19)."""


@dataclass(slots=True)
class Board:
    """One display with its lines."""

    display: Display
    queues: list[Queue] = field(default_factory=list)

    @property
    def topics(self) -> frozenset[str]:
        doctors = {f"doctor:{queue.doctor_id}" for queue in self.queues if queue.doctor_id}
        return frozenset({f"display:{self.display.pk}", "hospital", *doctors, *(q.ref for q in self.queues)})

    @property
    def refs(self) -> frozenset[str]:
        rooms = {f"room:{q.doctor.room_id}" for q in self.queues if q.doctor and q.doctor.room_id}
        return frozenset({q.department.ref for q in self.queues} | rooms)

    def announces(self, leg: Leg) -> bool:
        """A call belongs here if its line is shown, or the line of the doctor who called."""
        return any(leg.queue_id == queue.pk or leg.server_id == queue.doctor_id for queue in self.queues)


def _boards(keys: Sequence[str]) -> dict[str, Board]:
    """Displays that are paired and not revoked, with their lines: two queries."""
    ids = uuids(keys)
    displays = Display.objects.filter(pk__in=list(ids), revoked_at=None)
    boards = {display.pk: Board(display) for display in displays}
    lines = PairedLine.objects.filter(display__in=list(boards)).select_related(
        "queue__department", "queue__doctor__room"
    )
    for line in lines.order_by("queue__department__prefix", "queue__sort", "queue__name", "id"):
        boards[line.display_id].queues.append(line.queue)
    return {ids[pk]: board for pk, board in boards.items()}


# --- now -------------------------------------------------------------------------------------------------------------


def load_now(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``display-now:<display>``: five queries, one more for a minute after an undone call."""
    boards = _boards(keys)
    queues = {queue.pk for board in boards.values() for queue in board.queues}
    doctors = {queue.doctor_id for board in boards.values() for queue in board.queues if queue.doctor_id}
    here = days.current_hospital()
    day = days.service_day(here)
    legs = Leg.objects.filter(
        Q(state__in=(CALLED, IN_PROGRESS)) & (Q(queue__in=queues) | Q(server__in=doctors))
        | Q(state=NO_SHOW, queue__in=queues, visit__service_day=day)
    )
    found = list(legs.select_related("visit__patient", "server", "room").order_by("-called_at", "id"))
    back = taken_back()
    policy = days.policies().display_names
    return {key: _now(board, [leg for leg in found if board.announces(leg)], back, policy)
            for key, board in boards.items()}  # fmt: skip


def _now(board: Board, legs: list[Leg], back: list[tuple[Leg, TakenBack]], policy: str) -> Loaded:
    names = words.names_allowed(board.display.names, policy)
    by_state: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        by_state[leg.state].append(leg)
    now = DisplayNow(
        calls=tuple(_call(leg, board.display.languages, names) for leg in by_state[CALLED]),
        rooms=tuple(_in_room(leg, names) for leg in by_state[IN_PROGRESS]),
        taken_back=tuple(told for leg, told in back if board.announces(leg)),
        missed=tuple(leg.visit.token for leg in by_state[NO_SHOW][:MISSED_SHOWN]),
    )
    refs = {ref for leg in legs for ref in (f"patient:{leg.visit.patient_id}", f"room:{leg.room_id}")}
    doctors = {f"doctor:{leg.server_id}" for leg in legs}
    return Loaded(now, topics=board.topics, refs=board.refs | refs | doctors)


def _call(leg: Leg, languages: Iterable[str], names: str) -> Call:
    assert leg.called_at is not None  # leg_called_has_server
    assert leg.server is not None
    room = leg.room.name if leg.room else ""
    return Call(
        # Each call and recall has its own moment; a number of calls would come back when a call is undone.
        key=f"{leg.pk.hex[-10:]}-{int(leg.called_at.timestamp())}", token=leg.visit.token, room=room,
        doctor=leg.server.name, name=words.public_name(leg.visit.patient, names),
        says=tuple(_said(language, leg.visit.token, room) for language in languages), called_at=leg.called_at,
    )  # fmt: skip


def _said(language: str, token: str, room: str) -> Said:
    with translation.override(language):
        return Said(language, words.announcement(token, room))


def _in_room(leg: Leg, names: str) -> InRoom:
    assert leg.server is not None  # leg_called_has_server
    room = leg.room.name if leg.room else ""
    return InRoom(leg.visit.token, room, leg.server.name, words.public_name(leg.visit.patient, names))


def taken_back() -> list[tuple[Leg, TakenBack]]:
    """Calls undone within the last minute whose patients wait again, from the log (R3.19)."""
    since = timezone.now() - PLEASE_WAIT
    undone = Event.objects.filter(name="visit.undone", at__gte=since, reason__contains="visit.called").order_by("-seq")
    when = {
        UUID(split_ref(ref)[1]): at + PLEASE_WAIT
        for subjects, at in undone.values_list("subjects", "at")
        for ref in subjects
        if split_ref(ref)[0] == "leg"
    }
    if not when:
        return []
    legs = Leg.objects.filter(pk__in=list(when), state=WAITING).select_related("visit")
    return [(leg, TakenBack(leg.visit.token, when[leg.pk])) for leg in legs.order_by("visit__token")]


# --- lines -----------------------------------------------------------------------------------------------------------


def load_display_lines(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``display-lines:<display>``: three queries."""
    boards = _boards(keys)
    queues = {queue.pk for board in boards.values() for queue in board.queues}
    tokens: dict[UUID, list[str]] = defaultdict(list)
    for queue_id, token in Leg.objects.waiting().filter(queue__in=queues).in_order().values_list(
        "queue_id", "visit__token"
    ):  # fmt: skip
        tokens[queue_id].append(token)
    return {
        key: Loaded(
            DisplayShell(len(board.queues)), tuple(_line(queue, tokens[queue.pk]) for queue in board.queues),
            board.topics, board.refs,
        )
        for key, board in boards.items()
    }  # fmt: skip


def _line(queue: Queue, tokens: list[str]) -> DisplayLine:
    doctor, department = queue.doctor, queue.department.shown_name
    return DisplayLine(
        key=str(queue.pk), doctor=doctor.name if doctor else department, department=department if doctor else "",
        status=doctor.status if doctor else "", status_text=words.status_text(doctor) if doctor else "",
        room=doctor.room.name if doctor and doctor.room else "", tokens=tuple(tokens[:NEXT_SHOWN]),
        more=max(len(tokens) - NEXT_SHOWN, 0), paused=doctor.is_paused if doctor else False,
    )  # fmt: skip
