"""``manage.py restore FILE``: put a backup in the place of the data."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic.core import backup, running


class Command(BaseCommand):
    help = "Put a backup in the place of the data. Stop the server first."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace the data that is there (it is kept aside)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            handle = running.claim(Path(settings.DATA_DIR))
            try:
                kept = backup.restore(options["file"], force=options["force"])
            finally:
                os.close(handle)
        except running.AlreadyRunning as wrong:
            raise CommandError(f"{wrong} Stop it first.") from None
        except (backup.BackupError, OSError) as wrong:
            raise CommandError(str(wrong)) from None
        self.stdout.write(f"Restored {options['file']}." + (f" What was there is in {kept}." if kept else ""))
        self.stdout.write("The next `manage.py serve`, or `manage.py migrate`, brings it up to this version.")
