"""A backup carries each log's head, so that a log rewritten later shows against it."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from clinic.core import backup
from clinic.live.models import Clock
from tests.world import World


@pytest.mark.django_db(transaction=True)
def test_the_manifest_names_each_hospitals_head(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.harbor.waiting(2)
    clock = Clock.objects.get(pk=world.harbor.hospital.pk)
    monkeypatch.setattr(backup, "_dump", lambda target: target.write_bytes(b"copy"))
    with tarfile.open(backup.make(tmp_path)) as archive:
        member = archive.extractfile(backup.MANIFEST)
        assert member is not None
        heads = json.load(member)["log_heads"]
    assert heads[str(world.harbor.hospital.pk)] == {"seq": clock.seq, "head": clock.head}
    assert clock.seq == 2
