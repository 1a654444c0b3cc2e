"""Addresses by their first word are those of Django's own resolver, all of them, and so is what is nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLPattern, URLResolver, include, path, re_path, reverse
from django.urls.resolvers import RoutePattern, get_resolver

from clinic import urls
from clinic.core.first_word import by_first_word

UUID = "0d0a8f6e-6f0e-7c55-9a0a-3d5f7c90e217"


def view(request: HttpRequest, **_: Any) -> HttpResponse:
    return HttpResponse()


def plain(route: str, patterns: list[Any]) -> URLResolver:
    return URLResolver(RoutePattern(route, is_endpoint=False), patterns, None)


def found(resolver: URLResolver, address: str) -> tuple[Any, ...] | None:
    try:
        match = resolver.resolve(address)
    except Resolver404:
        return None
    return match.func, match.args, match.kwargs, match.view_name, match.route


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """An address of each route, values in its places."""
    for entry in patterns:
        where = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            filled = re.sub(r"<(?:(\w+):)?\w+>", lambda kind: {"int": "7", "uuid": UUID}.get(kind[1], "x"), where)
            yield re.sub(r"\(\?P.*?\)|[\\^$?]", "x", filled)
        else:
            yield from addresses(entry.url_patterns, where)


def test_every_address_of_the_product_is_where_django_finds_it() -> None:
    django = plain("", urls.everything)
    told = list(addresses(urls.urlpatterns))
    assert len(told) > 400
    here = get_resolver("clinic.urls")
    matched = 0
    for address in told:
        for one in (address, address + "x", address.rstrip("/"), address + "/", "x" + address, address[:-3]):
            expected = found(django, one)
            assert found(here, "/" + one) == expected
            matched += expected is not None
    assert matched > 400


@pytest.mark.parametrize(
    "address", [*("", "a", "b", "z", "abc", "r1"), *("a/", "a/1", "a/x", "a//1", "//"),
                *("b/1/c", "ab/c", "z/9", "n/1", "n/2/3", "r1/x")]
)  # fmt: skip
def test_order_prefixes_namespaces_and_places_at_the_front(address: str) -> None:
    named = ([path("n/<int:one>", view, name="one"), path("a/special", view, name="special")], "names")
    patterns: list[Any] = [
        path("", view, name="home"),
        path("a/<int:n>", view, name="number"),
        path("", include([path("a", view, name="a"), path("b/", include([path("<int:n>/c", view, name="deep")]))])),
        path("", include(named, namespace="names")),
        path("ab", include([path("c", view, name="glued"), path("/c", view, name="slashed")])),
        re_path(r"^r(?P<n>\d)", view, name="pattern"),
        path("<str:any>", view, {"more": 1}, name="any"),
        path("<str:any>/<int:n>", view, name="last"),
    ]
    quick, slow = by_first_word("", patterns), plain("", patterns)
    assert found(quick, address) == found(slow, address)
    assert found(by_first_word("x/", patterns), "x/" + address) == found(plain("x/", patterns), "x/" + address)
    assert quick.reverse("number", n=3) == slow.reverse("number", n=3) == "a/3"


def test_what_is_nowhere_is_a_404_and_names_lead_back() -> None:
    assert found(by_first_word("api/", [path("a", view)]), "other") is None
    assert reverse("health") == "/health"
