"""Every word a person reads goes through the catalogue: in templates and in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from clinic.core.errors import SENTENCES
from tests.house.examples import everything
from tests.house.source import Source, calls, last_word, literal, relative, sources, templates

NOT_WORDS = {
    "Clinicflow", "QR", "MRN", "API", "Esc", "Enter", "Ctrl", "K", "VIP", "sec", "min",
}  # fmt: skip
"""The product's name, and what is the same in every language."""
SPOKEN = ("title", "alt", "placeholder", "aria-label", "aria-description", "aria-placeholder", "label", "summary")
"""Attributes that are read out or shown."""
TAG = re.compile(r"{%\s*(?P<name>\w+).*?%}", re.DOTALL)
BLOCKS = re.compile(r"{%\s*(blocktranslate|comment)\b.*?%}.*?{%\s*end\1\s*%}", re.DOTALL)
IN_A_TAG = re.compile(r"{%\s*block (\w+_class|body_attrs|css)\b.*?%}.*?{%\s*endblock", re.DOTALL)
"""Blocks of base.html that stand inside a tag."""
LETTERS = re.compile(r"[^\W\d_]{2,}")


class Words(HTMLParser):
    """Texts and spoken attributes that are written out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "code", "kbd", "svg")
        for name, value in attrs:
            if name in SPOKEN and value:
                self._look(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "code", "kbd", "svg")

    def handle_data(self, data: str) -> None:
        if self._silent <= 0:
            self._look(data)

    def _look(self, text: str) -> None:
        words = [word for word in LETTERS.findall(text) if word not in NOT_WORDS]
        if words:
            self.found.append((self.getpos()[0], " ".join(text.split())))


def bare(path: Path) -> list[tuple[int, str]]:
    """What a template says without the catalogue."""

    def blank(match: re.Match[str]) -> str:
        return "\n" * match[0].count("\n")

    text = IN_A_TAG.sub(blank, BLOCKS.sub(blank, path.read_text()))
    text = re.sub(r"{#.*?#}|{{.*?}}", blank, text, flags=re.DOTALL)
    text = TAG.sub(blank, text)
    parser = Words()
    parser.feed(text)
    parser.close()
    return parser.found


def test_no_template_says_anything_outside_the_catalogue() -> None:
    offenders = [f"{relative(path)}:{line} {text!r}" for path in templates() for line, text in bare(path)]
    assert offenders == []


# --- Python ------------------------------------------------------------------------------------------------------

SPOKEN_ARGUMENTS = {
    "label", "help_text", "verbose_name", "verbose_name_plural", "empty_label", "description", "short_description",
    "site_title", "site_header", "index_title",
}  # fmt: skip
TOLD = {"success", "error", "warning", "info", "message_user", "add_error"}
"""``messages.success(request, …)`` and kin: the text is the last positional argument."""
FIELDS = re.compile(r"(Field|Key)$")
DESCRIPTIONS = ("serializers", "api", "sse", "stream", "schema", "fields")
"""In these files ``help_text`` and ``description`` are the API's reference, which is in English."""


def untranslated(source: Source) -> Iterator[str]:
    reference = any(word in source.where for word in DESCRIPTIONS)
    for call, name in calls(source):
        for key in call.keywords:
            if key.arg in SPOKEN_ARGUMENTS and _words(key.value) and not (reference and key.arg in REFERENCE):
                yield source.at(call, f"{key.arg}={literal(key.value)!r}")
        yield from (source.at(call, f"says {literal(text)!r}") for text in _said(call, name) if _words(text))


def _said(call: ast.Call, name: str) -> list[ast.expr]:
    """The arguments of a call that a person reads."""
    owner = last_word(getattr(call.func, "value", call.func))
    if name in TOLD and owner == "messages":
        return call.args
    if name == "say" and call.args and isinstance(call.args[0], ast.Dict):
        return call.args[0].values
    if name in ("Choice", "Screen"):
        return call.args[1:2]
    if owner == "models" and FIELDS.search(name) and not name.endswith(("Key", "ToOneField", "ToManyField")):
        return call.args[:1]
    return call.args[1:2] if _refusal(call) else []


REFERENCE = {"help_text", "description", "label"}


def _words(node: ast.expr | None) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(_words(part) for part in node.values)
    text = literal(node)
    return bool(text and LETTERS.search(text))


def _refusal(call: ast.Call) -> bool:
    return last_word(call.func) in {
        "Invalid", "Forbidden", "NotFound", "NotAllowed", "Conflict", "Stale", "TooMany", "Unavailable", "DomainError",
        "Mismatch", "NotSignedIn",
    }  # fmt: skip


def test_no_python_says_anything_outside_the_catalogue() -> None:
    assert [each for source in sources() for each in untranslated(source)] == []


def test_every_code_that_is_raised_has_its_sentence() -> None:
    everything()  # each room says its sentences when it is imported
    raised = {
        code: source.at(node, f"refuses with {code}")
        for source in sources()
        for node in source.nodes
        if isinstance(node, ast.Call) and _refusal(node) and node.args
        if (code := literal(node.args[0])) is not None
    }
    assert [where for code, where in sorted(raised.items()) if code not in SENTENCES] == []
