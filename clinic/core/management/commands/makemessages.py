"""Django's makemessages without guesses: a new text that resembles an old one stays untranslated, not wrongly so."""

from __future__ import annotations

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """`make messages` calls this."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
