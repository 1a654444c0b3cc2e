"""``manage.py hospital list | suspend <slug> --reason … | resume <slug>``: for whoever runs the installation."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.core.access import SYSTEM
from clinic.core.tenancy import hospital as opened
from clinic.tenants import operations
from clinic.tenants.models import Hospital

PLATFORM = replace(SYSTEM, id="platform", name="Platform")
"""Who suspends and resumes here, as the hospital's log names them. What it suspended no owner opens again."""


class Command(BaseCommand):
    help = "Show the hospitals, suspend one (only its owners come in, its public pages say closed), or resume it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="every hospital with its short name and status")
        suspend = acts.add_parser("suspend", help="close a hospital's doors; nothing is deleted")
        suspend.add_argument("slug")
        suspend.add_argument("--reason", default="", help="stands in the hospital's log")
        acts.add_parser("resume", help="open it again").add_argument("slug")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "list":
            for row in Hospital.objects.filter(hidden=False).order_by("slug"):
                self.stdout.write(f"{row.slug}\t{row.status}\t{row.name}")
            return
        found = Hospital.objects.filter(slug=options["slug"], hidden=False).first()
        if found is None:
            raise CommandError(f"there is no hospital called {options['slug']}; `manage.py hospital list` names all")
        with opened(found):
            if options["act"] == "suspend":
                operations.suspend_hospital(found, reason=options["reason"][:200], actor=PLATFORM)
            else:
                operations.reopen_hospital(found, actor=PLATFORM)
        self.stdout.write(f"{found.slug} is {found.status}")
