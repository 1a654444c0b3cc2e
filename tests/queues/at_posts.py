"""What tests of counters and posts share."""

from __future__ import annotations

from typing import Any

from clinic.core.access import Actor
from clinic.directory.models import Doctor, Room
from clinic.tenants import people
from clinic.tenants.models import Membership
from queues.models import Queue
from queues.operations import lines, posts
from tests.world import House


def counter(house: House, name: str = "Laboratory", **more: Any) -> Queue:
    with house.open():
        department = more.pop("department", house.department)
        return lines.add_counter(department=department, name=name, actor=house.actor("owner"))


def post(house: House, queue: Queue, role: str = "nurse", room: Room | None = None) -> Doctor:
    """The row in the directory of somebody of this role, who calls from this line."""
    with house.open():
        return posts.sign_on(queue, room=room, actor=house.actor(role)).server


def now(house: House, role: str) -> Actor:
    """Somebody of this role as the next request finds them: with the row in the directory that signing on made."""
    return people.actor_of(Membership.objects.select_related("user").get(pk=house.memberships[role].pk))
