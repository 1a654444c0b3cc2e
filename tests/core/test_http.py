"""One rule, one answer: how a page says that something was done, and that it was refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from clinic.core import http
from clinic.core.errors import Forbidden, NotAllowed, NotFound, TooMany
from tests.world import World

pytestmark = pytest.mark.django_db
HERE = "http://testserver/h/harbor/reception/?line=1"


def asked(method: str = "post", **headers: Any) -> HttpRequest:
    request: HttpRequest = getattr(RequestFactory(), method)("/h/harbor/visits/", headers=headers)
    for middleware in (SessionMiddleware, MessageMiddleware):
        middleware(lambda _request: HttpResponse()).process_request(request)
    return request


def test_an_act_by_script_is_204_with_a_toast_and_its_seq() -> None:
    answer = http.done(asked(**{"HX-Request": "true"}), "Añadido", seq=7, undo="/h/harbor/undo/7/", label="Print")
    assert (answer.status_code, answer.headers["X-Seq"]) == (204, "7")
    assert answer.headers["HX-Trigger"].isascii()
    told = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert told == {"text": "Añadido", "undo": "/h/harbor/undo/7/", "label": "Print"}


def test_an_act_without_script_goes_back_with_a_message() -> None:
    request = asked(Referer=HERE)
    answer = http.done(request, "Done", undo="/h/harbor/undo/7/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/h/harbor/reception/?line=1")
    assert [(message.message, message.extra_tags) for message in get_messages(request)] == [
        ("Done", "/h/harbor/undo/7/")
    ]


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [({"HX-Request": "true"}, True), ({"Sec-Fetch-Dest": "empty"}, True), ({"Sec-Fetch-Dest": "document"}, False)],
)
def test_what_asks_for_a_fragment(headers: dict[str, str], fragment: bool) -> None:
    assert http.is_fragment(asked(**headers)) is fragment


@pytest.mark.parametrize("error", [NotAllowed("row.in_use"), Forbidden("access.denied"), NotFound()])
def test_a_refusal_by_script_is_its_status_and_a_toast(error: Any) -> None:
    answer = http.refusal(asked(**{"HX-Request": "true"}), error)
    assert answer.status_code == error.status
    assert answer.content == b""
    assert json.loads(answer.headers["HX-Trigger"])["toast"] == {"text": error.message, "tone": "late"}


def test_a_refusal_without_script_goes_back_or_shows_a_page() -> None:
    request = asked(Referer=HERE)
    answer = http.refusal(request, NotAllowed("row.in_use"))
    assert answer.status_code == 303
    assert [message.level_tag for message in get_messages(request)] == ["error"]
    page = http.refusal(asked(), NotAllowed("row.in_use"))
    assert page.status_code == 409
    assert "Still in use" in page.text


@time_machine.travel("2026-11-20T08:00:00Z", tick=False)
def test_a_foreign_row_and_an_unknown_address_are_the_same_page() -> None:
    codes = ("access.not_here", "link.unknown")
    pages = [http.refusal(asked("get"), NotFound(code)) for code in codes]
    assert [page.status_code for page in pages] == [404, 404]
    first, second = (re.sub(r'value="[A-Za-z0-9]{64}"', "", page.text) for page in pages)  # without the CSRF token
    assert first == second


def test_a_limit_says_when_to_come_again() -> None:
    answer = http.refusal(asked("get"), TooMany("sign_in.locked", retry_after=900))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")


@pytest.mark.parametrize(
    "came",
    ["https://evil.example/x", "//evil.example/x", "/\\evil.example", "javascript:alert(1)", "", "not an address"],
)
def test_nobody_is_sent_back_to_another_site(came: str) -> None:
    assert http.came_from(asked(Referer=came), "/start/") == "/start/"
    assert http.came_from(asked(**{"HX-Current-URL": came}), "/start/") == "/start/"


def test_the_page_of_a_refusal_carries_the_id_that_stands_in_the_logs(world: World) -> None:
    client = Client()
    client.force_login(world.harbor.users["biller"])
    page = client.get("/h/harbor/reception/")
    assert page.status_code == 403
    assert page.headers["X-Request-ID"] in page.text
