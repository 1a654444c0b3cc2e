"""Every text of the public pages can be translated: in the templates, and in the scripts that say something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = ("display.html", "display_pair.html", "status.html", "ticket.html", "_display_*.html", "_place*.html")
PUBLIC = sorted([
    ROOT / "templates" / "public.html",
    *(path for name in PAGES for path in (ROOT / "templates" / "queues").glob(name)),
    *(ROOT / "templates" / "components" / name for name in ("_languages.html", "_looks_line.html", "_words.html")),
])  # fmt: skip
SCRIPTS = [ROOT / "static" / "js" / name for name in ("display.js", "sound.js", "calls.js", "status.js", "ticks.js",
                                                      "live.js", "pair.js", "print.js", "core.js")]  # fmt: skip
NAMES = {"Clinicflow"}
"""Not translated: our own name."""
KEYS = {"F"}
"""What stands on a key of the keyboard."""
BLOCKS = re.compile(
    r"{%\s*block\s+\w*class\w*\s*%}.*?{%\s*endblock\s*%}|{%\s*comment\b.*?endcomment\s*%}|{#.*?#}|{%\s*blocktranslate\b.*?endblocktranslate\s*%}|{%.*?%}|{{.*?}}",
    re.S,
)
READ = re.compile(r"\s(?:aria-label|title|alt|placeholder|value)=(\"[^\"]*\"|'[^']*')")
SAID = re.compile(r"say\(\s*[\"'`]([a-z.]+)(\$\{\w+(?:\.\w+)?\})?[\"'`]")


def bare(template: str) -> list[str]:
    """Words that stand in a template without being marked for translation."""
    left = BLOCKS.sub("", template)
    spoken = [value.strip("\"'") for value in READ.findall(left)]
    texts = re.findall(r">([^<]+)<", f">{re.sub(r'<!doctype[^>]*>', '', left)}<")
    words = [word for text in [*spoken, *texts] for word in re.findall(r"[^\W\d_]{1,}", text)]
    return [word for word in words if word not in NAMES | KEYS]


def test_the_test_sees_bare_words() -> None:
    assert bare("<p>{% translate 'Called' %} now</p>") == ["now"]
    assert bare('<p aria-label="Called">{{ token }}</p>') == ["Called"]
    assert bare("{% blocktranslate with n=2 %}{{ n }} people{% endblocktranslate %}<b>{# no #}12</b>") == []
    assert len(PUBLIC) > 12


@pytest.mark.parametrize("template", PUBLIC, ids=lambda path: path.name)
def test_public_pages_say_nothing_that_cannot_be_translated(template: Path) -> None:
    assert bare(template.read_text()) == []


def test_what_scripts_say_stands_translated_in_the_page() -> None:
    known = set(re.findall(r'data-word="([^"]+)"', (ROOT / "templates" / "components" / "_words.html").read_text()))
    for script in SCRIPTS:
        for key, open_end in SAID.findall(script.read_text()):
            found = any(word.startswith(key) for word in known) if open_end else key in known
            assert found, f"{script.name} says {key}"
    assert {f"sound.{word}" for word in ("on", "off", "muted", "silent", "none")} <= known


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_of_public_pages_write_no_text_of_their_own(script: Path) -> None:
    """What they put into the page comes from the page's words, from the server, or is a number."""
    put = re.findall(r"textContent\s*=(?!=)\s*([^;]+);", script.read_text())
    put += re.findall(r"new Notification\(([^,]+)", script.read_text())
    mine = [re.sub(r"say\([^)]*\)|\$\{[^}]*\}", "", text) for text in put]
    assert [text for text in mine if re.search(r"[\"'`][^\"'`]*[A-Za-z]{3,}[^\"'`]*[\"'`]", text)] == []
