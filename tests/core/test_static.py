"""Every file a template names exists: with hashed names a missing one is a 500, and tests read the source files."""

import re
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.contrib.staticfiles import finders
from pytest_django import Settings

from clinic.core import statics

NAMED = re.compile(r"""{%\s*static\s+["']([^"']+)["']""")
TEMPLATES = sorted(Path(configured.BASE_DIR, "templates").rglob("*.html"))


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 10


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(configured.BASE_DIR)))
def test_the_static_files_a_template_names_exist(template: Path) -> None:
    missing = [name for name in NAMED.findall(template.read_text()) if finders.find(name.split("#")[0]) is None]
    assert missing == []


def test_they_are_collected_again_only_when_a_source_changed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[str] = []
    monkeypatch.setattr(statics, "call_command", lambda name, **_: collected.append(name))
    source, settings.STATIC_ROOT = tmp_path / "source", tmp_path
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]
    try:
        assert statics.collect_if_changed()
        assert not statics.collect_if_changed()
        (source / "a.css").write_text("a { color: red }")
        assert statics.collect_if_changed()
        (source / "b.css").write_text("")
        assert statics.collect_if_changed()
        assert collected == ["collectstatic"] * 3
    finally:
        finders.get_finder.cache_clear()  # type: ignore[attr-defined]
