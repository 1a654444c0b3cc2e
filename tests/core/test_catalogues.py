"""Every text in every language: the catalogues hold all that the source says, whole, and compiled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from gettext import GNUTranslations, c2py
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from queues.regions import words

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("clinic", "queues", "er_flow", "billing")
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
SINGULAR: dict[str, None] = dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"))
PLURAL = dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2))
CONTEXT = dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2))
BOTH = dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3))
KEYWORDS = {**SINGULAR, **PLURAL, **CONTEXT, **BOTH}

Key = tuple[str, tuple[str, ...]]
"""Context, and the text with its plural if it has one."""

PLACES = re.compile(r"%\(\w+\)[sd]|%[sd%]|{\w+}")
MARKUP = re.compile(r"<[^<>]*>")
MANY = range(1001)
"""Numbers by which a plural form is looked for."""


# --- what the source says ---------------------------------------------------------------------------------------------


def texts_of(source: bytes) -> Iterator[Key]:
    """The texts of Python source."""
    for _line, ids, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
        yield context or "", (ids,) if isinstance(ids, str) else tuple(ids)


def texts_of_template(source: str) -> Iterator[Key]:
    """The texts of a template, by way of what Django makes of it for xgettext, which minds no indentation."""
    lines = templatize(source).splitlines()
    return texts_of("\n".join(line.strip() for line in lines).encode())


@cache
def said() -> dict[Key, str]:
    """Every text of the product, with a file that says it."""
    found: dict[Key, str] = {}
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        found.update(dict.fromkeys(texts_of(path.read_bytes()), str(path.relative_to(ROOT))))
    for path in sorted((ROOT / "templates").rglob("*.html")):
        found.update(dict.fromkeys(texts_of_template(path.read_text()), str(path.relative_to(ROOT))))
    return found


def test_both_kinds_of_source_are_read() -> None:
    python = b'x = _("a" "b"), ngettext("%(n)s c", "%(n)s d", n), pgettext_lazy("sex", "F"), gettext(name)'
    assert set(texts_of(python)) == {("", ("ab",)), ("", ("%(n)s c", "%(n)s d")), ("sex", ("F",))}
    template = """
        <p title="{% translate 'a' %}">It's {# no #}{% translate "b" context "c" %}</p>
      {% blocktranslate count n=many %}{{ n }} d{% plural %}{{ n }} e{% endblocktranslate %}
          {% blocktranslate with x=y %}f "{{ x }}"{% endblocktranslate %}{% include "z" with t=_("g") %}"""
    told = {("", ("a",)), ("c", ("b",)), ("", ("%(n)s d", "%(n)s e")), ("", ('f "%(x)s"',)), ("", ("g",))}
    assert set(texts_of_template(template)) == told
    assert len(said()) > 500


# --- what the catalogues say ------------------------------------------------------------------------------------------


def path_of(language: str, ending: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / f"django.{ending}"


@cache
def catalogue(language: str) -> Catalog:
    with path_of(language, "po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def strings(value: str | Iterable[str] | None) -> tuple[str, ...]:
    return (value or "",) if value is None or isinstance(value, str) else tuple(value)


def key_of(message: Message) -> Key:
    return str(message.context or ""), strings(message.id)


def places(text: str) -> list[str]:
    """What is filled in, and markup: neither may differ between languages."""
    return sorted(PLACES.findall(text)) + sorted(MARKUP.findall(text))


def for_one_number(language: str) -> set[int]:
    """Plural forms that stand for a single number, so they may say it in a word: "two" in Arabic."""
    formula = c2py(str(catalogue(language).plural_expr))
    forms = [formula(number) for number in MANY]
    return {form for form in forms if forms.count(form) == 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_source_is_in_the_catalogue(language: str) -> None:
    """Fails for a new text: `make messages`, then translate what is empty."""
    known = {key_of(message) for message in messages(language)}
    # A text that is said with and without a plural stands once, with it.
    known |= {(context, ids[:1]) for context, ids in known}
    assert {key: where for key, where in said().items() if key not in known} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_empty_or_guessed(language: str) -> None:
    assert [message.id for message in messages(language) if not all(strings(message.string))] == []
    assert [message.id for message in messages(language) if message.fuzzy] == []
    assert not catalogue(language).fuzzy


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_all_its_forms(language: str) -> None:
    number = catalogue(language).num_plurals
    assert number == {"es": 3, "ar": 6}.get(language, 2)
    plurals = [message for message in messages(language) if message.pluralizable]
    assert len(plurals) > 10
    assert [message.id for message in plurals if len(strings(message.string)) != number] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_filled_in_is_the_same(language: str) -> None:
    words_may_do = for_one_number(language)
    wrong = []
    for message in messages(language):
        ids, told = strings(message.id), strings(message.string)
        for form, text in enumerate(told):
            spelled_out = message.pluralizable and form in words_may_do
            wanted = places(ids[-1])
            # A form for one number says it in words; what the English singular does not name, it need not name either.
            left_out = [[place for place in places(one) if place != "%(n)s"] for one in ids]
            singular = [places(ids[0])] if message.pluralizable and form == 0 else []
            if places(text) not in [wanted, *singular, *(left_out if spelled_out else [])]:
                wrong.append((message.id, text))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_current(language: str) -> None:
    with path_of(language, "mo").open("rb") as file:
        compiled = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    wanted: dict[str | tuple[str, int], str] = {}
    for message in messages(language):
        context, ids = key_of(message)
        text = f"{context}\4{ids[0]}" if context else ids[0]
        told = strings(message.string)
        wanted |= {(text, form): one for form, one in enumerate(told)} if message.pluralizable else {text: told[0]}
    assert {key: one for key, one in compiled.items() if key} == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_is_spoken_in_the_language(language: str) -> None:
    with translation.override(language):
        told = words.announcement("A-012", "R4"), words.announcement("A-012", "")
    assert all("A 0 1 2" in sentence and "Token" not in sentence for sentence in told)
    assert "R4" in told[0]
