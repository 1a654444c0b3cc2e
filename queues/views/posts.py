"""Who calls from which counter or line (R3.9): signing on, signing off, and which there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinic.core.access import needs
from clinic.core.sight import seen
from clinic.directory.models import Doctor
from clinic.tenants.pages import actor_of, staff
from queues.act_forms import PostForm
from queues.models import Queue, SignOn
from queues.operations import posts
from queues.regions.facts import in_shown_order, with_counts
from queues.views.answers import act, find
from queues.views.asking import asking, told
from queues.views.asks import ASK


@require_GET
@needs("queues.sign_on")
def choose(request: HttpRequest) -> HttpResponse:
    """The lines one may call from: counters and pools, and where the reader is signed on."""
    own = actor_of(request).doctor_id
    lines = seen(in_shown_order(with_counts(Queue.objects.exclude(sort=Queue.DOCTOR))))
    on = SignOn.objects.filter(ended_at=None).select_related("server", "room")
    of: dict[UUID, list[SignOn]] = {}
    for post in on:
        of.setdefault(post.queue_id, []).append(post)
    shown = [_line(line, of.get(line.pk, []), own) for line in lines]
    return staff(request, "queues/posts.html", here="calling", page=_("Lines I call from"), lines=shown)


def _line(line: Any, on: list[SignOn], own: UUID | None) -> dict[str, Any]:
    return {
        "id": line.pk, "name": line.name, "department": line.department.name, "waiting": line.waiting,
        "posts": on, "mine": any(post.server_id == own for post in on), "is_pool": line.sort == Queue.POOL,
    }  # fmt: skip


@ASK
@needs("queues.sign_on")
def sign_on(request: HttpRequest, pk: UUID) -> HttpResponse:
    """From here on people are called from this line to the room chosen."""
    queue = find(Queue, pk)

    def do(given: dict[str, Any]) -> str:
        post = posts.sign_on(queue, room=given["room"], actor=actor_of(request))
        return _("%(name)s calls from %(line)s") % {"name": post.server.name, "line": queue.name}

    form = PostForm(told(request), queue=queue)
    title = _("Sign on at %(line)s") % {"line": queue.name}
    return asking(request, form, do, title=title, button=_("Sign on"), why=_("You call from here until you sign off."))


@act("queues.sign_on")
def sign_off(request: HttpRequest, pk: UUID) -> str:
    """Oneself; somebody else by their id, for the desk."""
    queue, named = find(Queue, pk), request.POST.get("server", "")
    server = Doctor.objects.filter(pk=named).first() if _is_id(named) else None
    post = posts.sign_off(queue, server=server, actor=actor_of(request))
    if post is None:
        return _("Nobody was signed on at %(line)s") % {"line": queue.name}
    return _("%(name)s signed off from %(line)s") % {"name": post.server.name, "line": queue.name}


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
