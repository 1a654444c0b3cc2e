"""``manage.py demo``: two invented hospitals with people in them, and how to sign in."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from clinic.demo import stage
from clinic.demo.cast import CASTS, Cast
from clinic.demo.erase import erase
from clinic.demo.play import DEMO
from clinic.tenants import people
from clinic.tenants.models import Hospital, User
from clinic.tenants.passwords import Password, new_password

PASSWORD = "tidewater-desk"  # noqa: S105 (printed for everybody who starts a demo)
FIRST = ("receptionist", "doctor", "owner")


class Command(BaseCommand):
    help = "Make the demo hospitals Harbor Clinic and Hilltop Hospital; a second time changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="only in a database without any hospital")
        parser.add_argument("--reset", action="store_true", help="erase the demo hospitals first, and begin anew")
        parser.add_argument("--force", action="store_true", help="in production too; passwords are then random")

    def handle(self, *args: Any, if_empty: bool, reset: bool, force: bool, **options: Any) -> None:
        production = settings.ENVIRONMENT.production
        if production and not force:
            raise CommandError("This is a production installation: the demo is made here only with --force.")
        if if_empty and Hospital.objects.filter(hidden=False).exists():
            self._show_known()
            return
        if reset:
            self._erase()
        if settings.CELERY_BROKER_URL == "filesystem://":  # the bell of the outbox, before ``serve`` was ever started
            (settings.BROKER_FOLDER / "queue").mkdir(parents=True, exist_ok=True)
        password = secrets.token_urlsafe(12) if production else PASSWORD
        hashed: Password | None = None
        for cast in CASTS:
            if stage.find(cast) is not None:
                continue
            if Hospital.objects.filter(slug=cast.slug).exists():
                raise CommandError(f"Another hospital is called {cast.slug} here; the demo would get in its way.")
            hashed = hashed or new_password(password)
            made = stage.make(cast, hashed)
            self._show(cast, password, made.display)
        if hashed is None:
            self._show_known()

    def _erase(self) -> None:
        for cast in CASTS:
            if stage.find(cast) is not None:
                with people.platform():
                    erase(cast, actor=DEMO)

    def _show_known(self) -> None:
        """The sign-ins of a demo made earlier, as long as they still hold."""
        for cast in CASTS:
            owner = User.objects.filter(email=cast.email(cast.who("owner"))).first()
            if stage.find(cast) is not None and owner is not None and owner.check_password(PASSWORD):
                self._show(cast, PASSWORD)

    def _show(self, cast: Cast, password: str, display: str = "") -> None:
        # The command line shows English: its reader is whoever installs, and the screens have their own languages.
        shown = [cast.who(role) for role in FIRST]
        width = max(len(cast.email(one)) for one in shown)
        self.stdout.write(f"\n{cast.name} (a demo)  {settings.PUBLIC_URL}/h/{cast.slug}/")
        for one in shown:
            self.stdout.write(f"  {one.role:<13} {cast.email(one):<{width}}  {password}")
        if display:
            self.stdout.write(f"  waiting room  {settings.PUBLIC_URL}{reverse('queues:display', args=[display])}")
        self.stdout.flush()
