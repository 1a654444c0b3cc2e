"""``{% region "line" queue.id %}``: the very render call the push makes."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from clinic.live import regions, render

register = template.Library()


@register.simple_tag(takes_context=True)
def region(context: Context, kind: str, key: Any, row: Any = "") -> SafeString:
    """A region of the page; with ``row`` one row of a list region, for whom only that row is to be seen."""
    return mark_safe(regions.html(context["request"], kind, key, row))  # noqa: S308 (rendered by templates that escape)


@register.simple_tag
def piece(template_name: str, **values: Any) -> SafeString:
    """A part of a page that depends on a few plain values and on nothing else: rendered once for each of them."""
    return mark_safe(render.piece(template_name, values))  # noqa: S308 (rendered by a template that escapes)
