"""How calls are told (static/js/calls.js), run by Node where it is installed; Chromium runs the real thing."""

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

HERE = Path(__file__).parent
SOUNDS = Path(settings.BASE_DIR) / "static" / "sounds"


@pytest.mark.rule("3.43")
@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_calls_are_told_one_after_another() -> None:
    done = subprocess.run(
        ["node", "--test", str(HERE / "calls.test.js")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.rule("3.43")
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_language_has_a_clip_for_whatever_a_call_may_say(language: str) -> None:
    index = json.loads((SOUNDS / "speech.json").read_text())[language]
    wanted = [*"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "token", "room", "counter", "come", "wait"]
    assert sorted(index) == sorted(wanted)
    spans = sorted((begin, begin + length) for begin, length in index.values())
    assert all(0.2 < end - begin < 2.5 for begin, end in spans)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans)), "two clips overlap"
    assert 20_000 < (SOUNDS / f"speech-{language}.mp3").stat().st_size < 150_000
