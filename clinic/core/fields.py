"""Columns that hold a checked JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _JSONField = models.JSONField[Any, Any]
else:
    _JSONField = models.JSONField


class CheckedJSON(_JSONField):
    """A JSON column whose subclass names its checks in ``default_validators``. Migrations see Django's own field with
    an empty list or object: they import none of our code.
    """

    def deconstruct(self) -> Any:
        name, _path, args, options = super().deconstruct()
        options["default"] = type(self.get_default())
        return name, "django.db.models.JSONField", args, options
