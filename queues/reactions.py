"""What follows an event of a lower room: a new department gets its pool, a new doctor a line, a new policy an order."""

from __future__ import annotations

from clinic.core.access import SYSTEM, abilities_of
from clinic.core.nouns import split_ref
from clinic.directory.models import Department, Doctor
from clinic.live.models import Event
from clinic.live.registry import on
from clinic.tenants import people
from clinic.tenants.models import Membership
from queues.models import OPEN, SignOn, Visit
from queues.operations import lines, posts, resort, secret_links


def _first(event: Event, kind: str) -> str:
    return next(split_ref(ref)[1] for ref in event.subjects if split_ref(ref)[0] == kind)


@on("department.added")
def open_pool(event: Event) -> None:
    """Idempotent: a department has one pool by constraint. Nobody is called from a line in an emergency department."""
    department = Department.objects.get(pk=_first(event, "department"))
    if department.sort != Department.EMERGENCY:
        lines.ensure_pool(department, actor=SYSTEM)


@on("doctor.added", "doctor.changed")
def open_own_line(event: Event) -> None:
    """Idempotent: a doctor has one line by constraint; name and department follow. Nurses and clerks have none, nor has
    who treats in an emergency department."""
    doctor = Doctor.objects.select_related("department").get(pk=_first(event, "doctor"))
    if doctor.sort == Doctor.DOCTOR and doctor.department.sort != Department.EMERGENCY:
        lines.ensure_own_line(doctor, actor=SYSTEM)


@on("doctor.status_changed", "doctor.changed")
def leave_posts(event: Event) -> None:
    """Whoever went off duty, or is not there any more, calls from nowhere. Idempotent: what holds now is asked."""
    doctor = Doctor.objects.get(pk=_first(event, "doctor"))
    if doctor.status == Doctor.OFF_DUTY or not doctor.is_active:
        posts.sign_off_all(doctor, actor=SYSTEM)


@on("membership.revoked", "membership.roles_changed")
def leave_posts_for_good(event: Event) -> None:
    """A revoked member, or one whose roles do not call, calls from nowhere. Idempotent."""
    for doctor in Doctor.objects.filter(membership=_first(event, "membership")).select_related("membership"):
        member = doctor.membership
        if member is None or not member.is_active or "queues.sign_on" not in abilities_of(member.roles):
            posts.sign_off_all(doctor, actor=SYSTEM)


@on("membership.revoked", "membership.roles_changed")
def end_feed_for_good(event: Event) -> None:
    """The calendar feed of somebody who is no doctor here any more ends, and does not come back. Idempotent."""
    for doctor in Doctor.objects.filter(membership=_first(event, "membership")).select_related("membership__user"):
        if not secret_links.feeds(doctor):
            secret_links.end_feed_of(doctor, actor=SYSTEM)


@on("doctor.changed")
def end_feed_of_another(event: Event) -> None:
    """The same for a doctor who was taken off, and for a row that is another person's now. Idempotent."""
    doctor = Doctor.objects.select_related("membership__user").get(pk=_first(event, "doctor"))
    told = event.changes.get(doctor.ref, {}).get("fields", {})
    if "membership_id" in told or not secret_links.feeds(doctor):
        secret_links.end_feed_of(doctor, actor=SYSTEM)


@on("membership.departments_changed")
def leave_posts_elsewhere(event: Event) -> None:
    """Whoever was limited to departments calls from no other (R1.2). Idempotent: what holds now is asked."""
    member = Membership.objects.select_related("user").get(pk=_first(event, "membership"))
    actor = people.actor_of(member)
    held = SignOn.objects.filter(server__membership=member, ended_at=None).select_related("server", "queue")
    for post in held.order_by("id"):
        if not (actor.sees(post.queue.department_id) and actor.sees(post.server.department_id)):
            posts.sign_off(post.queue, server=post.server, actor=SYSTEM)


@on("hospital.policies_changed")
def sort_anew(event: Event) -> None:
    """Another order, or other head starts, move whoever waits. Idempotent: a line that is sorted stays."""
    if any(resort.POLICIES & set(told["fields"]) for told in event.changes.values()):
        resort.resort(actor=SYSTEM)


NAMES = {
    "patient": ("given_name", "preferred_name", "family_name"),
    "department": ("name",),
    "doctor": ("name",),
    "room": ("name",),
    "queue": ("name",),
}
"""The fields of others that stand in a visit's document (queues/faces.py)."""
SHOWN_BY = {
    "patient": "patient_id__in",
    "department": "department_id__in",
    "doctor": "legs__server_id__in",
    "room": "legs__room_id__in",
    "queue": "legs__queue_id__in",
}


@on("patient.corrected", "department.changed", "doctor.changed", "room.changed", "queue.changed")
def follow_names(event: Event) -> None:
    """Open visits that show a changed name say so, or subscribers of a line would keep the old one. Idempotent."""
    for ref, told in event.changes.items():
        kind, key = split_ref(ref)
        changed = {*told["fields"], *told.get("personal", ())}
        if changed & set(NAMES.get(kind, ())):
            shown = Visit.objects.filter(**{SHOWN_BY[kind]: [key]}, legs__state__in=OPEN)
            lines.tell_new_names(list(shown.order_by("id").distinct()), actor=SYSTEM)
