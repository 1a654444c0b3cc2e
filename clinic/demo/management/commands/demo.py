"""``manage.py demo``: two invented hospitals with people in them, and how to sign in."""

from __future__ import annotations

import contextlib
import secrets
import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.urls import reverse

from clinic.core.errors import DomainError
from clinic.demo import day, stage
from clinic.demo.acts import DEMO
from clinic.demo.cast import CASTS, Cast
from clinic.demo.erase import erase
from clinic.demo.start import start_for_real
from clinic.tenants import people
from clinic.tenants.models import Hospital, User
from clinic.tenants.passwords import Password, new_password

PASSWORD = "tidewater-desk"  # noqa: S105 (printed for everybody who starts a demo)
FIRST = ("receptionist", "doctor", "charge_nurse", "nurse", "owner")
"""Who is shown, of those there are: with them every screen can be seen."""


class Command(BaseCommand):
    help = "Make the demo hospitals Harbor Clinic and Hilltop Hospital; a second time changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="only in a database without any hospital")
        parser.add_argument("--reset", action="store_true", help="erase the demo hospitals first, and begin anew")
        parser.add_argument(
            "--start-for-real", action="store_true", help="make a new, empty hospital and remove the demo"
        )
        parser.add_argument("--hospital", default="", help="its name; asked for if missing")
        parser.add_argument("--name", default="", help="the owner's name; asked for if missing")
        parser.add_argument("--email", default="", help="the owner's e-mail; asked for if missing")
        parser.add_argument("--force", action="store_true", help="in production too; passwords are then random")

    def handle(self, *args: Any, if_empty: bool, reset: bool, force: bool, **options: Any) -> None:
        if options["start_for_real"]:
            self._start_for_real(options["hospital"], options["name"], options["email"])
            return
        production = settings.ENVIRONMENT.production
        if production and not force:
            raise CommandError("This is a production installation: the demo is made here only with --force.")
        if if_empty and Hospital.objects.filter(hidden=False).exists():
            self._show_known()
            return
        played = self._day()
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
            self.stdout.write(f"Making {cast.name}, with {played.history['days']} days behind it: a moment, please.")
            self.stdout.flush()
            with getattr(connection, "in_a_hurry", contextlib.nullcontext)():
                made = stage.make(cast, hashed)
            self._show(cast, password, made.display)
        if hashed is None:
            self._show_known()

    def _day(self) -> day.Day:
        try:
            return day.read()
        except day.WrongDay as error:
            raise CommandError(f"The demo's day: {error}.") from error

    def _start_for_real(self, hospital: str, name: str, email: str) -> None:
        """Asks for what was not given; the password from the terminal, or from the first line of the input."""
        asked = {"hospital": hospital or input("Name of the hospital: "), "name": name or input("Your name: "),
                 "email": email or input("Your e-mail: ")}  # fmt: skip
        typed = getpass("A password of your own: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            word = new_password(typed, email=asked["email"], name=asked["name"])
            with people.platform():
                membership = start_for_real(**asked, password=word, time_zone=stage.time_zone(), actor=DEMO)
        except DomainError as refusal:
            told = "; ".join(f"{key}: {value}" for key, value in refusal.details.items())
            raise CommandError(f"{refusal.message} {told}".strip()) from None
        here = membership.hospital
        self.stdout.write(f"{here.name} is at {settings.PUBLIC_URL}/h/{here.slug}/ and the demo is gone.")

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
        roles = {one.role for one in cast.staff}
        shown = [cast.who(role) for role in FIRST if role in roles]
        width = max(len(cast.email(one)) for one in shown)
        self.stdout.write(f"\n{cast.name} (a demo)  {settings.PUBLIC_URL}/h/{cast.slug}/")
        for one in shown:
            self.stdout.write(f"  {one.role:<13} {cast.email(one):<{width}}  {password}")
        if display:
            self.stdout.write(f"  waiting room  {settings.PUBLIC_URL}{reverse('queues:display', args=[display])}")
        self.stdout.flush()
