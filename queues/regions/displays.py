"""The waiting room's regions: tokens, rooms, doctors, states; a name only if policy and patient allow it (R3.40)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone, translation

from clinic.core.nouns import split_ref
from clinic.directory.models import Doctor
from clinic.live.models import Event
from clinic.live.regions import Loaded, uuids
from clinic.tenants import days
from clinic.tenants.models import HospitalConfig
from queues.estimates import shown
from queues.models import CALLED, IN_PROGRESS, NO_SHOW, WAITING, Display, DisplayRoom, Leg, Queue
from queues.models import DisplayLine as PairedLine
from queues.regions import duty, spoken, words
from queues.regions.rows import Call, DisplayLine, DisplayNow, DisplayShell, InRoom, Said, TakenBack

NEXT_SHOWN = 4
MISSED_SHOWN = 5
PLEASE_WAIT = timedelta(seconds=60)
"""How long "please wait" stands after a call was undone (R3.19)."""


@dataclass(slots=True)
class Board:
    """One display with its lines and rooms."""

    display: Display
    queues: list[Queue] = field(default_factory=list)
    rooms: set[UUID] = field(default_factory=set)

    @property
    def topics(self) -> frozenset[str]:
        doctors = {f"doctor:{queue.doctor_id}" for queue in self.queues if queue.doctor_id}
        lines = {queue.ref for queue in self.queues}
        # Whoever takes from a pool may be of any department; calls to a room may come from any line.
        served = {"directory"} if len(doctors) < len(self.queues) else set()
        anywhere = {"reception"} if self.rooms else set()
        return frozenset({f"display:{self.display.pk}", "hospital", *doctors, *lines, *served, *anywhere})

    @property
    def refs(self) -> frozenset[str]:
        rooms = {f"room:{q.doctor.room_id}" for q in self.queues if q.doctor and q.doctor.room_id}
        return frozenset({q.department.ref for q in self.queues} | rooms)

    def announces(self, leg: Leg) -> bool:
        """A call belongs here if its line is shown, the line of the doctor who called, or the room it calls to."""
        here = any(leg.queue_id == queue.pk or leg.server_id == queue.doctor_id for queue in self.queues)
        return here or leg.room_id in self.rooms


def _boards(keys: Sequence[str]) -> dict[str, Board]:
    """Displays that are paired and not revoked, with their lines and rooms: three queries."""
    ids = uuids(keys)
    displays = Display.objects.filter(pk__in=list(ids), revoked_at=None)
    boards = {display.pk: Board(display) for display in displays}
    lines = PairedLine.objects.filter(display__in=list(boards)).select_related(
        "queue__department", "queue__doctor__room"
    )
    for line in lines.order_by("queue__department__prefix", "queue__sort", "queue__name", "id"):
        boards[line.display_id].queues.append(line.queue)
    for display, room in DisplayRoom.objects.filter(display__in=list(boards)).values_list("display", "room"):
        boards[display].rooms.add(room)
    return {ids[pk]: board for pk, board in boards.items()}


# --- now -------------------------------------------------------------------------------------------------------------


def load_now(keys: Sequence[str]) -> Mapping[str, Loaded]:
    """``display-now:<display>``: seven queries, one more for a minute after an undone call."""
    boards = _boards(keys)
    queues = {queue.pk for board in boards.values() for queue in board.queues}
    doctors = {queue.doctor_id for board in boards.values() for queue in board.queues if queue.doctor_id}
    rooms = {room for board in boards.values() for room in board.rooms}
    here = days.current_hospital()
    day = days.service_day(here)
    legs = Leg.objects.filter(
        Q(state__in=(CALLED, IN_PROGRESS)) & (Q(queue__in=queues) | Q(server__in=doctors) | Q(room__in=rooms))
        | Q(state=NO_SHOW, visit__service_day=day) & (Q(queue__in=queues) | Q(room__in=rooms))
    )
    related = ("visit__patient", "server", "room", "queue__department", "queue__doctor")
    found = list(legs.select_related(*related).order_by("-called_at", "id"))
    back = taken_back()
    policy = days.policies()
    return {key: _now(board, [leg for leg in found if board.announces(leg)], back, policy)
            for key, board in boards.items()}  # fmt: skip


def languages_of(display: Display, policy: HospitalConfig) -> tuple[str, ...]:
    """What a display speaks: its own languages, else those of the policy."""
    return tuple(display.languages or policy.languages)


def _now(board: Board, legs: list[Leg], back: list[tuple[Leg, TakenBack]], policy: HospitalConfig) -> Loaded:
    display = board.display
    names = words.names_allowed(display.names, policy.display_names)
    languages = languages_of(display, policy)
    by_state: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        by_state[leg.state].append(leg)
    is_ever_silent = policy.mute_from is not None and policy.mute_until is not None
    now = DisplayNow(
        name=display.name, language=languages[0] if languages else "", sound=display.sound,
        silent_from=f"{policy.mute_from:%H:%M}" if is_ever_silent else "",
        silent_until=f"{policy.mute_until:%H:%M}" if is_ever_silent else "",
        calls=tuple(_call(leg, languages, names) for leg in by_state[CALLED]),
        rooms=tuple(_in_room(leg, names) for leg in by_state[IN_PROGRESS]),
        taken_back=tuple(_back(told, languages) for leg, told in back if board.announces(leg)),
        missed=tuple(leg.visit.token for leg in by_state[NO_SHOW][:MISSED_SHOWN]),
    )  # fmt: skip
    refs = {ref for leg in legs for ref in (f"patient:{leg.visit.patient_id}", f"room:{leg.room_id}")}
    doctors = {f"doctor:{leg.server_id}" for leg in legs}
    return Loaded(now, topics=board.topics, refs=board.refs | refs | doctors)


def _call(leg: Leg, languages: Iterable[str], names: str) -> Call:
    assert leg.called_at is not None  # leg_called_has_server
    room, token = leg.room.name if leg.room else "", leg.visit.token
    return Call(
        # Each call and recall has its own moment; a number of calls would come back when a call is undone.
        key=f"{leg.pk.hex[-10:]}-{int(leg.called_at.timestamp())}", token=token, room=room, doctor=_who(leg),
        name=words.public_name(leg.visit.patient, names),
        says=_said(languages, lambda: words.announcement(token, room)),
        clips=spoken.clips(token, room, counter=leg.queue.sort == Queue.COUNTER), called_at=leg.called_at,
    )  # fmt: skip


def _who(leg: Leg) -> str:
    """Who called, as the public may read it: a doctor's name; for nurses and clerks the line's."""
    assert leg.server is not None  # leg_called_has_server
    return leg.server.name if leg.server.sort == Doctor.DOCTOR else spoken.line_name(leg.queue)


def _said(languages: Iterable[str], sentence: Callable[[], str]) -> tuple[Said, ...]:
    found = []
    for language in languages:
        with translation.override(language):
            found.append(Said(language, sentence()))
    return tuple(found)


def _back(told: TakenBack, languages: Iterable[str]) -> TakenBack:
    says = _said(languages, lambda: spoken.please_wait(told.token))
    return replace(told, says=says, clips=spoken.clips(told.token, "", wait=True))


def _in_room(leg: Leg, names: str) -> InRoom:
    room = leg.room.name if leg.room else ""
    return InRoom(leg.visit.token, room, _who(leg), words.public_name(leg.visit.patient, names))


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
    """``display-lines:<display>``: five queries, three more where a pool or counter is shown."""
    boards = _boards(keys)
    queues = {queue.pk: queue for board in boards.values() for queue in board.queues}
    tokens: dict[UUID, list[str]] = defaultdict(list)
    for queue_id, token in Leg.objects.waiting().filter(queue__in=list(queues)).in_order().values_list(
        "queue_id", "visit__token"
    ):  # fmt: skip
        tokens[queue_id].append(token)
    waits, unserved = shown.of(queues), duty.unserved(queues.values())
    rows = {pk: _line(queue, tokens[pk], waits[pk].joining, is_unserved=pk in unserved) for pk, queue in queues.items()}
    return {
        key: Loaded(
            DisplayShell(len(board.queues)), tuple(rows[queue.pk] for queue in board.queues), board.topics, board.refs
        )
        for key, board in boards.items()
    }


def _line(queue: Queue, tokens: list[str], joining: tuple[int, int] | None, *, is_unserved: bool) -> DisplayLine:
    doctor, department, name = queue.doctor, queue.department.shown_name, spoken.line_name(queue)
    paused = doctor.is_paused if doctor else is_unserved
    again = doctor.status_until if doctor and paused else None
    return DisplayLine(
        key=str(queue.pk), doctor=name, department=department if department != name else "",
        status=doctor.status if doctor else "", status_text=words.status_text(doctor) if doctor else "",
        room=doctor.room.name if doctor and doctor.room else "", tokens=tuple(tokens[:NEXT_SHOWN]),
        more=max(len(tokens) - NEXT_SHOWN, 0), paused=paused, again=words.clock(again) if again else "",
        joining=None if paused else joining,
    )  # fmt: skip
