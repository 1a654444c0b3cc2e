"""The base of every API viewset: who asks, which hospital, what may be done, and how it is answered.

An action names its ability with ``@needs`` (or says with ``@public`` why it needs none); one that names nothing does
not answer. The hospital is open from the check until the answer is made, and closed again after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.core import acts, api_errors, api_input, api_once, api_pages, sight
from clinic.core.access import PLATFORM, VISITOR, Actor
from clinic.core.api_access import MISSING, HasAbility
from clinic.core.api_input import Fields, HouseParser, HouseRenderer, OnlyJSON, Strict, as_bytes
from clinic.core.api_once import Claim, Kept
from clinic.core.api_pages import PAGE_PARAMETERS
from clinic.core.api_told import UNTOLD, Told
from clinic.core.api_who import Credentials
from clinic.core.errors import Conflict, DomainError, NotFound, Stale
from clinic.core.http import address
from clinic.core.tenancy import hospital

R = TypeVar("R")
M = TypeVar("M", bound=Model)
TENANT = "X-Tenant-Id"
KEY = "Idempotency-Key"
KEPT_HEADERS = ("ETag", "X-Seq")
NOT_KEPT = {401, 403, 429}
"""Refusals that say nothing of the request itself: the same one may be right a moment later."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer: its document, its status, and headers beside the usual ones."""

    data: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class AlreadyAnswered(Exception):
    """This request was answered before, under the same idempotency key."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.status)
        self.kept = kept


class HouseViewSet(viewsets.ViewSet):
    """A door: it translates and decides nothing. ``self.actor`` is who acts, under the open hospital."""

    permission_classes = (HasAbility,)
    parser_classes = (HouseParser,)
    renderer_classes = (HouseRenderer,)
    content_negotiation_class = OnlyJSON
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    actor: Actor = VISITOR
    body: Fields
    """The checked fields of the body, of those that came."""
    query: Fields
    """The checked query parameters."""
    tag: ClassVar[str] = ""
    """What the documentation calls these routes."""
    _claim: Claim | None = None

    # -- in --

    @property
    def ability(self) -> Any:
        """The ability the action names; None if it is public, MISSING if it says nothing."""
        return getattr(getattr(self, self.action or "", None), "ability", MISSING)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        made = super().initialize_request(request, *args, **kwargs)
        if self.action == "metadata":  # OPTIONS: cross-origin questions are answered by the middleware
            self.action = ""
        return made

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._before = acts.done()
        with ExitStack() as self._opened:
            return super().dispatch(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        """Find out who asks and open their hospital; where anybody may ask, what they bring is not looked at."""
        ability = self.ability
        if not self.action or ability is None or ability is MISSING:
            return
        super().perform_authentication(request)
        credentials = cast("Credentials | None", request.auth)
        if credentials is None:
            raise api_errors.not_signed_in()
        if ability in PLATFORM:
            self.actor = credentials.person()
            return
        entered = credentials.enter(tenant_of(request))
        self.actor = entered.actor
        self._opened.enter_context(hospital(entered.hospital_id))
        self._opened.enter_context(sight.of(entered.actor))
        self._opened.enter_context(timezone.override(entered.zone))

    @property
    def told(self) -> Told:
        """What the action says it takes and answers."""
        told: Told = getattr(getattr(self, self.action or "", None), "told", UNTOLD)
        return told

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.action:
            return  # no such method here: 405 follows
        told = self.told
        self.query = api_input.query(told.query, request, also=PAGE_PARAMETERS if told.paged else frozenset())
        if request.method in ("POST", "PUT", "PATCH"):
            self.body = api_input.body(
                told.body or Strict, request.data, partial=request.method == "PATCH" and not told.whole
            )
        self._claim_key(request)

    def _claim_key(self, request: Request) -> None:
        key = request.headers.get(KEY)
        if key is None or request.method != "POST":
            return
        claim = api_once.claim_of(key, self._caller(request), request.method, request.path, request.data)
        kept = api_once.store().begin(claim)
        if kept is not None:
            raise AlreadyAnswered(kept)
        self._claim = claim

    def _caller(self, request: Request) -> str:
        if self.actor is VISITOR:
            return f"address:{address(request)}"
        return f"{self.actor.kind}:{self.actor.id}"

    # -- out --

    def act(self, verb: Callable[[], R], show: Callable[[R], Any], *, status: int = 200) -> Response:
        """Run one operation and answer with what ``show`` makes of its result: a document, or a ``Shown``.

        With an idempotency key the answer is made and kept inside the operation's transaction.
        """

        def shown(result: R) -> Shown:
            made = show(result)
            return made if isinstance(made, Shown) else Shown(made, status)

        claim, kept = self._claim, list[Shown]()

        def close(result: R) -> Callable[[acts.Op], None]:
            made = shown(result)

            def finish(op: acts.Op) -> None:
                assert claim is not None
                api_once.store().keep(claim, _kept(made, op))
                kept.append(made)

            return finish

        if claim is None:
            return _response(shown(verb()))
        with acts.closing(close):
            result = verb()
        if not kept:  # no operation ran: nothing to be together with
            return _response(shown(result))
        self._claim = None
        return _response(kept[-1])

    def handle_exception(self, exc: Exception) -> Response:
        request: Request = self.request
        if isinstance(exc, AlreadyAnswered):
            return cast(Response, _replayed(exc.kept))
        if isinstance(exc, Conflict) and exc.code == "row.changed" and "If-Match" in request.headers:
            exc = Stale("request.stale", **exc.details)
        response = api_errors.answer(exc, {"request": request})
        response.exception = True
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        claim, self._claim = self._claim, None
        after = acts.done()
        if after is not self._before and after.seq is not None and not response.has_header("X-Seq"):
            response["X-Seq"] = str(after.seq)
        if claim is not None:
            response = self._settle(claim, response)
        response = super().finalize_response(request, response, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    def _settle(self, claim: Claim, response: Any) -> Any:
        """Keep what was answered without an operation: a refusal, mostly. What may pass by itself is not kept."""
        if response.status_code in NOT_KEPT or response.status_code >= 500:
            api_once.store().drop(claim)
            return response
        content = _content(response.data) if isinstance(response, Response) else response.content
        headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
        try:
            api_once.store().keep(claim, Kept(response.status_code, content.decode(), headers))
        except DomainError as error:
            return api_errors.answer(error, {"request": self.request})
        return response

    # -- what actions need --

    def row(self, rows: QuerySet[M], pk: Any) -> M:
        """The row with this id in the open hospital, or NotFound: unknown, foreign and not shown are the same."""
        found: M | None = sight.seen(rows).filter(pk=pk).first()
        if found is None:
            raise NotFound()
        return found

    def match(self, row: Any) -> None:
        """Refuse with 412 if ``If-Match`` came and names another version of the row, now or when it is written."""
        wanted = self.request.headers.get("If-Match")
        if wanted is None or wanted.strip() == "*":
            return
        if etag(row.version) not in {tag.strip() for tag in wanted.split(",")}:
            raise Stale("request.stale", version=row.version)
        self._opened.enter_context(acts.expecting(acts.Seen(row.kind, row.ref, row.version)))

    def one(self, doc: Mapping[str, Any], *, status: int = 200) -> Shown:
        """A resource people edit, with its version as ETag."""
        return Shown(doc, status, {"ETag": etag(doc["version"])})

    def answer(self, shown: Shown) -> Response:
        return _response(shown)

    def page(self, rows: QuerySet[Any], order: str, show: Callable[[list[Any]], list[Any]]) -> Response:
        """One page of a list, of what the asker may see; ``order`` was checked against the list's own orders."""
        return Response(api_pages.page(sight.seen(rows), order, self.request, show))


def tenant_of(request: Request) -> str:
    """The hospital the caller names: by header, or by the prefix of the address. They must not differ."""
    named = request.headers.get(TENANT, "").strip()
    here = getattr(request._request, "hospital", None)
    if here is None:
        return named
    if named not in ("", here.slug, str(here.pk)):
        raise NotFound()
    return str(here.pk)


def etag(version: int) -> str:
    return f'"{version}"'


def _response(shown: Shown) -> Response:
    return Response(shown.data, status=shown.status, headers=dict(shown.headers))


def _kept(shown: Shown, op: acts.Op) -> Kept:
    headers = {name: value for name, value in shown.headers.items() if name in KEPT_HEADERS}
    if op.seq is not None:
        headers["X-Seq"] = str(op.seq)
    return Kept(shown.status, _content(shown.data).decode(), headers)


def _content(data: Any) -> bytes:
    return b"" if data is None else as_bytes(data)


def _replayed(kept: Kept) -> HttpResponse:
    response = HttpResponse(kept.body.encode(), status=kept.status, content_type="application/json")
    for name, value in kept.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response
