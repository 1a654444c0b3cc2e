"""Addresses found by their first word: of hundreds of routes only those that begin with it are tried.

Django tries one route after the other, which took a tenth of a request of the API: 0.15 ms of processor time, now 0.02
to 0.03 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import ResolverMatch, RoutePattern
from django.utils.functional import cached_property

Patterns = Sequence[URLPattern | URLResolver]


class ByFirstWord(URLResolver):
    """``path(route, include(patterns))`` that resolves faster; everything else of it is Django's, ``reverse`` too."""

    def resolve(self, path: str) -> ResolverMatch:
        """As Django's: the first route that fits, in the order of the list."""
        matched = self.pattern.match(str(path))
        if not matched:
            return super().resolve(path)
        known, others = self._resolvers
        return known.get(matched[0].partition("/")[0], others).resolve(path)

    @cached_property
    def _resolvers(self) -> tuple[dict[str, URLResolver], URLResolver]:
        """One for each word that a route begins with, and one for paths that begin with none of them."""
        flat = list(_flat(self.url_patterns))
        lists: dict[str, list[Any]] = {word: [] for words, _ in flat for word in words or ()}
        for words, pattern in flat:
            for word in lists if words is None else words:
                lists[word].append(pattern)
        rest = [pattern for words, pattern in flat if words is None]
        return {word: self._of(found) for word, found in lists.items()}, self._of(rest)

    def _of(self, patterns: list[Any]) -> URLResolver:
        return URLResolver(self.pattern, patterns, self.default_kwargs, self.app_name, self.namespace)


def _flat(patterns: Iterable[Any]) -> Iterator[tuple[set[str] | None, Any]]:
    """Every pattern with the words it may begin with, None if that is any; what is only included is looked into."""
    for pattern in patterns:
        if _only_includes(pattern) and not (pattern.namespace or pattern.app_name or pattern.default_kwargs):
            yield from _flat(pattern.url_patterns)
        else:
            yield _words(pattern), pattern


def _only_includes(pattern: Any) -> bool:
    return isinstance(pattern, URLResolver) and isinstance(pattern.pattern, RoutePattern) and not str(pattern.pattern)


def _words(pattern: Any) -> set[str] | None:
    if _only_includes(pattern):
        within = [_words(one) for one in pattern.url_patterns]
        return None if None in within else {word for words in within for word in words or ()}
    word, slash, _ = str(pattern.pattern).partition("/")
    is_whole = bool(slash) or isinstance(pattern, URLPattern)  # "ab" with more behind it may be "abc", too
    return {word} if isinstance(pattern.pattern, RoutePattern) and is_whole and "<" not in word else None


def by_first_word(route: str, patterns: Patterns) -> ByFirstWord:
    """What ``path(route, include(patterns))`` is, without a namespace."""
    return ByFirstWord(RoutePattern(route, is_endpoint=False), patterns, None)
