"""Verbs of patients' records."""

from clinic.records.operations.details import FIELDS, correct, new_mrn, note_access, register, write_access
from clinic.records.operations.merging import CONTACTS, merge, unmerge

__all__ = ["CONTACTS", "FIELDS", "correct", "merge", "new_mrn", "note_access", "register", "unmerge", "write_access"]
