"""What the regions of the lines show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from clinic.directory import operations as directory
from clinic.directory.models import Doctor
from clinic.live import render
from clinic.live.record import done
from clinic.live.render import Want
from queues.models import Display, Queue, Visit
from queues.operations import calls, ends, intake, undo
from tests.queues.helpers import called, everywhere, missed, pair, set_policy, shown
from tests.world import House, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_old_rows() -> None:
    render.forget()


# --- how much a load costs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "most"),
    [("line", 5), ("queue-head", 5), ("line-label", 1), ("line-away", 3), ("lines-nav", 4), ("reception-sub", 1),
     ("doctor-bar", 3), ("doctor-room", 6), ("doctor-next", 6), ("doctor-lines", 5), ("doctor-seen", 5),
     ("display-now", 7), ("display-lines", 8), ("status", 14), ("booking", 6)],
)  # fmt: skip
def test_a_kind_loads_in_a_fixed_number_of_queries(
    world: World, django_assert_max_num_queries: Any, kind: str, most: int
) -> None:
    house = world.harbor
    house.waiting(5)
    house.waiting(5, house.pool)
    with house.open():
        called(house)
        for n in range(3):
            pair(house, name=f"Screen {n}")
        keys = [name.partition(":")[2] for name in everywhere(house) if name.partition(":")[0] == kind]
        with django_assert_max_num_queries(most):
            assert set(render.kinds()[kind].load(keys)) == set(keys)


def test_unknown_and_foreign_keys_are_left_out(world: World) -> None:
    with world.hilltop.open():
        names = everywhere(world.hilltop)
    with world.harbor.open():
        for name in names:
            kind, _, key = name.partition(":")
            if kind not in ("reception-sub", "lines-nav"):
                assert render.kinds()[kind].load([key, "nonsense", "7"]) == {}, name


# --- why (R3.5) ----------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.5")
def test_each_waiting_row_says_why_it_stands_there(world: World) -> None:
    house = world.harbor
    with time_machine.travel("2026-11-20T09:30:00Z", tick=False):
        house.waiting(1)
        house.waiting(1, klass="urgent", class_reason="39.2 °C")
        house.waiting(1, klass="vip")
        with house.open():
            why = {row.klass: row.why for row in shown(f"line:{house.own.pk}").rows}
    assert why["urgent"] == "Marked urgent at 10:30 (“39.2 °C”): goes before everybody who is not."
    assert why["vip"] == "Marked VIP at 10:30: goes after urgent, before all others."
    assert why["normal"] == "In order of arrival, here since 10:30."


@pytest.mark.rule("3.5")
def test_the_next_card_says_why_from_which_line(world: World) -> None:
    house = world.harbor
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False) as clock:
        house.waiting(1, house.pool)
        clock.shift(timedelta(minutes=5))
        own = house.waiting(1)[0]
        with house.open():
            card = shown(f"doctor-next:{house.doctor.pk}").context
            assert card.from_pool
            assert card.why == f"From the pool, here since 10:00: longer than {own.token}, first of the own line."


@pytest.mark.rule("3.5")
def test_a_patient_learns_why_others_go_first_and_nothing_about_them(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    house.waiting(1, klass="urgent", class_reason="severe bleeding", reason="knife")
    with house.open():
        row = next(r for r in shown(f"status:{house.department.pk}").rows if r.key == str(visit.pk))
    assert (row.state, row.ahead) == ("waiting", 1)
    assert row.why == "Somebody who came after you is urgent. Urgent cases go first."
    assert "bleeding" not in repr(row)
    assert "knife" not in repr(row)


def test_the_rows_of_a_line_do_not_change_when_the_head_iscalled(world: World) -> None:
    house = world.harbor
    house.waiting(5)
    with house.open():
        before = {row.key: row for row in shown(f"line:{house.own.pk}").rows}
        called(house)
        after = {row.key: row for row in shown(f"line:{house.own.pk}").rows}
    assert len(after) == 4
    assert all(before[key] == row for key, row in after.items())


# --- the doctor's one filled button --------------------------------------------------------------------------------


def filled(house: House) -> tuple[str, str]:
    """What the one filled button of the doctor's page does."""
    room, card = shown(f"doctor-room:{house.doctor.pk}").context, shown(f"doctor-next:{house.doctor.pk}").context
    starts = ["start" for seat in room.seats if seat.state == "called"]
    completes = ["complete"] if room.completes else []
    nexts = [card.act] if card.filled else []
    every = [*starts, *completes, *nexts]
    assert len(every) <= 1, every
    return (every[0] if every else ""), card.blocked


def test_one_button_is_filled_at_each_step(world: World) -> None:
    house = world.harbor
    visits = house.waiting(2)
    with house.open():
        assert filled(house)[0] == "call"
        directory.set_status(house.doctor, Doctor.ON_BREAK, actor=house.medic)
        assert filled(house)[0] == "resume_call"
        directory.set_status(house.doctor, Doctor.ON_TIME, actor=house.medic)
        called(house)
        assert filled(house) == ("start", f"First start, skip or close {visits[0].token}: one patient at a time.")
        calls.start(visits[0], actor=house.medic)
        assert filled(house)[0] == "complete_call"
        ends.complete_and_call(visits[0], actor=house.medic)
        assert filled(house)[0] == "start"
        calls.start(visits[1], actor=house.medic)
        assert filled(house)[0] == "complete"
        ends.complete(visits[1], actor=house.medic)
        assert filled(house)[0] == ""


def test_a_second_room_is_free_while_somebody_is_in_the_first(world: World) -> None:
    house = world.harbor
    visits = house.waiting(3)
    with house.open():
        directory.change_doctor(house.doctor, parallel_rooms=2, actor=house.actor("owner"))
        called(house)
        calls.start(visits[0], actor=house.medic)
        assert filled(house)[0] == "call"
        called(house)
        calls.start(visits[1], actor=house.medic)
        card = shown(f"doctor-next:{house.doctor.pk}").context
        assert (card.act, card.closes_token, card.names_closed) == ("complete_call", visits[0].token, True)


# --- public screens ------------------------------------------------------------------------------------------------


def board(house: House, display: Display) -> Any:
    return shown(f"display-now:{display.pk}").context


@pytest.mark.rule("3.40")
@pytest.mark.parametrize(
    ("hospital", "display", "opt_out", "name"),
    [
        ("token", "first_initial", False, ""), ("first_initial", "token", False, ""),
        ("initials", "first_initial", False, "G. O."), ("first_initial", "first_initial", False, "Grace O."),
        ("first_initial", "first_initial", True, ""),
    ],
)  # fmt: skip
def test_a_name_is_shown_only_if_policy_display_and_patient_allow(
    world: World, hospital: str, display: str, opt_out: bool, name: str
) -> None:
    house = world.harbor
    with house.open():
        set_policy(house.actor("owner"), display_names=hospital)
        screen = pair(house, names=display)
        patient = house.patient("Grace", "Okafor", display_opt_out=opt_out)
        intake.arrive(house.own, patient, actor=house.desk)
        called(house)
        assert [call.name for call in board(house, screen).calls] == [name]


@pytest.mark.rule("3.40")
def test_a_sensitive_department_has_a_neutral_name_on_public_screens(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        directory.change_department(house.department, name="HIV clinic", sensitive=True, actor=house.actor("owner"))
        directory.change_doctor(house.doctor, specialization="HIV medicine", actor=house.actor("owner"))
        screen = pair(house)
        called(house)
        public = [board(house, screen), shown(f"display-lines:{screen.pk}").rows,
                  [r for r in shown(f"status:{house.department.pk}").rows if r.key == str(visit.pk)]]  # fmt: skip
    assert "HIV" not in repr(public)


@pytest.mark.rule("3.43")
def test_each_call_and_recall_is_announced_anew_in_every_language(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open(), time_machine.travel("2026-11-20T09:00:00Z", tick=False) as clock:
        screen = pair(house, languages=["en", "es"])
        keys = []
        called(house)
        seq = done().seq or 0
        keys.append(board(house, screen).calls[0].key)
        assert [said.lang for said in board(house, screen).calls[0].says] == ["en", "es"]
        assert board(house, screen).calls[0].says[0].text == "Token A 0 0 1, Room 4"
        undo.undo(seq, actor=house.medic)
        clock.shift(timedelta(seconds=10))
        called(house)
        keys.append(board(house, screen).calls[0].key)
        clock.shift(timedelta(seconds=10))
        calls.recall(visit, actor=house.medic)
        keys.append(board(house, screen).calls[0].key)
    assert len(set(keys)) == 3


def test_the_newest_call_stands_first(world: World) -> None:
    house = world.harbor
    visits = house.waiting(2)
    with house.open(), time_machine.travel("2026-11-20T09:00:00Z", tick=False) as clock:
        screen = pair(house)
        calls.call(visits[1], house.doctor, reason="first", actor=house.desk)
        clock.shift(timedelta(seconds=20))
        calls.call(visits[0], house.colleague, reason="then", actor=house.desk)
        assert [call.token for call in board(house, screen).calls] == [visits[0].token, visits[1].token]


@pytest.mark.rule("3.19")
def test_an_undone_call_is_followed_by_please_wait_for_a_minute(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open(), time_machine.travel("2026-11-20T09:00:00Z", tick=False) as clock:
        screen = pair(house)
        called(house)
        undo.undo(done().seq or 0, actor=house.medic)
        assert [back.token for back in board(house, screen).taken_back] == [visit.token]
        place = shown(f"status:{house.department.pk}").rows[0]
        assert place.please_wait_until == timezone.now() + timedelta(seconds=60)
        clock.shift(timedelta(seconds=61))
        assert board(house, screen).taken_back == ()
        assert shown(f"status:{house.department.pk}").rows[0].please_wait_until is None


def test_an_undone_arrival_or_skip_asks_nobody_to_wait(world: World) -> None:
    house = world.harbor
    house.waiting(2)
    with house.open():
        screen = pair(house)
        leg = called(house)
        calls.skip(leg.visit, actor=house.medic)
        undo.undo(done().seq or 0, actor=house.medic)
        assert board(house, screen).taken_back == ()
        assert [call.token for call in board(house, screen).calls] == [leg.visit.token]


def test_missed_calls_of_today_are_listed(world: World) -> None:
    house = world.harbor
    visit = house.waiting(1)[0]
    with house.open():
        screen = pair(house)
        ends.no_show(missed(house).visit, actor=house.medic)
        assert board(house, screen).missed == (visit.token,)


def test_a_display_announces_the_calls_of_its_lines_only(world: World) -> None:
    house = world.harbor
    house.waiting(1)
    pooled = house.waiting(1, house.pool)[0]
    with house.open():
        other = Queue.objects.get(doctor=house.colleague)
        mine, theirs = pair(house, queues=[house.own]), pair(house, queues=[other], name="Other")
        called(house)
        calls.start(Visit.objects.get(legs__server=house.doctor), actor=house.medic)
        calls.call(pooled, house.colleague, reason="now", actor=house.desk)
        assert board(house, mine).calls == ()
        assert [call.token for call in board(house, theirs).calls] == [pooled.token]


def test_a_place_counts_the_pool_its_doctor_takes_from(world: World) -> None:
    house = world.harbor
    with time_machine.travel("2026-11-20T09:00:00Z", tick=False) as clock:
        house.waiting(2, house.pool)
        clock.shift(timedelta(minutes=1))
        visit = house.waiting(1)[0]
        with house.open():
            rows = {row.key: row for row in shown(f"status:{house.department.pk}").rows}
    assert rows[str(visit.pk)].ahead == 2


def test_a_place_tells_each_end(world: World) -> None:
    house = world.harbor
    first, second, third = house.waiting(3)
    with house.open():
        ends.leave(second, actor=house.desk)
        ends.cancel(third, reason="twice", actor=house.desk)
        called(house)
        states = {row.key: row.state for row in shown(f"status:{house.department.pk}").rows}
        assert states == {str(first.pk): "called", str(second.pk): "left", str(third.pk): "cancelled"}
        calls.start(first, actor=house.medic)
        assert shown(f"status:{house.department.pk}").rows[0].state == "in_room"
        ends.complete(first, actor=house.medic)
        assert shown(f"status:{house.department.pk}").rows[0].state == "completed"


def test_a_place_is_paused_while_nobody_calls(world: World) -> None:
    house = world.harbor
    own, pooled = house.waiting(1)[0], house.waiting(1, house.pool)[0]
    with house.open():
        for doctor in (house.doctor, house.colleague):
            directory.set_status(doctor, Doctor.OFF_DUTY, actor=house.desk)
        rows = {row.key: row for row in shown(f"status:{house.department.pk}").rows}
    assert rows[str(own.pk)].paused
    assert rows[str(pooled.pk)].paused


def test_frames_of_a_long_line_are_small(world: World) -> None:
    """≤ 3 KB for call next, skip and intake on a board of 200 rows, as the heaviest reader sees them."""
    house = world.harbor
    house.waiting(200)
    with house.open():
        want = Want("line", str(house.own.pk), render.kinds()["line"].audience)
        head = Want("queue-head", str(house.own.pk), render.kinds()["queue-head"].audience)
        steps: list[Callable[[], Any]] = [
            lambda: called(house),
            lambda: calls.skip(Visit.objects.get(legs__server=house.doctor), actor=house.medic),
            lambda: intake.arrive(house.own, house.patient("Long Given Name", "And A Long Family Name"),
                                  klass="urgent", class_reason="short of breath", actor=house.desk),
        ]  # fmt: skip
        for step in steps:
            before = render.render(house.hospital.pk, "en", [want, head])
            step()
            after = render.render(house.hospital.pk, "en", [want, head])
            assert len(after[want].frame_from(before[want]).encode()) <= 3072
            assert len(after[head].frame_from(before[head]).encode()) <= 3072
