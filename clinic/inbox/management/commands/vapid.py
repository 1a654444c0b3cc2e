"""``manage.py vapid``: a new key for notices on phones, as the environment takes it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from clinic.inbox import vapid


class Command(BaseCommand):
    help = (
        "Makes a key for notices on phones and prints it. It is kept nowhere. "
        "A new key ends what phones have said yes to."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        key = vapid.make()
        self.stdout.write(f"VAPID_PRIVATE_KEY={key}")
        self.stdout.write(f"# its public half, which browsers are told: {vapid.public_of(key)}")
