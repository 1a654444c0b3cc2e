"""``manage.py backup``: one file with the database and the uploads."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.core import backup


class Command(BaseCommand):
    help = "Write the database, the uploads and the installation's keys into one file."
    requires_system_checks: list[str] = []  # whatever else is broken, the data can be saved

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, help="folder for the file (default: backups in DATA_DIR)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backup.make(options["to"])
        except (backup.BackupError, OSError) as wrong:
            raise CommandError(str(wrong)) from None
        self.stdout.write(f"{made} ({made.stat().st_size / 1024:.0f} KiB; keep it where only you can read it)")
