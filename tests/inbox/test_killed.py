"""Killed between commit and send: each message is sent at most once by us, or nobody knows, and staff is shown it.

Ten times here; two hundred with PROOF=1.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from clinic.core.access import SYSTEM
from clinic.inbox import operations, outgoing, regions
from clinic.inbox.models import SENDING, SENT, UNKNOWN, PatientMessage
from tests.inbox.nursery import journal
from tests.world import House, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.real_clock]
ROUNDS = 200 if os.environ.get("PROOF") == "1" else 10
POINTS = ("in-claim", "claimed", "taken", "settling", "settled")
ENDS = {"in-claim": SENT, "claimed": UNKNOWN, "taken": UNKNOWN, "settling": UNKNOWN, "settled": SENT}


class Nursery:
    def __init__(self, path: Path) -> None:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "clinic.settings", "CLINIC_ENV": "test", "SECRET_KEY": settings.SECRET_KEY,
            "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        }  # fmt: skip
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.inbox.nursery", str(path)], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def send(self, house: House, point: str) -> int:
        """A child that is killed at this point; the signal that ended it."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{house.hospital.pk} {point}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def got(self) -> Counter[str]:
        return Counter(self.path.read_text().split()) if self.path.exists() else Counter()


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    made = Nursery(tmp_path / "journal")
    yield made
    assert made.process.stdin is not None
    made.process.stdin.close()
    made.process.wait(30)


def told(house: House, count: int = 1) -> list[PatientMessage]:
    with house.open():
        who = house.patient(email=f"p{len(house.people)}@patients.example")
        return [
            operations.tell(who, "booked", about=f"somewhere:{who.pk}-{n}", facts={}, actor=SYSTEM)[0]
            for n in range(count)
        ]


def afterwards(house: House, nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker, when the leases are over: it sends what waits, and nothing that may have been sent."""
    monkeypatch.setattr(outgoing, "way", lambda _channel: journal(str(nursery.path)))
    with house.open(), time_machine.travel(timezone.now() + operations.LEASE + timedelta(seconds=1)):
        outgoing.send_due(10_000)
        outgoing.send_due(10_000)


def shown(house: House) -> set[str]:
    """What staff is asked to look at."""
    with house.open():
        return {row.key for row in regions.load_look([regions.TODAY])[regions.TODAY].rows or ()}


def test_killed_at_each_point(world: World, nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    house, made = world.harbor, list[tuple[str, PatientMessage]]()
    for n in range(ROUNDS):
        point = POINTS[n % len(POINTS)]
        made += [(point, row) for row in told(house)]
        assert nursery.send(house, point) == 9
        # What the one killed left behind is this round's, so that the next round's child meets its own first.
        with house.open():
            waits = PatientMessage.objects.filter(state="pending")
            waits.update(not_before=timezone.now() + timedelta(minutes=1))
    afterwards(house, nursery, monkeypatch)
    got = nursery.got()
    assert max(got.values()) == 1
    with house.open():
        states = {row.pk: row.state for row in PatientMessage.objects.all()}
    assert {(point, states[row.pk]) for point, row in made} == set(ENDS.items())
    for point, row in made:
        assert got[str(row.pk)] == (point != "claimed"), point
    assert shown(house) == {str(row.pk) for point, row in made if ENDS[point] == UNKNOWN}


def test_killed_at_any_moment(world: World, nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    house, chance = world.harbor, random.Random(4)
    killed = 0
    for _ in range(ROUNDS):
        told(house, 3)
        killed += nursery.send(house, f"after={chance.uniform(0.005, 0.08):.4f}") != 0
    assert killed
    afterwards(house, nursery, monkeypatch)
    got = nursery.got()
    with house.open():
        rows = list(PatientMessage.objects.all())
    assert len(rows) == 3 * ROUNDS
    assert not [row for row in rows if row.state == SENDING]
    assert {row.state for row in rows} <= {SENT, UNKNOWN}
    assert max(got.values()) == 1, "a patient was told twice"
    assert all(got[str(row.pk)] == 1 for row in rows if row.state == SENT)
    assert shown(house) == {str(row.pk) for row in rows if row.state == UNKNOWN}
