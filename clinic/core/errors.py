"""One rule, one answer: a refusal is a class with a code, and every door shows it in its own way.

The API answers ``{"error": {"code": "VISIT_WRONG_STATE", …}}`` with the class's status, a page shows a toast.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import IntegrityError
from django.db.models import Model, UniqueConstraint
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Sentence = str | Promise

SENTENCES: dict[str, Sentence] = {
    "access.denied": _("Your role does not allow this."),
    "access.not_here": _("Not there, or not in this hospital."),
    "row.changed": _("Someone else changed this a moment ago. Nothing was overwritten: look again."),
    "row.in_use": _("Still in use by something else, so it cannot be removed."),
    "row.duplicate": _("This already exists."),
    "row.unknown_field": _("Unknown fields: nothing was saved."),
    "row.invalid": _("Some fields need another look."),
}
"""Code → the sentence a person reads; ``%(name)s`` takes a detail of that name."""

CONSTRAINTS: dict[str, str] = {}
"""Constraint name → code. A house test holds that every constraint of ours is here."""

_BY_COLUMNS: dict[tuple[str, frozenset[str]], str] = {}


def say(sentences: dict[str, Sentence]) -> None:
    """Add an app's sentences; two apps may not use one code differently."""
    for code, sentence in sentences.items():
        if SENTENCES.setdefault(code, sentence) != sentence:
            raise ValueError(f"two sentences for {code}")


def constraints(codes: dict[str, str]) -> None:
    """Name the code of each database constraint of an app."""
    CONSTRAINTS.update(codes)


def sentence(code: str, details: dict[str, Any]) -> str:
    """What a person reads of a code, in the active language."""
    said = SENTENCES.get(code)
    if said is None:
        return code
    try:
        return str(said) % details
    except KeyError:
        return str(said)


class DomainError(Exception):
    """A refusal with a stable code, details for the client, and a sentence for a person."""

    status: ClassVar[int] = 409

    def __init__(self, code: str, message: str | None = None, **details: Any) -> None:
        self.code = code
        self.details = details
        self._message = message
        super().__init__(code)

    @property
    def message(self) -> str:
        """The sentence in the active language."""
        return sentence(self.code, self.details) if self._message is None else self._message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Invalid(DomainError):
    """400: malformed or invalid input; ``details`` is field → list of sentences."""

    status = 400


class NotSignedIn(DomainError):
    """401: nobody is signed in, or the session, token or key is over."""

    status = 401


class Forbidden(DomainError):
    """403: the role lacks the ability."""

    status = 403


class NotFound(DomainError):
    """404: not there, or another hospital's, and nobody can tell which."""

    status = 404

    def __init__(self, code: str = "access.not_here", message: str | None = None, **details: Any) -> None:
        super().__init__(code, message, **details)


class NotAllowed(DomainError):
    """409: a rule or the row's state forbids it."""

    status = 409


class Conflict(DomainError):
    """409: someone else was first, or the row changed under the caller."""

    status = 409


class Stale(DomainError):
    """412: ``If-Match`` names an older version."""

    status = 412


class Mismatch(DomainError):
    """422: an idempotency key was used again with another body."""

    status = 422


class TooMany(DomainError):
    """429: a limit; ``details["retry_after"]`` in seconds."""

    status = 429


class Unavailable(DomainError):
    """503: a needed part is down; ``details["retry_after"]`` in seconds."""

    status = 503


def from_integrity_error(error: IntegrityError) -> DomainError:
    """The domain error of the constraint that refused; Conflict("row.duplicate") only if none can be told."""
    name = _constraint_name(error)
    if name is not None and name in CONSTRAINTS:
        return Conflict(CONSTRAINTS[name], constraint=name)
    text = str(error).lower()
    if "foreign key" in text:
        return Conflict("row.in_use")
    if "not null" in text or "not-null" in text:
        return Invalid("row.invalid")
    return Conflict("row.duplicate")


def _constraint_name(error: IntegrityError) -> str | None:
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:  # PostgreSQL says it
        name: str | None = diagnosis.constraint_name
        return name
    text = str(error)
    if text.startswith("CHECK constraint failed: "):
        return text.removeprefix("CHECK constraint failed: ").strip()
    if text.startswith("UNIQUE constraint failed: index "):  # a constraint on an expression has a name
        return text.removeprefix("UNIQUE constraint failed: index ").strip(" '")
    if text.startswith("UNIQUE constraint failed: "):  # SQLite names the columns, not the constraint
        columns = [part.strip().split(".") for part in text.removeprefix("UNIQUE constraint failed: ").split(",")]
        if columns and all(len(part) == 2 for part in columns):
            return _unique_names().get((columns[0][0], frozenset(part[1] for part in columns)))
    return None


def unique_columns(model: type[Model]) -> list[tuple[frozenset[str], str]]:
    """The columns of each unique constraint of a model, with its name; a unique field's is PostgreSQL's own name."""
    table = model._meta.db_table
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    unique = [f for f in model._meta.concrete_fields if f.unique and not f.primary_key]
    found = [(frozenset({columns[f.name]}), f"{table}_{columns[f.name]}_key") for f in unique]
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.fields:
            found.append((frozenset(columns[name] for name in constraint.fields), constraint.name))
    return found


def _unique_names() -> dict[tuple[str, frozenset[str]], str]:
    if not _BY_COLUMNS:
        from django.apps import apps

        for model in apps.get_models():
            _BY_COLUMNS.update({(model._meta.db_table, columns): name for columns, name in unique_columns(model)})
    return _BY_COLUMNS
