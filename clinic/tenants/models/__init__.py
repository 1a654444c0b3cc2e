"""Hospitals, their people and the keys to their doors (domain/1). These tables stand outside any hospital, except
HospitalConfig; the list is closed and a house test holds it.
"""

from clinic.tenants.models.fields import (
    CODE_LETTERS,
    DAYS,
    CodeField,
    HoursField,
    LanguagesField,
    ZoneField,
    default_hours,
    default_languages,
    known_languages,
    known_time_zone,
    new_join_code,
    weekly_hours,
)
from clinic.tenants.models.hospitals import PLATFORM_ID, SLUG, Hospital, HospitalConfig
from clinic.tenants.models.keys import ApiKey, IdempotencyKey, Invitation, JoinCode, PublicToken
from clinic.tenants.models.people import Membership, User, UserManager

__all__ = [
    "CODE_LETTERS",
    "DAYS",
    "PLATFORM_ID",
    "SLUG",
    "ApiKey",
    "CodeField",
    "Hospital",
    "HospitalConfig",
    "HoursField",
    "IdempotencyKey",
    "Invitation",
    "JoinCode",
    "LanguagesField",
    "Membership",
    "PublicToken",
    "User",
    "UserManager",
    "ZoneField",
    "default_hours",
    "default_languages",
    "known_languages",
    "known_time_zone",
    "new_join_code",
    "weekly_hours",
]
