"""Away today at the desk (R2.11): one page, one choice each or one for all, one act with one undo."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from queues.models import Appointment
from queues.models.appointments import CALLED_OFF, LIVE
from queues.operations import calls
from tests.house.calls.book import booked, free, this_morning
from tests.queues.helpers import HTMX, at, signed_in, toast
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("2.11")]


def test_each_is_settled_and_all_is_undone_at_once(world: World) -> None:
    house = world.harbor
    with this_morning(house), house.open():
        client: Any = signed_in(house, "receptionist")
        waits = house.waiting(1)[0]
        first, second, third, fourth = (booked(house, start) for start in free(house, count=4))
        colleague = house.colleague.queue
        path = at(house, f"away-today/?doctor={house.doctor.pk}")
        page = client.get(path).content.decode()
        for row in (waits, first, second, third, fourth):
            assert f'name="choice-{row.ref}"' in page
        assert house.colleague.name in page
        sent = {
            "doctor": house.doctor.pk, "day": first.service_day.isoformat(), f"choice-{waits.ref}": "pool",
            f"choice-{first.ref}": f"colleague:{colleague.pk}", f"choice-{second.ref}": "day",
            f"choice-{third.ref}": "cancel", f"choice-{fourth.ref}": "stay", "all": "",
        }  # fmt: skip
        told = client.post(at(house, "away-today/"), sent, headers=HTMX)
        assert told.status_code == 204
        assert calls.leg_now(waits).queue_id == house.pool.pk
        assert first_after(first).queue_id == colleague.pk
        assert first_after(second).service_day > second.service_day
        third.refresh_from_db()
        fourth.refresh_from_db()
        assert (third.state, fourth.state in LIVE) == (CALLED_OFF, True)
        undo = toast(told)["undo"]
        assert client.post(undo, headers=HTMX).status_code == 204
        third.refresh_from_db()
        assert third.state in LIVE


def first_after(row: Appointment) -> Appointment:
    row.refresh_from_db()
    assert row.successor is not None
    return row.successor


def test_one_choice_for_all_of_thirty(world: World) -> None:
    house = world.harbor
    with this_morning(house), house.open():
        client: Any = signed_in(house, "receptionist")
        rows = [booked(house, start) for start in free(house, count=30)]
        day = rows[0].service_day
        rows = [row for row in rows if row.service_day == day]
        sent = {"doctor": house.doctor.pk, "day": day.isoformat(), "all": "day"}
        sent |= {f"choice-{row.ref}": "" for row in rows}
        told = client.post(at(house, "away-today/"), sent, headers=HTMX)
        assert told.status_code == 204
        starts = [first_after(row).starts_at for row in rows]
        assert len(set(starts)) == len(rows) and min(starts) > rows[-1].starts_at


def test_nobody_else_settles_and_nonsense_settles_nobody(world: World) -> None:
    house = world.harbor
    with time_machine.travel("2026-11-23T06:00:00Z"), house.open():
        row = booked(house)
        doctor: Any = signed_in(house, "doctor")
        assert doctor.get(at(house, "away-today/")).status_code == 403
        desk: Any = signed_in(house, "receptionist")
        for sent in (
            {"doctor": "x"}, {"doctor": house.doctor.pk, f"choice-{row.ref}": "moon"},
            {"doctor": house.doctor.pk, "day": "x", "choice-x": "cancel"},
        ):  # fmt: skip
            assert desk.post(at(house, "away-today/"), sent).status_code in (200, 303)
        row.refresh_from_db()
        assert row.state in LIVE
        assert desk.get(at(house, f"away-today/?doctor={world.hilltop.doctor.pk}")).status_code == 404
