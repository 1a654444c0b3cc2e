"""A list's filters answer yes or no: followed through relations they tell a password's hash letter by letter."""

from __future__ import annotations

import pytest

from tests.queues.helpers import at, signed_in
from tests.world import World

pytestmark = pytest.mark.django_db

HIDDEN = (
    "department__hospital__memberships__user__password__startswith=argon2",
    "department__hospital__memberships__user__memberships__hospital__name__startswith=Hill",
    "department__hospital__join_codes__code__gte=A",
    "department__hospital__api_keys__hash__startswith=a",
    "department__hospital__name__startswith=H",
    "department__name__regex=.*",
    "is_active__exact__in=1",
)


@pytest.mark.parametrize("lookup", HIDDEN)
def test_a_filter_leads_nowhere_the_page_does_not_offer(world: World, lookup: str) -> None:
    answer = signed_in(world.harbor, "owner").get(at(world.harbor, f"admin/directory/room/?{lookup}"))
    assert answer.status_code == 400


def test_what_the_page_offers_still_filters(world: World) -> None:
    house, client = world.harbor, signed_in(world.harbor, "owner")
    for lookup in (f"department__id__exact={house.department.pk}", "is_active__exact=1"):
        answer = client.get(at(house, f"admin/directory/room/?{lookup}"))
        assert answer.status_code == 200
        assert "Room 4" in answer.content.decode()
    for page in ("records/accesslog/?at__gte=2026-01-01&at__lt=2036-01-01", "queues/queue/?sort__exact=pool"):
        assert client.get(at(house, f"admin/{page}")).status_code == 200
