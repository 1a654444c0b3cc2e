"""Every file a template names exists: with hashed names a missing one is a 500, and tests read the source files."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

NAMED = re.compile(r"""{%\s*static\s+["']([^"']+)["']""")
TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 10


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_the_static_files_a_template_names_exist(template: Path) -> None:
    missing = [name for name in NAMED.findall(template.read_text()) if finders.find(name.split("#")[0]) is None]
    assert missing == []
