"""Two records that are one person (R1.7): what belonged to one belongs to the other, until that is taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ForeignKey
from django.utils.translation import gettext_lazy as _

from clinic.core import clock
from clinic.core.access import Actor
from clinic.core.errors import Invalid, NotAllowed, NotFound, constraints, say
from clinic.core.nouns import Noun
from clinic.live import registry
from clinic.live.record import add, change, operation, record
from clinic.records.models import Patient, PatientMerge
from clinic.records.operations.details import search_columns

say({
    "patient.same": _("Choose two different records."),
    "patient.merge_reason": _("Say why these are one person."),
    "patient.already_merged": _("One of these records was merged already."),
    "patient.unmerged": _("This was taken back already."),
    "patient.bad_contacts": _("Phone, second phone and e-mail can be taken over."),
})  # fmt: skip
constraints({"patientmerge_one_open": "patient.already_merged"})

FILLED = (
    "birth_date",
    "birth_year",
    "language",
    "address",
    "preconditions",
    "allergies",
)
"""What the kept record takes from the other where it knows nothing itself."""
CONTACTS = ("phone", "phone_other", "email")
"""What it takes only where somebody says so: whoever books online names a phone and a mailbox that nobody has checked,
and to a contact go all messages of the person from then on."""


@operation("patients.merge")
def merge(
    kept: Patient, gone: Patient, *, reason: str, take: Iterable[str] = (), actor: Actor
) -> PatientMerge:  # fmt: skip
    """Make one record of two: everything that pointed to ``gone`` points to ``kept``; both histories stay in the log.

    Where ``kept`` knows nothing, it takes what ``gone`` says; of contacts those in ``take``, never in the place of its
    own. Boards and documents that show either follow.
    """
    wanted = set(take)
    if not wanted <= set(CONTACTS):
        raise Invalid("patient.bad_contacts", take_contacts=sorted(wanted - set(CONTACTS)))
    if kept.pk == gone.pk:
        raise Invalid("patient.same", gone=["same"])
    if not reason.strip():
        raise Invalid("patient.merge_reason", reason=["required"])
    held = _locked(kept.pk, gone.pk)
    kept, gone = held[kept.pk], held[gone.pk]
    if kept.is_merged or gone.is_merged:
        raise NotAllowed("patient.already_merged")
    rows = _move(gone, kept)
    names = [*FILLED, *(name for name in CONTACTS if name in wanted)]
    filled = [name for name in names if getattr(gone, name) and not getattr(kept, name)]
    if gone.message_opt_out and not kept.message_opt_out and _shared(kept, gone, filled):
        filled.append("message_opt_out")
    taken = {name: getattr(gone, name) for name in filled}
    if taken:
        change(kept, **taken)
        change(kept, **search_columns(kept))
    change(gone, merged_into=kept)
    moved: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        moved[row.kind].append(str(row.pk))
    told = add(PatientMerge(
        kept=kept, gone=gone, reason=reason.strip(), moved={"rows": dict(moved), "filled": filled}, at=clock.now(),
    ))  # fmt: skip
    record("patient.merged", kept, gone, told, *rows, reason=reason.strip())
    return told


@operation("patients.merge")
def unmerge(told: PatientMerge, *, actor: Actor) -> PatientMerge:
    """Take a merge back: what moved and still is where it moved to goes back, the other record is there again."""
    held: PatientMerge | None = PatientMerge.objects.select_for_update(no_key=True).filter(pk=told.pk).first()
    if held is None:
        raise NotFound()
    if held.undone_at is not None:
        return held
    both = _locked(held.kept_id, held.gone_id)
    kept, gone = both[held.kept_id], both[held.gone_id]
    if kept.is_merged:
        raise NotAllowed("patient.already_merged")  # the kept one was merged on: that comes back first
    rows = _move_back(held, kept, gone)
    given = {name: _nothing(kept, name) for name in held.moved["filled"] if getattr(kept, name) == getattr(gone, name)}
    if given:
        change(kept, **given)
        change(kept, **search_columns(kept))
    change(gone, merged_into=None)
    change(held, undone_at=clock.now())
    record("patient.unmerged", kept, gone, held, *rows)
    return held


def _shared(kept: Patient, gone: Patient, filled: list[str]) -> bool:
    """Whether "no messages" of the other record is about where messages of this one go."""
    same_mail = bool(gone.email) and gone.email.lower() == kept.email.lower()
    same_phone = bool(gone.phone_key) and gone.phone_key == kept.phone_key
    return same_mail or same_phone or not set(filled).isdisjoint(CONTACTS)


def _locked(*keys: UUID) -> dict[UUID, Patient]:
    found = Patient.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("id")
    held = {row.pk: row for row in found}
    if len(held) < len(set(keys)):
        raise NotFound()
    return held


def pointers() -> list[tuple[type[Noun], str]]:
    """Every noun of every room that points to a patient, and by which column; found, not listed."""
    found: list[tuple[type[Noun], str]] = []
    for relation in Patient._meta.related_objects:
        model: Any = relation.related_model
        if isinstance(relation.field, ForeignKey) and model not in (Patient, PatientMerge):
            found.append((model, relation.field.name))
    return found


def _move(gone: Patient, kept: Patient) -> list[Noun]:
    rows: list[Noun] = []
    for model, column in pointers():
        for row in model.objects.select_for_update(no_key=True).filter(**{column: gone}).order_by("id"):
            change(row, **{column: kept})
            rows.append(row)
    return rows


def _move_back(held: PatientMerge, kept: Patient, gone: Patient) -> list[Noun]:
    """Rows that were given to somebody else since stay where they are."""
    rows: list[Noun] = []
    columns = dict(pointers())
    for kind, keys in held.moved["rows"].items():
        model: Any = registry.kinds()[kind]
        column = columns[model]
        for row in model.objects.select_for_update(no_key=True).filter(pk__in=keys, **{column: kept}).order_by("id"):
            change(row, **{column: gone})
            rows.append(row)
    return rows


def _nothing(patient: Patient, name: str) -> Any:
    field: Any = patient._meta.get_field(name)
    if isinstance(field, BooleanField):
        return False
    return None if field.null else ""
