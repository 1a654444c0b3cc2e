"""Amounts and degrees are texts that hold a number; what is none is refused as any wrong field is."""

from __future__ import annotations

import pytest

from tests.api.client import api
from tests.world import World


@pytest.mark.django_db
def test_an_amount_that_is_no_number_is_refused(world: World) -> None:
    owner, house = api(world.harbor), world.harbor
    for wrong in ("abc", "1,50", "NaN", "1_0", "--1", "\u0663", "1e3"):
        for path, field in ((f"doctors/{house.doctor.pk}", "fee"), (f"doctors/{house.doctor.pk}", "latitude")):
            answer = owner.patch(path, {field: wrong})
            assert (answer.status, answer.code) == (400, "REQUEST_INVALID"), (field, wrong)
        answer = owner.post("visit-types", {"name": "Vaccination", "minutes": 15, "fee": wrong})
        assert answer.status == 400, wrong
    assert owner.patch(f"doctors/{house.doctor.pk}", {"fee": "40.50"}).json["fee"] == "40.50"
