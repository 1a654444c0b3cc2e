"""Waiting-room screens: put up, paired by the desk, changed, revoked (R3.42)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed, NotFound
from clinic.core.limits import limit
from clinic.core.nouns import Versioned
from clinic.core.tenancy import require_hospital_id
from clinic.directory.models import Room
from clinic.live.record import add, change, drop, operation, record
from clinic.tenants import links
from clinic.tenants.models import CODE_LETTERS, HospitalConfig, PublicToken
from queues.models import Display, DisplayLine, DisplayRoom, Queue

TRIES = 20
PAIRINGS = (60, 600)
"""Codes one member or key may try in ten minutes: a screen of another hospital's must not be found by trying."""


def put_up() -> str:
    """A new screen without a hospital: makes its secret link and the code it shows, returns the link's token.

    Nothing of any hospital is touched; the desk that types the code makes the screen its own.
    """
    for _ in range(TRIES):
        token = links.random_token()
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(6))
        row = PublicToken(hash=links.hashed(token), purpose=PublicToken.DISPLAY, code=code)
        made = PublicToken.objects.bulk_create([row], ignore_conflicts=True)
        if PublicToken.objects.filter(hash=made[0].hash).exists():
            return token
    raise IntegrityError("no free pairing code")


@operation("displays.manage")
def pair(
    code: str, *, name: str, queues: Sequence[Queue] = (), rooms: Sequence[Room] = (), languages: Sequence[str] = (),
    names: str = "token", sound: bool = True, actor: Actor,
) -> Display:  # fmt: skip
    """Make the screen that shows ``code`` one of this hospital's, showing these lines and the calls to these rooms.

    Without ``languages`` it speaks those of the hospital's policy. The screen turns into the board by itself.
    """
    _check(queues=queues, rooms=rooms, languages=languages, names=names)
    _must_see(actor, [*queues, *rooms])
    limit("pair", f"{actor.kind}:{actor.id}", *PAIRINGS)
    wanted = code.strip().upper().replace("-", "").replace(" ", "")
    token = PublicToken.objects.select_for_update(no_key=True).filter(
        code=wanted, purpose=PublicToken.DISPLAY, hospital=None
    )  # fmt: skip
    row = token.first() if wanted else None
    if row is None:
        raise NotAllowed("display.unknown_code")
    display = add(Display(name=name, languages=list(languages), names=names, sound=sound, paired_at=clock.now()))
    shown: list[Versioned] = [add(DisplayLine(display=display, queue=queue)) for queue in queues]
    shown += [add(DisplayRoom(display=display, room=room)) for room in rooms]
    PublicToken.objects.filter(pk=row.pk).update(hospital_id=require_hospital_id(), target=display.ref, code="")
    record("display.paired", display, *shown)
    return display


@operation("displays.manage")
def change_display(
    display: Display, *, queues: Sequence[Queue] | None = None, rooms: Sequence[Room] | None = None, actor: Actor,
    **fields: Any,
) -> Display:  # fmt: skip
    """Change a paired screen: its lines, its rooms, and of its ``fields`` name, languages, names and sound.

    What is left out stays. The screen itself learns of it and shows the new board.
    """
    if set(fields) - {"name", "languages", "names", "sound"}:
        raise TypeError(f"unknown fields: {sorted(fields)}")
    held: Display | None = Display.objects.select_for_update(no_key=True).filter(pk=display.pk).first()
    if held is None:
        raise NotFound()
    if held.revoked_at is not None:
        raise NotAllowed("display.revoked")
    lines, doors = list(held.lines.select_related("queue")), list(held.rooms.select_related("room"))
    given = {"languages": held.languages, "names": held.names, **fields}
    _check(
        queues=lines if queues is None else queues, rooms=doors if rooms is None else rooms,
        languages=given["languages"], names=given["names"],
    )  # fmt: skip
    _must_see(actor, [*(line.queue for line in lines), *(door.room for door in doors), *(queues or ()), *(rooms or ())])
    told = change(held, **{name: list(value) if name == "languages" else value for name, value in fields.items()})
    touched: list[Versioned] = []
    if queues is not None:
        make = [DisplayLine(display=held, queue=queue) for queue in queues]
        touched += _swap({line.queue_id: line for line in lines}, {line.queue_id: line for line in make})
    if rooms is not None:
        wanted = [DisplayRoom(display=held, room=room) for room in rooms]
        touched += _swap({door.room_id: door for door in doors}, {door.room_id: door for door in wanted})
    if told or touched:
        record("display.changed", held, *touched)
    return held


def _swap(held: Mapping[Any, Versioned], wanted: Mapping[Any, Any]) -> list[Versioned]:
    """Drop what is no longer wanted, add what is new; returns both."""
    gone = [row for key, row in held.items() if key not in wanted]
    for row in gone:
        drop(row)
    return [*gone, *(add(row) for key, row in wanted.items() if key not in held)]


def _check(*, queues: Sequence[Any], rooms: Sequence[Any], languages: Iterable[str], names: str) -> None:
    known = {key for key, _label in settings.LANGUAGES}
    if not queues and not rooms:
        raise Invalid("display.no_lines", queues=["required"])
    if names not in {key for key, _label in HospitalConfig.NAMES}:
        raise Invalid("display.bad_names", names=[names])
    if set(languages) - known:
        raise Invalid("display.bad_language", languages=sorted(set(languages) - known))


def _must_see(actor: Actor, shown: Iterable[Queue | Room]) -> None:
    for department in {row.department_id for row in shown}:
        actor.must_see(department)


@operation("displays.manage")
def revoke(display: Display, *, actor: Actor) -> Display:
    """End a screen: its link answers as if it had never been."""
    lines, doors = display.lines.select_related("queue"), display.rooms.select_related("room")
    _must_see(actor, [*(line.queue for line in lines), *(door.room for door in doors)])
    if display.revoked_at is None:
        change(display, revoked_at=clock.now())
        links.end(PublicToken.DISPLAY, display.ref)
        record("display.revoked", display)
    return display
