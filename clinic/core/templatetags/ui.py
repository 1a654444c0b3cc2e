"""Small pieces of every page: icons, the preferences of a device, initials."""

from __future__ import annotations

from functools import cache

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

LOOKS: dict[str, tuple[str, str]] = {
    "light": ("data-bs-theme", "light"),
    "dark": ("data-bs-theme", "dark"),
    "contrast": ("data-contrast", "high"),
    "compact": ("data-density", "compact"),
    "comfortable": ("data-density", "comfortable"),
    "names": ("data-names", "hidden"),
    "nokeys": ("data-keys", "off"),
}
"""Word of the ``look`` cookie → attribute of ``<html>``. static/js/theme.js writes the same."""


@cache
def _drawing(name: str, classes: str) -> SafeString:
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {classes}" if classes else "",
        static("icons.svg"),
        name,
    )


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """One drawing of static/icons.svg, hidden from screen readers: the word stands beside it or in a label."""
    return _drawing(name, classes)


@register.simple_tag(takes_context=True)
def look(context: Context) -> SafeString:
    """The device's preferences as attributes of ``<html>``, so that no page flashes in another theme first."""
    request = context.get("request")
    words = request.COOKIES.get("look", "").split(".") if isinstance(request, HttpRequest) else []
    chosen = dict(LOOKS[word] for word in words if word in LOOKS)
    return format_html_join("", ' {}="{}"', chosen.items())


@register.filter
def initials(name: object) -> str:
    """Two letters for the round sign of a person: first and last word, titles left out."""
    words = [word for word in str(name).split() if not word.endswith(".")] or str(name).split()
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper()
