"""A backup is complete and private; a restore gives back what was there, and never overwrites by mistake."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from clinic.core import backup, running
from clinic.live.models import Clock
from clinic.tenants.models import Hospital
from tests.core.starting import environment, manage


class Place:
    """An installation in a folder of its own, reached through its commands only."""

    def __init__(self, data_dir: Path, database: str = "") -> None:
        self.data, self.database = data_dir, database
        self.env = environment(data_dir, **({"DATABASE_URL": database} if database else {}))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return manage(*words, env=self.env)

    def ok(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        return done.stderr

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Past Django, for starting it takes a second."""
        if self.database:
            with psycopg.connect(self.database) as link:
                cursor: Any = link.execute(statement)
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.data / "clinic.sqlite3")) as raw, raw:
            return raw.execute(statement).fetchall()

    def add(self, name: str) -> None:
        self.sql(f"INSERT INTO auth_group (name) VALUES ('{name}')")

    def names(self) -> list[str]:
        return [name for (name,) in self.sql("SELECT name FROM auth_group ORDER BY name")]

    def make(self) -> Path:
        return Path(self.ok("backup").split(" (")[0])


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An installation on each database; the one on PostgreSQL only in the run that has it."""
    if request.param != connection.vendor:
        pytest.skip(f"needs {request.param}")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("tables"), tmp_path)
        yield Place(tmp_path)
        return
    given: dict[str, Any] = settings.ENVIRONMENT.database or {}
    login = given["USER"] + (f":{given['PASSWORD']}" if given["PASSWORD"] else "")
    server = f"postgres://{login}@{given['HOST']}:{given['PORT'] or 5432}"
    name = f"backup_{os.getpid()}"
    subprocess.run(["psql", f"{server}/postgres", "-qc", f"CREATE DATABASE {name}"], check=True)
    yield Place(tmp_path, f"{server}/{name}")
    subprocess.run(["psql", f"{server}/postgres", "-qc", f"DROP DATABASE {name} WITH (FORCE)"], check=True)


@pytest.mark.slow
def test_what_was_backed_up_comes_back(place: Place) -> None:
    place.ok("migrate", "-v0", "--skip-checks")
    place.add("before")
    upload = place.data / "uploads" / "a" / "scan.pdf"
    upload.parent.mkdir(parents=True)
    upload.write_bytes(b"%PDF-1.7 \x00\xff")
    keys = (place.data / "secrets.json").read_text()
    file = place.make()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    place.add("after")
    upload.unlink()
    (place.data / "uploads" / "late.txt").write_text("late")
    refusal = place.refused("restore", str(file))
    assert "--force replaces it" in refusal
    assert place.names() == ["after", "before"], "a refusal changes nothing"

    said = place.ok("restore", str(file), "--force")
    assert place.names() == ["before"]
    assert upload.read_bytes() == b"%PDF-1.7 \x00\xff"
    assert not (place.data / "uploads" / "late.txt").exists()
    assert (place.data / "secrets.json").read_text() == keys
    assert "What was there is in" in said
    assert place.run("migrate", "--check", "--skip-checks").returncode == 0
    _undo_the_restore(place, said)


def _undo_the_restore(place: Place, said: str) -> None:
    """What was replaced is still there: the restore can be taken back."""
    kept = Path(said.split("What was there is in ")[1].splitlines()[0].rstrip("."))
    if kept.is_dir():
        raw = sqlite3.connect(kept / "clinic.sqlite3")
        assert raw.execute("SELECT count(*) FROM auth_group WHERE name = 'after'").fetchone() == (1,)
        raw.close()
        assert (kept / "uploads" / "late.txt").read_text() == "late"
    else:
        place.ok("restore", str(kept), "--force")
        assert place.names() == ["after", "before"]


@pytest.mark.slow
@pytest.mark.once
def test_a_backup_makes_a_new_place_on_an_empty_machine(tmp_path: Path, tables: Path) -> None:
    old, new = Place(tmp_path / "old"), Place(tmp_path / "new")
    for place in (old, new):
        place.data.mkdir()
    shutil.copy(tables, old.data)
    old.add("moved")
    file = old.make()
    new.ok("restore", str(file))
    assert new.names() == ["moved"]
    assert (new.data / "secrets.json").read_text() == (old.data / "secrets.json").read_text()


@pytest.mark.slow
@pytest.mark.once
def test_a_running_server_is_not_pulled_the_floor_away(tmp_path: Path, tables: Path) -> None:
    place = Place(tmp_path)
    shutil.copy(tables, tmp_path)
    file = place.make()
    handle = running.claim(tmp_path)
    try:
        assert "Stop it first" in place.refused("restore", str(file), "--force")
    finally:
        os.close(handle)
    place.ok("restore", str(file), "--force")


# --- in this process: what is refused, and the daily one ---------------------------------------------------------


@pytest.fixture
def own_folder(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "uploads"
    return tmp_path


def repacked(file: Path, into: Path, **changed: bytes) -> Path:
    """A copy of a backup with some of its members replaced."""
    place = into / "unpacked"
    with tarfile.open(file) as archive:
        archive.extractall(place, filter="data")
    for name, content in changed.items():
        (place / name.replace("__", ".")).write_bytes(content)
    copy = into / "changed.tar.gz"
    with tarfile.open(copy, "w:gz") as archive:
        for member in place.iterdir():
            archive.add(member, member.name)
    return copy


def sqlite_only() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the checks are the same; the file is made by SQLite here")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"database__sqlite3": b"something else"}, "damaged"),
        ({"more__txt": b"smuggled in"}, "damaged"),
        ({"manifest__json": b"{}"}, "not a backup"),
        ({"format": 2}, "format that this version does not know"),
        ({"database": "postgresql"}, "is of postgresql"),
        ({"migrations": ["records.9999_future"]}, "newer version"),
    ],
)
def test_a_wrong_backup_is_refused_before_anything_is_touched(
    changes: dict[str, object], sentence: str, own_folder: Path
) -> None:
    sqlite_only()
    file = backup.make()
    files = {name: value for name, value in changes.items() if isinstance(value, bytes)}
    if not files:
        with tarfile.open(file) as archive:
            member = archive.extractfile("manifest.json")
            assert member is not None
            files["manifest__json"] = json.dumps({**json.load(member), **changes}).encode()
    with pytest.raises(backup.BackupError, match=sentence):
        backup.restore(repacked(file, own_folder, **files), force=True)
    assert sorted(path.name for path in own_folder.iterdir()) == ["backups", "changed.tar.gz", "unpacked"]


@pytest.mark.django_db(transaction=True)
def test_a_backup_bears_witness_to_the_log(own_folder: Path) -> None:
    sqlite_only()
    house = Hospital.objects.create(slug="witness")
    Clock.objects.create(hospital=house, seq=7, head="ab" * 32)
    with tarfile.open(backup.make()) as archive:
        member = archive.extractfile("manifest.json")
        assert member is not None
        assert json.load(member)["log_heads"][str(house.pk)] == {"seq": 7, "head": "ab" * 32}


def test_a_path_that_leads_outside_is_refused(own_folder: Path) -> None:
    evil = own_folder / "evil.tar.gz"
    with tarfile.open(evil, "w:gz") as archive:
        inside = own_folder / "payload"
        inside.write_text("x")
        archive.add(inside, "../../outside")
    with pytest.raises(backup.BackupError, match="cannot be read as a backup"):
        backup.restore(evil, force=True)
    assert not (own_folder.parent / "outside").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_archive_is_refused(content: bytes, own_folder: Path) -> None:
    (own_folder / "file").write_bytes(content)
    with pytest.raises(backup.BackupError, match="cannot be read as a backup"):
        backup.restore(own_folder / "file", force=True)


@pytest.mark.real_clock
@pytest.mark.django_db(transaction=True)
def test_one_a_day_is_made_and_the_oldest_go(own_folder: Path) -> None:
    sqlite_only()
    begin = timezone.now()
    first = backup.make_if_due()
    assert first is not None
    assert backup.make_if_due() is None
    for day in range(1, backup.KEEP + 3):
        with time_machine.travel(begin + timedelta(days=day, minutes=1), tick=False):
            made = backup.make_if_due()
            assert made is not None
            os.utime(made, (timezone.now().timestamp(),) * 2)
    left = sorted(path.name for path in backup.folder().iterdir())
    assert len(left) == backup.KEEP
    assert first.name not in left


@pytest.mark.django_db(transaction=True)
def test_a_failed_backup_leaves_nothing_half_done(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(target: Path) -> None:
        target.write_text("half")
        raise backup.BackupError("the disk is full")

    monkeypatch.setattr(backup, "_dump", fail)
    with pytest.raises(backup.BackupError):
        backup.make()
    assert list(backup.folder().iterdir()) == []


def test_a_missing_pg_dump_is_said_clearly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backup.BackupError, match="pg_dump is not installed here"):
        backup._postgres("pg_dump")
