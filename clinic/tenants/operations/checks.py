"""What several verbs of this room check before they change anything."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from clinic.core.errors import Invalid, NotFound
from clinic.core.nouns import Versioned
from clinic.core.tenancy import require_hospital_id


def valid(row: Versioned, fields: Mapping[str, Any], *, allowed: Sequence[str]) -> dict[str, Any]:
    """The fields cleaned by the model's own rules; Invalid names each that is unknown or breaks one."""
    unknown = sorted(set(fields) - set(allowed))
    if unknown:
        raise Invalid("row.invalid", None, **{name: [_("Unknown field.")] for name in unknown})
    draft = copy.copy(row)
    for name, value in fields.items():
        setattr(draft, name, value.strip() if isinstance(value, str) else value)
    language = fields.get("language")
    if language and language not in dict(settings.LANGUAGES):
        raise Invalid("row.invalid", language=[_("Not one of our languages.")])
    try:
        draft.clean_fields(exclude={field.name for field in row._meta.fields} - set(fields))
    except ValidationError as error:
        raise Invalid("row.invalid", None, **error.message_dict) from error
    return {name: getattr(draft, name) for name in fields}


def here(hospital_id: Any) -> None:
    """Refuse a row of another hospital, as if it were not there: these tables are not sealed by the manager."""
    if hospital_id != require_hospital_id():
        raise NotFound()
