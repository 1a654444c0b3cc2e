"""The arithmetic of static/js/live-order.js, run by Node where it is installed; Chromium runs the real thing."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_rows_are_ordered_as_the_frames_say() -> None:
    done = subprocess.run(
        ["node", "--test", str(HERE / "live_order.test.js")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
