"""Real processes act at once and one is killed; the log, replayed, shows no illegal step. Long with PROOF=1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow
LONG = os.environ.get("PROOF") == "1"


def run(*options: str, **environment: str) -> dict[str, Any]:
    """The storm in a process of its own, which makes and drops its own database."""
    command = [sys.executable, "-m", "tests.proof.storm", *options]
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "CLINIC_ENV")
    }
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=kept | environment, capture_output=True, text=True, timeout=3600
    )
    assert done.stdout.strip(), done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    print(json.dumps({name: value for name, value in told.items() if name != "faults"}))
    assert told["faults"] == []
    assert told["killed_after"] > 0
    assert done.returncode == 0, done.stderr[-3000:]
    return told


@pytest.mark.postgres
def test_a_storm_on_postgresql() -> None:
    acts = 2000 if LONG else 40
    told = run("--processes", "8", "--acts", str(acts), DATABASE_URL=os.environ["DATABASE_URL"])
    assert told["events"] > acts
    assert told["calls"] > acts / 4


@pytest.mark.once
def test_a_storm_on_the_embedded_database() -> None:
    """Two processes with threads, as ``serve`` and its child."""
    acts = 2000 if LONG else 60
    told = run("--sqlite", "--processes", "2", "--threads", "2", "--acts", str(acts))
    assert told["events"] > acts / 4
