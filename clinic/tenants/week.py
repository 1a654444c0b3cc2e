"""A week in a form: one line for each day, ``08:00-12:00, 13:00-18:00``; an empty line is a day off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.tenants.models import DAYS, weekly_hours

HELP = gettext_lazy("For example 08:00-12:00, 13:00-18:00. Empty: closed. Midnight at the end of a day is 24:00.")
SPAN = re.compile(r"^(\d{1,2})[:.]?(\d{2})?\s*(?:-|–|—|to)\s*(\d{1,2})[:.]?(\d{2})?$")


def in_words(spans: list[Mapping[str, str]]) -> str:
    """A day as one line."""
    return ", ".join(f"{span['start']}-{span['end']}" for span in spans)


def of_words(text: str) -> list[dict[str, str]]:
    """A line as the spans of a day; raises ValueError for what is none."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        match = SPAN.match(part)
        if match is None:
            raise ValueError(part)
        start_hour, start_minute, end_hour, end_minute = match.groups(default="00")
        found.append({"start": f"{int(start_hour):02}:{start_minute}", "end": f"{int(end_hour):02}:{end_minute}"})
    return found


class WeekWidget(forms.MultiWidget):
    """Seven inputs with the names of their days."""

    def __init__(self, attrs: Any = None, *, line: type[forms.TextInput] = forms.TextInput, row: str = "") -> None:
        self.row = row
        super().__init__({day: line() for day in DAYS}, attrs)

    def decompress(self, value: Any) -> list[str]:
        return [in_words(value.get(day, [])) for day in DAYS] if isinstance(value, Mapping) else [""] * len(DAYS)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        context = self.get_context(name, value, attrs)["widget"]
        lines = [
            (self.row, one["attrs"].get("id", ""), WEEKDAYS[number], self._line(self.widgets[number], one, renderer))
            for number, one in enumerate(context["subwidgets"])
        ]
        return format_html(
            '<div class="week">{}</div>',
            format_html_join("", '<div class="{}"><label for="{}">{}</label>{}</div>', lines),
        )

    @staticmethod
    def _line(widget: Any, one: dict[str, Any], renderer: Any) -> Any:
        return widget.render(one["name"], one["value"], one["attrs"], renderer)


class WeekField(forms.MultiValueField):
    """Gives ``{mon: [{start, end}, …], …}`` with the days that are open."""

    def __init__(self, *, widget: Any = None, **options: Any) -> None:
        fields = [forms.CharField(required=False, max_length=120) for _day in DAYS]
        options.setdefault("help_text", HELP)
        super().__init__(fields, require_all_fields=False, required=False, widget=widget or WeekWidget(), **options)

    def compress(self, data_list: list[str]) -> dict[str, Any]:
        week: dict[str, Any] = {}
        for number, day in enumerate(DAYS):
            text = data_list[number] if number < len(data_list) else ""
            try:
                spans = of_words(text or "")
                weekly_hours({day: spans})
            except (ValueError, ValidationError) as error:
                told = {"day": WEEKDAYS[number], "text": text}
                raise ValidationError(
                    _("%(day)s: “%(text)s” is no time like 08:00-12:00, 13:00-18:00.") % told
                ) from error
            if spans:
                week[day] = spans
        return week or {DAYS[0]: []}

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.compress([*data]) != (_whole(initial) or {DAYS[0]: []}))
        except ValidationError:
            return True


def _whole(week: Any) -> dict[str, Any]:
    return {day: list(week[day]) for day in DAYS if week.get(day)} if isinstance(week, Mapping) else {}


class TextsField(forms.CharField):
    """Short texts, separated by commas: gives the list of them."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", gettext_lazy("Separated by commas."))
        super().__init__(required=False, max_length=2000, **options)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        parts = (part.strip() for part in (super().to_python(value) or "").split(","))
        return list(dict.fromkeys(part for part in parts if part))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != list(initial or []))
