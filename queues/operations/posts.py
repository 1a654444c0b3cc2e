"""Posts: who calls from a counter, a pool or a line besides the own one (R3.9)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Forbidden, NotAllowed, NotFound
from clinic.directory.models import Doctor, Room
from clinic.directory.operations import set_status_of
from clinic.live.record import add, add_unless, change, operation, record
from clinic.tenants.models import Membership
from queues.models import Queue, SignOn

NURSES = frozenset({"nurse", "charge_nurse"})


@operation("queues.sign_on")
def sign_on(queue: Queue, *, server: Doctor | None = None, room: Room | None = None, actor: Actor) -> SignOn:
    """Call from this line from now on, in ``room`` (None: the server's own); comes back on duty if off.

    Without ``server`` it is the actor, whose row in the directory is made at the first time. Another server is
    signed on by the desk. Twice is once; another room moves the post.
    """
    actor.must_see(queue.department_id)
    who = server or _own(queue, actor)
    _may_post(who, actor)
    if not who.is_active:
        raise NotFound()
    if queue.doctor_id == who.pk:
        raise NotAllowed("post.own_line", server=who.name)
    if who.is_paused:
        set_status_of(who, Doctor.ON_TIME)
    fresh = SignOn(server=who, queue=queue, room=room, started_at=clock.now())
    post, made = add_unless(fresh, server=who, queue=queue, ended_at=None)
    if made or change(post, room=room):
        record("server.signed_on", post, who, queue)
    return post


@operation("queues.sign_on")
def sign_off(queue: Queue, *, server: Doctor | None = None, actor: Actor) -> SignOn | None:
    """Call from this line no longer; whoever was called stays with the server. None if there was no post."""
    actor.must_see(queue.department_id)
    whose = {"server": server} if server is not None else {"server__membership": actor.id}
    if server is None and actor.kind != "member":
        raise NotAllowed("call.who")
    post: SignOn | None = _posts().filter(queue=queue, **whose).first()
    if post is None:
        return None
    _may_post(post.server, actor)
    _end(post)
    return post


@operation("queues.sign_on")
def sign_off_all(server: Doctor, *, actor: Actor) -> list[SignOn]:
    """End every post of a server: off duty, or no member any more."""
    who: Doctor | None = Doctor.objects.select_related("membership").filter(pk=server.pk).first()
    if who is None:
        raise NotFound()
    _may_post(who, actor)
    posts = list(_posts().filter(server=who).order_by("id"))
    for post in posts:
        _end(post)
    return posts


def _posts() -> QuerySet[SignOn]:
    """Posts that stand, locked, with what an event of theirs names."""
    held: QuerySet[SignOn] = SignOn.objects.select_for_update(no_key=True, of=("self",)).filter(ended_at=None)
    return held.select_related("server__membership", "queue")


def _end(post: SignOn) -> None:
    change(post, ended_at=clock.now())
    record("server.signed_off", post, post.server, post.queue)


def _may_post(server: Doctor, actor: Actor) -> None:
    if actor.doctor_id == server.pk or actor.can("queues.call_for_any"):
        return
    if actor.user_id is not None and _is_of(server, actor.user_id):
        return  # the row was made a moment ago
    raise Forbidden("doctor.not_yours")


def _is_of(server: Doctor, user_id: UUID) -> bool:
    return server.membership is not None and server.membership.user_id == user_id


def _own(queue: Queue, actor: Actor) -> Doctor:
    """The actor's row in the directory; made for a nurse or a clerk who has none yet."""
    if actor.kind != "member":
        raise NotAllowed("call.who")
    member = Membership.objects.select_for_update(no_key=True, of=("self",)).filter(pk=actor.id, is_active=True).first()
    if member is None:
        raise NotFound()
    found: Doctor | None = Doctor.objects.filter(membership=member).first()
    if found is not None:
        if not actor.sees(found.department_id):  # limited since (R1.2): works in this department now
            change(found, department=queue.department, room=None)
            record("doctor.changed", found)
        return found
    row = add(Doctor(
        membership=member, name=actor.name, department_id=queue.department_id, serves_pool=False,
        sort=Doctor.NURSE if actor.roles & NURSES else Doctor.CLERK,
    ))  # fmt: skip
    record("doctor.added", row)
    return row
