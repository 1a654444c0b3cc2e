"""Who calls from which line: R3.9."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from clinic.core.access import Actor
from clinic.core.errors import Forbidden, NotAllowed, NotFound
from clinic.directory import operations as directory
from clinic.directory.models import Department, Doctor, Room
from clinic.live import outbox
from clinic.live.models import Event
from clinic.tenants.operations import revoke_member
from queues.models import Leg, Queue, SignOn, Visit
from queues.operations import calls, ends, moves, posts
from queues.regions.duty import unserved
from tests.ledger import recorded
from tests.queues.at_posts import counter, now, post
from tests.queues.crowd import at_once, codes, good
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.mark.rule("3.9")
@pytest.mark.parametrize(
    ("role", "sort"), [("nurse", "nurse"), ("charge_nurse", "nurse"), ("receptionist", "clerk"), ("manager", "clerk")]
)
def test_signing_on_makes_the_row_in_the_directory_once(world: World, role: str, sort: str) -> None:
    house = world.harbor
    laboratory = counter(house)
    with recorded(house) as told:
        first = posts.sign_on(laboratory, actor=house.actor(role))
        posts.sign_on(house.pool, actor=house.actor(role))
    server = first.server
    assert told.names == ["doctor.added", "doctor.status_changed", "server.signed_on", "server.signed_on"]
    with house.open():
        rows = Doctor.objects.filter(membership=house.memberships[role])
        assert [(row.sort, row.serves_pool, row.status) for row in rows] == [(sort, False, Doctor.ON_TIME)]
        assert server.name == house.users[role].name
        outbox.run(house.hospital.pk)
        assert not Queue.objects.filter(doctor=server).exists(), "only doctors have a line of their own"


@pytest.mark.rule("3.9")
def test_whoever_is_signed_on_calls_from_there_to_the_posts_room(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    with house.open():
        booth = Room.objects.create(department=house.department, name="Booth 2")
    server = post(house, laboratory, "nurse", booth)
    (visit, second) = house.waiting(2, laboratory)
    house.waiting(1, house.pool)
    with house.open():
        nurse = now(house, "nurse")
        leg = calls.call_next(server, actor=nurse)
        assert leg is not None
        assert (leg.visit_id, leg.server_id, leg.room_id) == (visit.pk, server.pk, booth.pk)
        calls.start(visit, actor=nurse)
        _closed, following = ends.complete_and_call(visit, actor=nurse)
        assert following is not None
        assert following.visit_id == second.pk
        ends.complete(second, actor=nurse)
        assert calls.call_next(server, actor=nurse) is None, "the pool is none of the nurse's"


@pytest.mark.rule("3.9")
def test_a_post_without_a_room_is_the_servers_own(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    house.waiting(1, laboratory)
    with house.open():
        posts.sign_on(laboratory, actor=house.medic)
        leg = calls.call_next(house.doctor, actor=house.medic)
        assert leg is not None
        assert leg.room_id == house.room.pk


@pytest.mark.rule("3.9")
def test_a_doctor_at_a_counter_takes_the_better_head_of_all_the_lines(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    (first,) = house.waiting(1, laboratory)
    (second,) = house.waiting(1)
    (third,) = house.waiting(1, house.pool)
    with house.open():
        posts.sign_on(laboratory, actor=house.medic)
        found = []
        for _ in range(3):
            leg = calls.call_next(house.doctor, actor=house.medic)
            assert leg is not None
            found.append(leg.visit_id)
            ends.complete(leg.visit, actor=house.medic)
        assert found == [first.pk, second.pk, third.pk]


@pytest.mark.rule("3.9")
def test_a_nurse_calls_for_a_doctor_from_the_doctors_own_line(world: World) -> None:
    house = world.harbor
    (visit,) = house.waiting(1)
    server = post(house, house.own)
    with house.open():
        leg = calls.call_next(server, actor=now(house, "nurse"))
        assert leg is not None
        assert leg.visit_id == visit.pk


@pytest.mark.rule("3.9")
def test_signed_on_twice_is_once_and_another_room_moves_the_post(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    server = post(house, laboratory)
    with recorded(house) as told:
        posts.sign_on(laboratory, actor=house.actor("nurse"))
    assert told.events == []
    post(house, laboratory, room=house.room)
    with house.open():
        assert list(SignOn.objects.values_list("server_id", "room_id")) == [(server.pk, house.room.pk)]


@pytest.mark.rule("3.9")
def test_signed_off_nobody_is_called_from_there(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    server = post(house, laboratory)
    house.waiting(2, laboratory)
    with house.open():
        nurse = now(house, "nurse")
        leg = calls.call_next(server, actor=nurse)
        assert leg is not None
        ended = posts.sign_off(laboratory, actor=nurse)
        assert ended is not None
        assert ended.ended_at is not None
        assert posts.sign_off(laboratory, actor=nurse) is None
        ends.complete(leg.visit, actor=nurse)
        assert calls.call_next(server, actor=nurse) is None
        post(house, laboratory)
        assert calls.call_next(server, actor=nurse) is not None


@pytest.mark.rule("3.9")
def test_the_desk_signs_others_on_and_off_and_nobody_else_does(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    server = post(house, laboratory)
    with house.open():
        for act in (posts.sign_on, posts.sign_off):
            with pytest.raises(Forbidden):
                act(laboratory, server=server, actor=house.medic)
            with pytest.raises(Forbidden):
                act(laboratory, actor=house.actor("biller"))
        assert posts.sign_off(laboratory, server=server, actor=house.desk) is not None
        assert posts.sign_on(laboratory, server=server, actor=house.desk).server_id == server.pk
        with pytest.raises(NotAllowed) as refused:
            posts.sign_on(house.own, actor=house.medic)
        assert refused.value.code == "post.own_line"
        key = Actor(kind="key", id="1", name="Kiosk", abilities=frozenset({"queues.sign_on"}))
        with pytest.raises(NotAllowed) as refused:
            posts.sign_on(laboratory, actor=key)
        assert refused.value.code == "call.who"


@pytest.mark.rule("1.2")
def test_nobody_signs_on_in_a_department_they_are_not_of(world: World) -> None:
    house = world.harbor
    with house.open():
        other = Department.objects.create(name="Radiology", prefix="R")
        x_ray = counter(house, "X-ray", department=other)
        member = house.memberships["nurse"]
        type(member).objects.filter(pk=member.pk).update(department_ids=[str(house.department.pk)])
        member.refresh_from_db()
        with pytest.raises(NotFound):
            posts.sign_on(x_ray, actor=house.actor("nurse"))
        posts.sign_on(house.pool, actor=house.actor("nurse"))


@pytest.mark.rule("3.9")
def test_off_duty_ends_every_post_and_signing_on_begins_the_duty(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    server = post(house, laboratory)
    post(house, house.pool)
    with house.open():
        server.refresh_from_db()
        directory.set_status(server, Doctor.ON_BREAK, actor=now(house, "nurse"))
        outbox.run(house.hospital.pk)
        assert SignOn.objects.filter(ended_at=None).count() == 2, "a break ends nothing"
        directory.set_status(server, Doctor.OFF_DUTY, actor=now(house, "nurse"))
        outbox.run(house.hospital.pk)
        assert SignOn.objects.filter(ended_at=None).count() == 0
        assert post(house, laboratory).status == Doctor.ON_TIME
        outbox.run(house.hospital.pk)
        assert SignOn.objects.filter(ended_at=None).count() == 1


@pytest.mark.rule("3.9")
def test_a_revoked_member_calls_from_nowhere(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    post(house, laboratory)
    post(house, house.pool, "receptionist")
    with house.open():
        revoke_member(house.memberships["nurse"], actor=house.actor("owner"))
        outbox.run(house.hospital.pk)
        left = SignOn.objects.filter(ended_at=None)
        assert [row.queue_id for row in left] == [house.pool.pk]


@pytest.mark.rule("3.21")
def test_a_pool_or_counter_is_paused_while_nobody_on_duty_serves_it(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    with house.open():
        assert unserved([laboratory, house.pool, house.own]) == {laboratory.pk}
        server = post(house, laboratory)
        assert unserved([laboratory, house.pool]) == frozenset()
        server.refresh_from_db()
        directory.set_status(server, Doctor.ON_BREAK, actor=now(house, "nurse"))
        assert unserved([laboratory]) == {laboratory.pk}
        Doctor.objects.exclude(pk=server.pk).update(status=Doctor.OFF_DUTY)
        assert unserved([laboratory, house.pool]) == {laboratory.pk, house.pool.pk}


# --- many at once --------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("3.9")
def test_pressed_by_many_one_row_and_one_post_are_made(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    nurse = house.actor("nurse")
    answers = at_once(house, [lambda: posts.sign_on(laboratory, actor=nurse)] * 6)
    assert codes(answers) == []
    with house.open():
        assert Doctor.objects.filter(membership=house.memberships["nurse"]).count() == 1
        assert SignOn.objects.count() == 1
        assert Event.objects.filter(name="server.signed_on").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("3.7")
def test_posts_and_doctors_empty_a_counter_and_the_pool_together(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    desk = house.desk
    servers = [post(house, laboratory, role) for role in ("nurse", "charge_nurse", "manager")]
    with house.open():
        posts.sign_on(laboratory, actor=house.medic)
    servers.append(house.doctor)
    waiting = {visit.pk for visit in [*house.waiting(20, laboratory), *house.waiting(8, house.pool)]}

    def all_of(server: Doctor) -> list[Any]:
        seen = []
        while (leg := calls.call_next(server, actor=desk)) is not None:
            seen.append(leg.visit_id)
            ends.complete(leg.visit, actor=desk)
        return seen

    answers = at_once(house, [lambda server=server: all_of(server) for server in servers])  # type: ignore[misc]
    assert codes(answers) == []
    called = [visit for seen in answers for visit in seen]
    assert len(called) == len(set(called))
    assert set(called) == waiting


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("3.15")
def test_moved_sent_on_and_called_at_once_a_visit_is_in_one_place(world: World) -> None:
    house = world.harbor
    laboratory = counter(house)
    post(house, laboratory)
    desk = house.desk
    for _ in range(4):
        (visit,) = house.waiting(1)
        with house.open():
            calls.call(visit, house.doctor, reason="x", actor=desk)
        acts: list[Callable[[], Any]] = [
            partial(moves.send_on, visit, laboratory, actor=desk),
            partial(moves.send_on, visit, house.pool, actor=desk),
            partial(moves.reassign, visit, house.pool, actor=desk), partial(ends.complete, visit, actor=desk),
            partial(calls.skip, visit, actor=desk),
        ]  # fmt: skip
        answers = at_once(house, acts)
        assert good(answers)
        assert set(codes(answers)) <= {"visit.wrong_state", "visit.same_line"}
        with house.open():
            open_legs = Leg.objects.open().filter(visit=visit)
            ended = Visit.objects.get(pk=visit.pk).ended_at is not None
            assert open_legs.count() == int(not ended)
            for leg in open_legs.select_related("visit"):
                ends.cancel(leg.visit, reason="test", actor=desk)
