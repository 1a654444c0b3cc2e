"""Templates hold no script, style or handler of their own: the browser runs files only (strict policy)."""

from __future__ import annotations

import re

from tests.house.source import ROOT, relative, templates

COMMENT = re.compile(r"{% comment.*?%}.*?{% endcomment %}|{#.*?#}|<!--.*?-->", re.DOTALL)
BANNED = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on\b|\bdata-hx-on\b"),
    "script in an address": re.compile(r"javascript:", re.IGNORECASE),
    "script in htmx": re.compile(r"""hx-(vals|headers|vars)\s*=\s*["']?\s*js:|hx-vars\b""", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*(safe|safeseq)\b|{%\s*autoescape\s+off"),
    "a file of somebody else": re.compile(r"""(src|href)\s*=\s*["'](https?:)?//""", re.IGNORECASE),
}
"""Where the tag begins counts: a handler may stand lines below its ``<``."""


def test_no_template_holds_inline_script_or_style() -> None:
    offenders = []
    for path in templates():
        text = COMMENT.sub(lambda match: "\n" * match[0].count("\n"), path.read_text())
        for what, pattern in BANNED.items():
            offenders += [
                f"{relative(path)}:{text.count(chr(10), 0, m.start()) + 1} has {what}" for m in pattern.finditer(text)
            ]
    assert offenders == []


def test_our_scripts_make_no_script_or_markup_of_text() -> None:
    """``innerHTML`` and kin take what the server rendered and escaped, in the one file that puts regions in place."""
    banned = re.compile(r"\beval\(|new Function\(|document\.write\(|setTimeout\(\s*['\"]|insertAdjacentHTML")
    offenders = [
        f"{relative(path)}: {match[0]}"
        for path in sorted((ROOT / "static" / "js").glob("*.js"))
        for match in banned.finditer(path.read_text())
    ]
    assert offenders == []


def test_templates_are_found() -> None:
    assert any(path.name == "base.html" for path in templates())
