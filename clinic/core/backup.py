"""Backups: one file with the database, the uploads and, embedded, this installation's keys.

SQLite is copied with VACUUM INTO, which reads one consistent moment while others write; PostgreSQL with pg_dump. The
file is complete or absent: it is written under another name and renamed. It holds patients' data and keys, so only
its owner may read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3._functions import register  # type: ignore[import-untyped]
from django.utils import timezone

FORMAT = 1
DUE_AFTER = timedelta(hours=24)
KEEP = 14
PATTERN = "clinicflow-*.tar.gz"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
MANIFEST, UPLOADS, SECRETS = "manifest.json", "uploads", "secrets.json"


class BackupError(Exception):
    """A backup could not be made or must not be restored; the text is a sentence for the person at the keyboard."""


def folder() -> Path:
    return Path(settings.DATA_DIR) / "backups"


def make(into: Path | None = None, name: str = "clinicflow") -> Path:
    """Write a backup of this moment into a folder (``DATA_DIR/backups``) and answer the file."""
    target_folder = into or folder()
    target_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = timezone.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    target = target_folder / f"{name}-{stamp}.tar.gz"
    with tempfile.TemporaryDirectory(dir=target_folder, prefix=".making-") as making:
        database = Path(making) / DATABASES[connection.vendor]
        heads = _heads()
        _dump(database)
        draft = Path(making) / "draft"
        _pack(draft, database, heads)
        draft.chmod(0o600)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.rename(target)
    return target


def make_if_due() -> Path | None:
    """Make the day's backup unless there is one; keep the newest ``KEEP``."""
    made = sorted(folder().glob(PATTERN))
    if made and timezone.now().timestamp() - made[-1].stat().st_mtime < DUE_AFTER.total_seconds():
        return None
    fresh = make()
    for old in sorted(folder().glob(PATTERN))[:-KEEP]:
        old.unlink()
    return fresh


def _pack(draft: Path, database: Path, heads: dict[str, Any]) -> None:
    members = [(database, database.name)]
    secrets, uploads = Path(settings.DATA_DIR) / SECRETS, Path(settings.MEDIA_ROOT)
    if secrets.exists():
        members.append((secrets, SECRETS))
    members += [(file, f"{UPLOADS}/{file.relative_to(uploads)}") for file in _files(uploads)]
    sums: dict[str, str] = {}
    with tarfile.open(draft, "w:gz", compresslevel=6) as archive:
        for file, inside in members:
            try:
                archive.add(file, inside, recursive=False)
            except FileNotFoundError:
                continue  # an upload that was removed meanwhile
            sums[inside] = _sum(file)
        manifest = draft.with_name(MANIFEST)
        manifest.write_text(json.dumps(_manifest(sums) | {"log_heads": heads}, indent=1))
        archive.add(manifest, MANIFEST)


def _files(uploads: Path) -> Iterator[Path]:
    return (file for file in sorted(uploads.rglob("*")) if file.is_file() and not file.is_symlink())


def _manifest(sums: dict[str, str]) -> dict[str, Any]:
    from django.db.migrations.recorder import MigrationRecorder

    applied = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
    made_at = timezone.now().isoformat()
    return {"format": FORMAT, "database": connection.vendor, "made_at": made_at, "migrations": applied, "sha256": sums}


def _heads() -> dict[str, Any]:
    """Each hospital's place in its log and the head of its hash chain, read before the copy is taken.

    Kept outside the database they show whether the log was rewritten since: its chain must still pass through them.
    """
    clocks = apps.get_model("live", "Clock")._default_manager.order_by("hospital_id")
    return {
        str(which): {"seq": seq, "head": head} for which, seq, head in clocks.values_list("hospital_id", "seq", "head")
    }


def _sum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        # A connection of its own: VACUUM cannot run inside a transaction, and it only reads.
        with closing(sqlite3.connect(_sqlite_file(), timeout=30)) as raw:
            register(raw)  # the copy is checked against the constraints, which use Django's functions
            raw.execute("VACUUM INTO ?", [str(target)])
    else:
        _postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def _sqlite_file() -> str:
    return str(connection.settings_dict["NAME"])


def _postgres(tool: str, *words: str) -> None:
    """Run one of PostgreSQL's tools on our database. The password goes through the environment, not the command."""
    if shutil.which(tool) is None:
        raise BackupError(f"{tool} is not installed here; install PostgreSQL's client tools of the server's version.")
    given = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    chosen = {variable: str(given[name]) for variable, name in names.items() if given.get(name)}
    if "sslmode" in given["OPTIONS"]:
        chosen["PGSSLMODE"] = given["OPTIONS"]["sslmode"]
    done = subprocess.run([tool, *words], env={**os.environ, **chosen}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(f"{tool} failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")


# --- restore -----------------------------------------------------------------------------------------------------


def restore(file: Path, *, force: bool = False) -> Path | None:
    """Put a backup in the place of the data; refuses to replace data unless forced.

    What was there is kept: the answer is the folder (SQLite) or the backup (PostgreSQL) that holds it. Nothing is
    changed before the backup has been read and checked completely.
    """
    data_dir = Path(settings.DATA_DIR)
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".restoring-") as place:
        unpacked = Path(place)
        _unpack(file, unpacked)
        _check(unpacked)
        if not force and _has_data():
            raise BackupError("There is data already; --force replaces it, and keeps what was there beside it.")
        return _swap_files(unpacked) if connection.vendor == "sqlite" else _swap_postgres(unpacked)


def _unpack(file: Path, into: Path) -> None:
    try:
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(into, filter="data")  # refuses links and paths that lead outside
    except (OSError, tarfile.TarError, EOFError) as wrong:
        raise BackupError(f"{file} cannot be read as a backup ({wrong}).") from None


def _check(unpacked: Path) -> None:
    try:
        manifest = json.loads((unpacked / MANIFEST).read_text())
        sums, vendor, applied = manifest["sha256"], manifest["database"], set(manifest["migrations"])
        known = manifest["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupError("This is not a backup of Clinicflow: its list of contents is missing or damaged.") from None
    if not known:
        raise BackupError("This backup has a format that this version does not know.")
    if vendor != connection.vendor:
        raise BackupError(f"This backup is of {vendor}, and the configured database is {connection.vendor}.")
    found = {str(path.relative_to(unpacked)) for path in _files(unpacked)} - {MANIFEST}
    if found != set(sums) or any(_sum(unpacked / inside) != right for inside, right in sums.items()):
        raise BackupError("This backup is damaged: its contents are not what was written.")
    newer = sorted(applied - _known_migrations())
    if newer:
        raise BackupError(f"This backup is of a newer version (it has {newer[0]}); update the program first.")


def _known_migrations() -> set[str]:
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None, ignore_no_migrations=True)
    replaced = {key for migration in (loader.disk_migrations or {}).values() for key in migration.replaces}
    return {f"{app}.{name}" for app, name in {*(loader.disk_migrations or {}), *replaced}}


def _has_data() -> bool:
    if connection.vendor == "sqlite":
        return Path(_sqlite_file()).exists()
    return bool(connection.introspection.table_names())


def _swap_files(unpacked: Path) -> Path | None:
    connection.close()
    data_dir, database = Path(settings.DATA_DIR), Path(_sqlite_file())
    with _aside(data_dir) as aside:
        for old in [database, *(Path(f"{database}{ending}") for ending in ("-wal", "-shm"))]:
            _move(old, aside / old.name)
        _move(Path(settings.MEDIA_ROOT), aside / UPLOADS)
        (unpacked / DATABASES["sqlite"]).rename(database)
        database.chmod(0o600)
        _move(unpacked / UPLOADS, Path(settings.MEDIA_ROOT))
        if (unpacked / SECRETS).exists():
            _move(data_dir / SECRETS, aside / SECRETS)
            _move(unpacked / SECRETS, data_dir / SECRETS)
    return aside if aside.exists() else None


def _swap_postgres(unpacked: Path) -> Path | None:
    kept = make(name="before-restore") if _has_data() else None
    connection.close()
    # --clean drops only what the backup has; what a newer version added would stay and break its next migration.
    with connection.schema_editor() as editor:
        editor.execute("DROP SCHEMA public CASCADE")
        editor.execute("CREATE SCHEMA public")
    connection.close()
    words = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    words += [f"--dbname={connection.settings_dict['NAME']}", str(unpacked / DATABASES["postgresql"])]
    try:
        _postgres("pg_restore", *words)
    except BackupError as wrong:
        raise BackupError(f"{wrong} The database is empty now; what was there is in {kept}.") from None
    uploads = Path(settings.MEDIA_ROOT)
    with _aside(Path(settings.DATA_DIR)) as aside:
        _move(uploads, aside / UPLOADS)
        _move(unpacked / UPLOADS, uploads)
    return kept


@contextmanager
def _aside(data_dir: Path) -> Iterator[Path]:
    """A folder for what is replaced; gone again if nothing was."""
    aside = data_dir / f"replaced-{timezone.now():%Y%m%d-%H%M%S-%f}"
    aside.mkdir(mode=0o700)
    yield aside
    if not any(aside.iterdir()):
        aside.rmdir()


def _move(old: Path, new: Path) -> None:
    if old.exists():
        old.rename(new)
