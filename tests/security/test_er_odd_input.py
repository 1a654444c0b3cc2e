"""What nobody's browser sends to the emergency department is answered, never a fault."""

from __future__ import annotations

import pytest

from er_flow.models import EmergencyVisit
from tests.api.client import api
from tests.er_flow.ward import Ward, emergency
from tests.queues.helpers import at, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db
SOME_ID = "0198c5f2-7a31-7c40-9d11-2f6a1b7c8d90"


@pytest.fixture
def ward(world: World) -> Ward:
    with world.harbor.open():
        return emergency(world.harbor)


@pytest.mark.parametrize("level", ["²", "٣", "9", "-1", "9" * 5000])
@pytest.mark.parametrize("page", ["suggestion", "triage"])
def test_a_level_that_is_none_leaves_the_suggested_one(world: World, ward: Ward, page: str, level: str) -> None:
    with world.harbor.open():
        visit = ward.arrived()
    told = {"by_hand": level, "was": "5/", "avpu": "alert", "hr": "80", "rr": "16"}
    answer = signed_in(world.harbor, "nurse").post(at(world.harbor, f"er/visits/{visit.pk}/{page}/"), told)
    assert answer.status_code in (200, 400)
    assert 'id="level-5" checked' in answer.content.decode()
    with world.harbor.open():
        assert EmergencyVisit.objects.get().level is None


@pytest.mark.parametrize("days", ["from=0001-01-01&to=0001-01-02", "from=9999-12-30&to=9999-12-31"])
@pytest.mark.parametrize("path", ["er/log?", "er/measures?", "er/measures/patients?measure=visits&"])
def test_the_calendars_last_days_are_no_days_of_a_log(world: World, ward: Ward, path: str, days: str) -> None:
    answer = api(world.harbor, "nurse").get(f"{path}{days}")
    assert answer.status == 400, answer.content
    assert set(answer.json["error"]["details"]) & {"from", "to"}


@pytest.mark.parametrize("after", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "2026-13-45T00:00:00Z"])
def test_a_page_after_a_moment_that_never_was_is_the_first(world: World, ward: Ward, after: str) -> None:
    with world.harbor.open():
        visit = ward.arrived()
    path = at(world.harbor, f"er/measures/patients/?measure=visits&after={after}&id={SOME_ID}")
    answer = signed_in(world.harbor, "nurse").get(path)
    assert answer.status_code == 200
    assert f"E-{visit.number}" in answer.content.decode()
