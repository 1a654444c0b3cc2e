"""Waiting-room screens: put up, paired by the desk, revoked (R3.42)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed
from clinic.core.limits import limit
from clinic.core.tenancy import require_hospital_id
from clinic.live.record import add, change, operation, record
from clinic.tenants import links
from clinic.tenants.models import CODE_LETTERS, HospitalConfig, PublicToken
from queues.models import Display, DisplayLine, Queue

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
    code: str, *, name: str, queues: Sequence[Queue], languages: Sequence[str] = ("en",), names: str = "token",
    actor: Actor,
) -> Display:  # fmt: skip
    """Make the screen that shows ``code`` one of this hospital's, showing these lines."""
    known = {key for key, _label in settings.LANGUAGES}
    if not queues:
        raise Invalid("display.no_lines", queues=["required"])
    if names not in {key for key, _label in HospitalConfig.NAMES}:
        raise Invalid("display.bad_names", names=[names])
    if not languages or set(languages) - known:
        raise Invalid("display.bad_language", languages=sorted(set(languages) - known))
    limit("pair", f"{actor.kind}:{actor.id}", *PAIRINGS)
    wanted = code.strip().upper().replace("-", "").replace(" ", "")
    token = PublicToken.objects.select_for_update(no_key=True).filter(
        code=wanted, purpose=PublicToken.DISPLAY, hospital=None
    )  # fmt: skip
    row = token.first() if wanted else None
    if row is None:
        raise NotAllowed("display.unknown_code")
    display = add(Display(name=name, languages=list(languages), names=names, paired_at=clock.now()))
    lines = [add(DisplayLine(display=display, queue=queue)) for queue in queues]
    PublicToken.objects.filter(pk=row.pk).update(hospital_id=require_hospital_id(), target=display.ref, code="")
    record("display.paired", display, *lines)
    return display


@operation("displays.manage")
def revoke(display: Display, *, actor: Actor) -> Display:
    """End a screen: its link answers as if it had never been."""
    if display.revoked_at is None:
        change(display, revoked_at=clock.now())
        links.end(PublicToken.DISPLAY, display.ref)
        record("display.revoked", display)
    return display
