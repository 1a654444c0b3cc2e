"""Examples of moves, posts and counters."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone

from clinic.tenants.models import HospitalConfig
from queues.models import NORMAL, URGENT, VIP, Queue
from queues.operations import lines, moves, posts, resort
from tests.house.calls.queues import called
from tests.house.examples import REFUSED, SAME, Call, example
from tests.world import House


def counter(house: House, name: str = "Laboratory") -> Queue:
    return lines.add_counter(department=house.department, name=name, actor=house.actor("owner"))


@example(moves.reassign, twice=SAME, role="doctor")
def _reassign(house: House) -> Call:
    return Call(house.waiting(2)[0], house.pool, reason="any doctor will do")


@example(moves.send_on, twice=SAME, role="doctor")
def _send_on(house: House) -> Call:
    return Call(called(house), house.pool, note="blood pressure")


@example(moves.set_class, twice=SAME)
def _set_class(house: House) -> Call:
    return Call(house.waiting(2)[1], URGENT, reason="short of breath")


@example(posts.sign_on, twice=SAME, role="nurse")
def _sign_on(house: House) -> Call:
    return Call(house.pool, room=house.room)


@example(posts.sign_off, twice=SAME, role="nurse")
def _sign_off(house: House) -> Call:
    posts.sign_on(house.pool, actor=house.actor("nurse"))
    return Call(house.pool)


@example(posts.sign_off_all, twice=SAME)
def _sign_off_all(house: House) -> Call:
    post = posts.sign_on(house.pool, actor=house.actor("nurse"))
    return Call(post.server)


@example(lines.add_counter, twice=REFUSED)
def _add_counter(house: House) -> Call:
    return Call(department=house.department, name="Laboratory")


@example(lines.change_queue, twice=SAME)
def _change_queue(house: House) -> Call:
    return Call(house.own, is_open=False)


@example(resort.resort, twice=SAME)
def _resort(house: House) -> Call:
    with time_machine.travel(timezone.now() - timedelta(hours=2)):
        house.waiting(1, klass=NORMAL)
    house.waiting(1, klass=VIP)
    HospitalConfig.objects.update(order_policy=HospitalConfig.AGED)
    return Call()
