"""When a doctor leaves: policy on_leave, absences and whom they hit."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from clinic.core.errors import Forbidden, Invalid, NotAllowed
from clinic.directory import hits, operations, tasks
from clinic.directory.models import Absence, Doctor
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants import days
from clinic.tenants.operations import change_policies
from queues.models import Leg, Queue
from queues.operations import leaves, lines
from tests.world import House, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("1.9")]


def leave_by(house: House, policy: str) -> None:
    """The hospital has this policy, two wait for the doctor, and the doctor goes off duty."""
    with house.open():
        change_policies(days.policies(), on_leave=policy, actor=house.actor("owner"))
        house.waiting(2)
        operations.set_status(house.doctor, Doctor.OFF_DUTY, actor=house.medic)
    outbox.run(house.hospital.pk)


def lines_of(house: House) -> list[str]:
    with house.open():
        return [leg.queue.sort for leg in Leg.objects.waiting().select_related("queue").in_order()]


def told(house: House, name: str) -> int:
    with house.open():
        return Event.objects.filter(name=name).count()


def asked(house: House) -> list[Queue]:
    with house.open():
        return leaves.left()


def test_pool_moves_those_who_wait_to_the_pool_in_their_order(world: World) -> None:
    leave_by(world.harbor, "pool")
    assert lines_of(world.harbor) == ["pool", "pool"]
    assert told(world.harbor, "visit.reassigned") == 2
    assert asked(world.harbor) == []
    with world.harbor.open():
        tokens = [leg.visit.token for leg in Leg.objects.waiting().select_related("visit").in_order()]
    assert tokens == sorted(tokens)


def test_keep_leaves_them_in_the_line_and_asks_nobody(world: World) -> None:
    leave_by(world.harbor, "keep")
    assert lines_of(world.harbor) == ["doctor", "doctor"]
    assert asked(world.harbor) == []
    assert told(world.harbor, "doctor.left_line") == 0


def test_ask_tells_the_desk_which_decides(world: World) -> None:
    leave_by(world.harbor, "ask")
    assert lines_of(world.harbor) == ["doctor", "doctor"]
    (queue,) = asked(world.harbor)
    assert (queue.pk, getattr(queue, "waiting", 0)) == (world.harbor.own.pk, 2)
    assert told(world.harbor, "doctor.left_line") == 1
    assert asked(world.hilltop) == []
    with world.harbor.open():
        assert leaves.settle_line(queue, "pool", actor=world.harbor.desk) == 2
        assert leaves.settle_line(Queue.objects.get(pk=queue.pk), "pool", actor=world.harbor.desk) == 0
    assert lines_of(world.harbor) == ["pool", "pool"]
    assert asked(world.harbor) == []


def test_the_desk_may_keep_them(world: World) -> None:
    leave_by(world.harbor, "ask")
    with world.harbor.open():
        (queue,) = leaves.left()
        with pytest.raises(Forbidden):
            leaves.settle_line(queue, "keep", actor=world.harbor.actor("biller"))
        with pytest.raises(Invalid):
            leaves.settle_line(queue, "away with them", actor=world.harbor.desk)
        assert leaves.settle_line(queue, "keep", actor=world.harbor.desk) == 0
    assert lines_of(world.harbor) == ["doctor", "doctor"]
    assert asked(world.harbor) == []


def test_a_doctor_who_comes_back_takes_the_question_away(world: World) -> None:
    leave_by(world.harbor, "ask")
    with world.harbor.open():
        doctor = Doctor.objects.get(pk=world.harbor.doctor.pk)
        operations.set_status(doctor, Doctor.ON_TIME, actor=world.harbor.medic)
    outbox.run(world.harbor.hospital.pk)
    assert asked(world.harbor) == []
    assert told(world.harbor, "doctor.came_back") == 1
    assert lines_of(world.harbor) == ["doctor", "doctor"]


def test_whom_a_closed_pool_does_not_take_the_desk_is_asked_about(world: World) -> None:
    with world.harbor.open():
        lines.set_open(world.harbor.pool, False, actor=world.harbor.desk)
    leave_by(world.harbor, "pool")
    assert lines_of(world.harbor) == ["doctor", "doctor"]
    assert [queue.pk for queue in asked(world.harbor)] == [world.harbor.own.pk]


def test_nobody_is_asked_about_an_empty_line(world: World) -> None:
    with world.harbor.open():
        operations.set_status(world.harbor.doctor, Doctor.OFF_DUTY, actor=world.harbor.medic)
    outbox.run(world.harbor.hospital.pk)
    assert asked(world.harbor) == []


def test_a_break_is_not_leaving(world: World) -> None:
    with world.harbor.open():
        change_policies(days.policies(), on_leave="pool", actor=world.harbor.actor("owner"))
        world.harbor.waiting(1)
        operations.set_status(world.harbor.doctor, Doctor.ON_BREAK, actor=world.harbor.medic)
    outbox.run(world.harbor.hospital.pk)
    assert lines_of(world.harbor) == ["doctor"]


def test_an_absence_lists_whom_it_hits_and_begins_by_the_clock(world: World) -> None:
    house, now = world.harbor, timezone.now()
    with house.open():
        change_policies(days.policies(), on_leave="pool", actor=house.actor("owner"))
        first, second = house.waiting(2)
        soon = operations.add_absence(
            house.doctor, starts_at=now + timedelta(minutes=5), ends_at=now + timedelta(hours=3), actor=house.medic
        )
        much_later = operations.add_absence(
            house.doctor, starts_at=now + timedelta(days=9), ends_at=now + timedelta(days=10), actor=house.medic
        )
        assert [hit.token for hit in hits.hit_by(soon)] == [first.token, second.token]
        assert hits.hit_by(much_later) == []
        assert tasks.begin_due() == 0
        with time_machine.travel(now + timedelta(minutes=6), tick=False):
            assert tasks.begin_absences() == 1
            assert tasks.begin_absences() == 0
            outbox.run(house.hospital.pk)
        assert Doctor.objects.get(pk=house.doctor.pk).status == Doctor.OFF_DUTY
    assert lines_of(house) == ["pool", "pool"]


def test_an_absence_taken_back_never_begins(world: World) -> None:
    house, now = world.harbor, timezone.now()
    with house.open():
        row = operations.add_absence(
            house.doctor, starts_at=now + timedelta(minutes=5), ends_at=now + timedelta(hours=3), actor=house.desk
        )
        operations.cancel_absence(row, actor=house.medic)
        assert hits.hit_by(row) == []
        with time_machine.travel(now + timedelta(minutes=6), tick=False):
            assert tasks.begin_due() == 0
        assert Doctor.objects.get(pk=house.doctor.pk).status == Doctor.ON_TIME


def test_absences_have_a_length_are_to_come_and_belong_to_whom_they_are_about(world: World) -> None:
    house, now = world.harbor, timezone.now()
    with house.open():
        for starts, ends in ((2, 1), (1, 1), (-3, -2)):
            with pytest.raises(Invalid):
                operations.add_absence(
                    house.doctor, starts_at=now + timedelta(days=starts), ends_at=now + timedelta(days=ends),
                    actor=house.medic,
                )  # fmt: skip
        with pytest.raises(Forbidden):
            operations.add_absence(
                house.colleague, starts_at=now, ends_at=now + timedelta(days=1), actor=house.medic
            )  # fmt: skip
        gone = Absence.objects.create(doctor=house.doctor, starts_at=now - timedelta(days=2), ends_at=now)
        with pytest.raises(NotAllowed):
            operations.cancel_absence(gone, actor=house.desk)
