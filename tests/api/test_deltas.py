"""Documents change only with an event that names them: whoever applies deltas has what a reload would give."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.live import outbox, registry
from clinic.live.models import Event
from tests.api.client import Api, api
from tests.api.routes import Route, routes
from tests.api.samples import SAMPLES
from tests.world import House, World

pytestmark = pytest.mark.django_db
WRITES = [route for route in routes() if route.method != "GET" and route.ability not in (None, "platform.account")]


def documents(house: House) -> dict[str, Any]:
    """Every document of the hospital, by ref."""
    with house.open():
        found: dict[str, Any] = {}
        for kind, (_ability, build) in registry.faces().items():
            keys = [str(pk) for pk in registry.kinds()[kind]._base_manager.values_list("pk", flat=True)]
            found |= {f"{kind}:{key}": doc for key, doc in build(keys).items()}
        return found


def told(house: House, after: int) -> set[str]:
    with house.open():
        return {
            ref
            for subjects in Event.objects.filter(seq__gt=after).values_list("subjects", flat=True)
            for ref in subjects
        }


def head(house: House) -> int:
    with house.open():
        return int(Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0)


UNSEEN = {"queue_doctor_recall", "queue_line_recall", "queue_line_sign_off", "visits_decline_rejoin",
          "series_conflicts", "er_triage_suggest"}  # fmt: skip
"""Acts that change no document: a recall is announced, a post and a question are of the screens, conflicts and what a
triage would suggest are only read."""


@pytest.mark.parametrize("route", WRITES, ids=[route.name for route in WRITES])
def test_what_changed_was_told(world: World, route: Route) -> None:
    house = world.harbor
    request = SAMPLES[route.name].make(house)
    caller = api(house, request.role) if request.role else Api()
    outbox.run(house.hospital.pk)
    before, seq = documents(house), head(house)
    answer = caller.send(request.method, request.path, request.body)
    assert answer.status == request.status
    outbox.run(house.hospital.pk)
    after = documents(house)
    changed = {ref for ref in before.keys() | after.keys() if before.get(ref) != after.get(ref)}
    assert changed or route.name in UNSEEN
    assert changed <= told(house, seq), changed - told(house, seq)


@pytest.mark.parametrize("kind", ["doctor", "room", "department", "patient"])
def test_a_new_name_reaches_every_document_that_shows_it(world: World, kind: str) -> None:
    house = world.harbor
    house.waiting(3)
    api(house, "doctor").post(f"queue/doctor/{house.doctor.pk}/next")
    outbox.run(house.hospital.pk)
    before, seq = documents(house), head(house)
    row: Any = house.people[0] if kind == "patient" else getattr(house, kind)
    name = {"family_name" if kind == "patient" else "name": "Renamed"}
    assert api(house).patch(f"{kind}s/{row.pk}", name).status == 200
    while outbox.run(house.hospital.pk):
        pass
    after = documents(house)
    changed = {ref for ref in before if before[ref] != after.get(ref)}
    assert any(ref.startswith("visit:") for ref in changed)
    assert changed <= told(house, seq), changed - told(house, seq)
