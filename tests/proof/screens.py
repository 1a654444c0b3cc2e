"""Screens that stay open through a whole day: what was pushed to them is, whenever one looks, what a reload gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clinic.core.access import ABILITIES
from clinic.live import bell, letters, regions, render
from clinic.live.render import Want
from tests.live.helpers import Reducer, _html, _parsed, _push

LANGUAGE = "en"


class Screens:
    """The regions on the screens of a hospital, for somebody who may see everything."""

    def __init__(self, hospital_id: Any, names: Iterable[str]) -> None:
        self.hospital_id = hospital_id
        parsed = [_parsed(name) for name in names]
        self.wants = {Want(name.kind, name.key, regions.kinds()[name.kind].audience & ABILITIES): name
                      for name in parsed}  # fmt: skip
        self.at = self.rung = render.head_of(hospital_id)
        self.shown = self._render(self.wants)
        self.pages = {want: Reducer(_html(self.shown.get(want), name)) for want, name in self.wants.items()}
        bell.listen(self._ring)

    def close(self) -> None:
        bell.forget(self._ring)

    def _ring(self, told: bell.Bell) -> None:
        if told.hospital_id == self.hospital_id:
            self.rung = max(self.rung, told.seq)

    def _render(self, wants: Iterable[Want]) -> dict[Want, Any]:
        return dict(render.render(self.hospital_id, LANGUAGE, list(wants)))

    def look(self) -> bool:
        """Push what the log has told since the last look, and hold that every page is what a reload gives.

        Whether anything was pushed.
        """
        news = letters.read(self.hospital_id, self.at)
        assert self.rung == news.head, f"the log ends at {news.head}, the last bell said {self.rung}"
        self.at = news.head
        rings = [want for want, shown in self.shown.items() if shown.rings(news.topics, news.refs)]
        newest = self._render(rings)
        frames = [_push(self.wants[want], self.shown[want], newest.get(want), self.pages[want]) for want in rings]
        render.forget()
        fresh = self._render(self.wants)
        for want, name in self.wants.items():
            self.pages[want].shows(_html(fresh.get(want), name))
        self.shown = fresh
        return any(frames)
