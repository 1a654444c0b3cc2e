"""What tests of the pages share."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone

from clinic.core.access import Actor
from clinic.directory.models import Doctor
from clinic.live import render
from clinic.tenants import days, links
from clinic.tenants.models import HospitalConfig, PublicToken
from clinic.tenants.operations.hospitals import change_policies
from queues.models import Display, Leg, Queue, Visit
from queues.operations import calls, displays
from tests.world import House

HTMX = {"HX-Request": "true"}
"""A fragment asked for by a script."""


def signed_in(house: House, role: str) -> Client:
    client = Client()
    client.force_login(house.users[role], backend="django.contrib.auth.backends.ModelBackend")
    return client


def at(house: House, path: str) -> str:
    return f"/h/{house.hospital.slug}/{path}"


def toast(answer: Any) -> dict[str, str]:
    told: dict[str, str] = json.loads(answer["HX-Trigger"])["toast"]
    return told


def state_of(visit: Visit) -> str:
    return calls.leg_now(visit).state


def paired(house: House, **options: Any) -> tuple[Display, str]:
    token = displays.put_up()
    code = PublicToken.objects.get(hash=links.hashed(token)).code
    with house.open():
        return displays.pair(code, name="Hall", queues=[house.own, house.pool], actor=house.desk, **options), token


def pair(house: House, **options: Any) -> Display:
    displays.put_up()
    code = PublicToken.objects.latest("pk").code
    wanted: dict[str, Any] = {"name": "Waiting room", "queues": [house.own, house.pool], **options}
    return displays.pair(code, actor=house.desk, **wanted)


def everywhere(house: House, *visits: Visit) -> list[str]:
    """Every region of the lines in this hospital, and the visits' own places."""
    found = ["reception-sub:today", "lines-nav:today"]
    for queue in Queue.objects.all():
        found += [f"line:{queue.pk}", f"queue-head:{queue.pk}", f"line-label:{queue.pk}", f"line-away:{queue.pk}"]
    for doctor in Doctor.objects.all():
        found += [f"doctor-{part}:{doctor.pk}" for part in ("bar", "room", "next", "lines", "seen")]
    for display in Display.objects.all():
        found += [f"display-now:{display.pk}", f"display-lines:{display.pk}"]
    found += [f"patient-visits:{patient.pk}" for patient in house.people]
    department = house.department.pk
    return [*found, f"status:{department}", *(f"status:{department}#{visit.pk}" for visit in visits)]


def shown(name: str) -> Any:
    """What a region's loader gives under the hospital's time zone: its context, and its rows."""
    kind, _, key = name.partition(":")
    with timezone.override(days.current_hospital().zone):
        return render.kinds()[kind].load([key])[key]


def called(house: House) -> Leg:
    """The doctor calls the next."""
    leg = calls.call_next(house.doctor, actor=house.medic)
    assert leg is not None
    return leg


def set_policy(owner: Actor, **fields: Any) -> None:
    """Change policies as the owner would."""
    change_policies(HospitalConfig.objects.get(), actor=owner, **fields)


def missed(house: House) -> Leg:
    """The doctor calls the next twice, long enough apart and ago, and nobody comes: not yet said so (R3.12)."""
    with time_machine.travel(timezone.now() - timedelta(minutes=5), tick=False) as clock:
        leg = called(house)
        clock.shift(timedelta(seconds=90))
        calls.recall(leg.visit, actor=house.medic)
    return leg
