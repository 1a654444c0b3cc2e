from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LiveConfig(AppConfig):
    name = "clinic.live"
    label = "live"
    verbose_name = _("Log")

    def ready(self) -> None:
        from django.utils.autoreload import file_changed

        file_changed.connect(_forget_templates, dispatch_uid="clinic.live.templates")


def _forget_templates(sender: object, file_path: Path, **_more: Any) -> None:
    """Under ``runserver`` a changed template restarts nothing: what was rendered with the old one has to go."""
    if file_path.suffix == ".html":
        from clinic.live import render

        render.forget()
