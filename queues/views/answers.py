"""What the pages of the lines have in common: finding a row, and answering an act."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from clinic.core import http
from clinic.core.access import needs
from clinic.core.errors import NotFound
from clinic.core.nouns import Noun
from clinic.core.sight import seen
from clinic.live.record import done
from clinic.tenants.pages import actor_of
from queues.operations.undo import is_undoable

N = TypeVar("N", bound=Noun)
View = Callable[..., HttpResponse]


def find(model: type[N], pk: UUID, *related: str) -> N:
    """A row of the open hospital; NotFound for anybody else's, the same as for one that never was."""
    found: N | None = seen(model.objects.select_related(*related)).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def answer(request: HttpRequest, text: str, *, back: str = "", **more: str) -> HttpResponse:
    """The answer to an act that was done: its sentence, with Undo where the operation can be undone."""
    op = done()
    may_undo = is_undoable(name for name, _ in op.events) and actor_of(request).can("queues.undo")
    undo = reverse("queues:undo", args=[op.seq]) if may_undo else ""
    return http.done(request, text, seq=op.seq, undo=undo, back=back, **more)


def also(told: HttpResponse, event: str, **detail: str) -> HttpResponse:
    """Let the page hear of one more thing beside the toast."""
    heard = json.loads(told.get("HX-Trigger", "{}"))
    told["HX-Trigger"] = json.dumps({**heard, event: detail})
    return told


def act(ability: str) -> Callable[[Callable[..., str]], View]:
    """A button: a POST by somebody with this ability. The function does it and returns the sentence that says so."""

    def wrap(verb: Callable[..., str]) -> View:
        @require_POST
        @needs(ability)
        @wraps(verb)
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            return answer(request, verb(request, *args, **kwargs))

        return view

    return wrap
