from __future__ import annotations

from clinic.directory.models import Doctor
from clinic.tenants import days
from clinic.tenants.operations import change_policies
from queues.models import Queue
from queues.operations import leaves
from tests.house.examples import SAME, Call, example
from tests.world import House


def left(house: House) -> Queue:
    """The doctor's line, with two waiting and the doctor off duty."""
    house.waiting(2)
    Doctor.objects.filter(pk=house.doctor.pk).update(status=Doctor.OFF_DUTY)
    return Queue.objects.get(pk=house.own.pk)


@example(leaves.follow_doctor, twice=SAME)
def _follow_doctor(house: House) -> Call:
    return Call(left(house))


@example(leaves.settle_line, twice=SAME)
def _settle_line(house: House) -> Call:
    queue = left(house)
    change_policies(days.policies(), on_leave="ask", actor=house.actor("owner"))
    return Call(leaves.follow_doctor(queue, actor=house.actor("owner")), "pool")
