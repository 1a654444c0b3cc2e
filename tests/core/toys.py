"""Tables that exist in tests only: what no noun has (yet), a many-to-many and a proxy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig, apps
from django.db import connection, models

from clinic.core.tenancy import TenantModel
from clinic.live.models import LogModel
from clinic.records.models import Patient


class Label(LogModel):
    name = models.CharField(max_length=20)

    class Meta(LogModel.Meta):
        app_label = "toys"

    def __str__(self) -> str:
        return self.name


class Box(LogModel):
    name = models.CharField(max_length=20)
    labels: Any = models.ManyToManyField(Label, through="toys.BoxLabel", related_name="boxes")

    class Meta(LogModel.Meta):
        app_label = "toys"

    def __str__(self) -> str:
        return self.name


class BoxLabel(LogModel):
    box = models.ForeignKey(Box, on_delete=models.CASCADE)
    label = models.ForeignKey(Label, on_delete=models.CASCADE)

    class Meta(LogModel.Meta):
        app_label = "toys"

    def __str__(self) -> str:
        return f"{self.box_id} {self.label_id}"  # type: ignore[attr-defined]


class Person(Patient):
    """A proxy whose author forgot to inherit Meta."""

    class Meta:
        proxy = True
        app_label = "toys"


TABLES: tuple[type[TenantModel], ...] = (Label, Box, BoxLabel)


def create() -> None:
    """Outside a transaction: SQLite changes no schema inside one."""
    known = connection.introspection.table_names()
    with connection.schema_editor() as editor:
        for model in TABLES:
            if model._meta.db_table not in known:
                editor.create_model(model)


@contextmanager
def installed() -> Iterator[None]:
    """As if the toys were an installed app: only then does Django know what points to what."""
    config = AppConfig("tests.core.toys", sys.modules[__name__])
    config.label, config.apps = "toys", apps
    config.models = apps.all_models["toys"]
    apps.app_configs["toys"] = config
    apps.clear_cache()
    try:
        yield
    finally:
        del apps.app_configs["toys"]
        apps.clear_cache()
