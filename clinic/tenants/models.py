"""Hospitals, their people and the keys to their doors (domain/1). These tables stand outside any hospital, except
HospitalConfig; the list is closed and a house test holds it.
"""

from __future__ import annotations

import secrets
from datetime import time
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from clinic.core.access import ROLES
from clinic.core.nouns import Noun, Versioned

PLATFORM_ID = UUID("00000000-0000-7000-8000-000000000001")
"""The hidden hospital under which what belongs to no hospital is recorded."""


SLUG = r"^[a-z0-9][a-z0-9-]{0,39}$"


def known_time_zone(name: str) -> None:
    """Refuse a time zone the IANA database does not know."""
    if name not in available_timezones():
        raise ValidationError(_("Not a known time zone."), code="time_zone")


if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
else:
    _CharField = models.CharField


class ZoneField(_CharField):
    """A time zone's name. Migrations see Django's own field."""

    default_validators = [known_time_zone]

    def deconstruct(self) -> Any:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


class Hospital(Versioned):
    """A tenant. Its slug stands in every address of its pages."""

    kind = "hospital"
    ACTIVE, SUSPENDED = "active", "suspended"
    STATUSES = ((ACTIVE, _("Active")), (SUSPENDED, _("Suspended")))

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(
        _("short name in addresses"), max_length=40,
        validators=[RegexValidator(SLUG, _("Small letters, digits and hyphens; a letter or digit first."))],
    )  # fmt: skip
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    time_zone = ZoneField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(_("language"), max_length=8, default="en")
    currency = models.CharField(
        _("currency"), max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}$")],
    )  # fmt: skip
    service_day_cut = models.TimeField(
        _("the service day starts at"), default=time(4), help_text=_("Local time at which a new day's tokens begin."),
    )  # fmt: skip
    status = models.CharField(_("status"), max_length=10, choices=STATUSES, default=ACTIVE)
    hidden = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("hospital")
        verbose_name_plural = _("hospitals")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["slug"], name="hospital_slug_unique"),
            models.CheckConstraint(condition=models.Q(slug__regex=SLUG), name="hospital_slug_form"),
        ]

    def __str__(self) -> str:
        return self.name

    def live_topics(self) -> tuple[str, ...]:
        return ("hospital",)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_open(self) -> bool:
        return self.status == self.ACTIVE and not self.hidden


class HospitalConfig(Noun):
    """The policies of R1.9 that something reads; one row per hospital."""

    kind = "hospital_config"
    RESETS = (
        ("daily", _("Every day")),
        ("weekly", _("Every week")),
        ("monthly", _("Every month")),
        ("never", _("Never")),
    )
    NAMES = (("token", _("Token only")), ("initials", _("Initials")), ("first_initial", _("First name and initial")))

    token_reset = models.CharField(_("tokens start again"), max_length=8, choices=RESETS, default="daily")
    skip_places = models.PositiveSmallIntegerField(
        _("a skip goes back by (places)"), default=3, validators=[MinValueValidator(1), MaxValueValidator(50)],
    )  # fmt: skip
    skip_max = models.PositiveSmallIntegerField(_("skips allowed"), default=2, validators=[MaxValueValidator(20)])
    min_calls = models.PositiveSmallIntegerField(
        _("calls before a no-show"), default=2, validators=[MinValueValidator(1), MaxValueValidator(10)],
    )  # fmt: skip
    call_gap = models.PositiveSmallIntegerField(_("seconds between calls that count"), default=60)
    call_total = models.PositiveSmallIntegerField(_("seconds from first call to no-show"), default=120)
    undo_seconds = models.PositiveSmallIntegerField(
        _("seconds an act can be undone"), default=60, validators=[MaxValueValidator(600)],
    )  # fmt: skip
    display_names = models.CharField(_("names on waiting-room screens"), max_length=16, choices=NAMES, default="token")
    idle_minutes = models.PositiveSmallIntegerField(
        _("minutes idle before sign-out"), default=15, validators=[MinValueValidator(1), MaxValueValidator(480)],
    )  # fmt: skip

    class Meta(Noun.Meta):
        verbose_name = _("policies")
        verbose_name_plural = _("policies")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hospital"], name="hospitalconfig_one"),
        ]

    def __str__(self) -> str:
        return str(_("Policies"))

    def live_topics(self) -> tuple[str, ...]:
        return ("hospital",)


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        # By the same expression as the unique index, which ``iexact`` (UPPER on PostgreSQL) would not use.
        return self.alias(folded=Lower("email")).get(folded=Lower(models.Value(username or "")))


class User(AbstractBaseUser, Versioned):
    """Somebody who signs in, by e-mail in any case. Never deleted, only deactivated; rights come from memberships."""

    kind = "user"
    personal = frozenset({"email", "name"})
    unlogged = frozenset({"password"})

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=8, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_superadmin = models.BooleanField(_("platform administrator"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    signed_out_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Signed out everywhere: sessions and tokens that began at or before this are over (R1.5)."""
    last_login = None  # a sign-in is an event, not a write to the person

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def live_topics(self) -> tuple[str, ...]:
        return (f"user:{self.pk}",)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    # Django's admin asks these. Nobody has rights by being a user: HouseAdmin asks the membership's abilities.
    @property
    def is_staff(self) -> bool:
        return self.is_active

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class Membership(Versioned):
    """A user at a hospital, with one or more roles (R1.1). Revoked, never deleted."""

    kind = "membership"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, related_name="memberships")
    roles = models.JSONField(_("roles"), default=list)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "hospital"], name="membership_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {', '.join(str(ROLES[role]) for role in self.roles if role in ROLES)}"

    def live_topics(self) -> tuple[str, ...]:
        return (f"user:{self.user_id}", "members")


CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without what is misread aloud or on paper: I L O 0 1


def new_join_code() -> str:
    """Nine characters, 44 bits, written in threes: ``HRB-4K7-P2X``. One use, expires, and guessing is limited."""
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(3)) for _ in range(3))


class CodeField(_CharField):
    """A join code, made when the row is. Migrations see Django's own field."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"default": new_join_code, **options})

    def deconstruct(self) -> Any:
        name, _path, args, options = super().deconstruct()
        options.pop("default", None)
        return name, "django.db.models.CharField", args, options


class JoinCode(Versioned):
    """Lets one person join a hospital with one role (R1.3): one use, and it expires."""

    kind = "join_code"
    unlogged = frozenset({"code"})

    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, related_name="join_codes")
    code = CodeField(_("code"), max_length=16, editable=False)
    role = models.CharField(_("role"), max_length=16, choices=[(k, v) for k, v in ROLES.items() if k != "superadmin"])
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True, editable=False)
    used_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False,
        verbose_name=_("used by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("join code")
        verbose_name_plural = _("join codes")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["code"], name="joincode_unique"),
        ]

    def __str__(self) -> str:
        return self.code

    def live_topics(self) -> tuple[str, ...]:
        return ("members",)


class ApiKey(Versioned):
    """An integration's key: shown once, stored hashed, scoped to abilities, expiring and revocable."""

    kind = "api_key"
    unlogged = frozenset({"hash"})

    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("starts with"), max_length=12, editable=False)
    hash = models.CharField(max_length=64, editable=False)
    abilities = models.JSONField(_("abilities"), default=list)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["hash"], name="apikey_hash_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def live_topics(self) -> tuple[str, ...]:
        return ("members",)


class PublicToken(models.Model):
    """A link that needs no sign-in (R3.41): at least 128 unguessable bits, of which only the hash is kept.

    It stands outside the hospital because it is looked up first and opens its hospital. A display has one before it
    is paired, with no hospital yet and the pairing code it shows.
    """

    STATUS, DISPLAY = "status", "display"

    hash = models.CharField(max_length=64, unique=True)
    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=12)
    target = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=6, blank=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["code"], condition=~models.Q(code=""), name="publictoken_code_unique"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["target"], name="publictoken_target")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.target}"


class IdempotencyKey(models.Model):
    """What a POST with this key answered, kept 24 h. Found before any hospital is open, hence outside.

    Rules and life cycle: clinic/tenants/idempotency.py.
    """

    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    claim = models.CharField(max_length=32, default="")
    """Who works on it: an answer is only kept by the request that still holds the claim."""
    status = models.PositiveSmallIntegerField(null=True)
    sealed = models.TextField(blank=True)
    """The answer, encrypted: it may hold a patient's data or a code that is shown once."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotencykey_once"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["created_at"], name="idempotencykey_age")]

    def __str__(self) -> str:
        return self.key
