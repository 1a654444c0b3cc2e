"""What becomes of those who wait for a doctor who left: the desk's buttons."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.tenants.pages import actor_of
from queues.models import Queue
from queues.operations import leaves
from queues.views.answers import act, find


@act("queues.desk")
def settle_line(request: HttpRequest, pk: UUID) -> str:
    queue = find(Queue, pk, "doctor")
    choice = request.POST.get("choice", "")
    moved = leaves.settle_line(queue, choice, actor=actor_of(request))
    told = {"doctor": queue.name, "n": moved}
    if choice == leaves.KEEP:
        return _("Those waiting for %(doctor)s keep their place") % told
    return ngettext("%(n)s moved to the pool", "%(n)s moved to the pool", moved) % told
