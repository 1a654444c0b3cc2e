"""Pages' small parts: icons, preferences, and that templates and scripts only name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory

from clinic.core.templatetags.ui import LOOKS, icon, initials

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SCRIPTS = sorted((settings.BASE_DIR / "static" / "js").glob("*.js"))
LONGEST_SCRIPT = 220


def drawn() -> set[str]:
    return set(re.findall(r'<symbol id="([\w-]+)"', (settings.BASE_DIR / "static" / "icons.svg").read_text()))


def look(cookie: str) -> str:
    request = RequestFactory().get("/")
    request.COOKIES["look"] = cookie
    return Template("{% load ui %}{% look %}").render(Context({"request": request}))


def test_an_icon_is_a_drawing_of_the_sprite_and_hidden_from_readers() -> None:
    assert icon("check", "icon-s") == (
        '<svg class="icon icon-s" aria-hidden="true"><use href="/static/icons.svg#check"/></svg>'
    )
    assert "<b>" not in icon("<b>")


def test_the_look_cookie_becomes_attributes_and_nothing_else() -> None:
    assert look("dark.contrast.compact") == ' data-bs-theme="dark" data-contrast="high" data-density="compact"'
    assert look('"><script>.dark') == ' data-bs-theme="dark"'
    assert look("") == ""


def test_script_and_server_know_the_same_preferences() -> None:
    told = re.search(r"const LOOKS = \[(.*?)\]", (settings.BASE_DIR / "static" / "js" / "core.js").read_text())
    assert told is not None
    words = set(re.findall(r'"(\w+)"', told[1]))
    assert words - {"plain"} == set(LOOKS), "plain only keeps the system's wish for contrast from being followed"


@pytest.mark.parametrize(
    ("name", "letters"), [("Dana Whitfield", "DW"), ("Dr. Leïla Benali", "LB"), ("Prince", "P"), ("", "")]
)
def test_initials_leave_titles_out(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_names_only_icons_and_files_that_are_there(path: Path) -> None:
    text = path.read_text()
    named = set(re.findall(r'{% icon "([\w-]+)"', text)) | set(re.findall(r'icon_name="([\w-]+)"', text))
    assert named <= drawn()
    for name in re.findall(r"{% static '([^']+)' %}", text):
        assert finders.find(name), name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_script_or_style_of_its_own(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_keeps_nothing_and_evaluates_nothing(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LONGEST_SCRIPT
    assert not re.search(r"\beval\(|new Function|localStorage|sessionStorage|indexedDB|document\.write", text)


def test_every_word_a_script_says_is_in_the_page_and_the_other_way_round() -> None:
    page = (settings.BASE_DIR / "templates" / "components" / "_words.html").read_text()
    there = set(re.findall(r'data-word="([\w.]+)"', page))
    said: set[str] = set()
    for path in SCRIPTS:
        text = path.read_text()
        said |= set(re.findall(r'say\("([\w.]+)"', text))
        for start in re.findall(r"say\(`([\w.]+)\.\$\{", text):
            family = {word for word in there if word.rpartition(".")[0] == start}
            assert family, f"{path.name} says {start}.*"
            said |= family
    assert said == there
