"""What lets somebody in: join codes, invitations, API keys, public links; and the answers of requests sent twice."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from clinic.core.access import ROLES
from clinic.core.nouns import Versioned
from clinic.tenants.models.fields import CodeField
from clinic.tenants.models.hospitals import Hospital
from clinic.tenants.models.people import User


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


class Invitation(Versioned):
    """Lets the owner of an e-mail address join a hospital (R1.3): one use, expires, and may be taken back."""

    kind = "invitation"
    personal = frozenset({"email"})

    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(_("e-mail"), max_length=254)
    roles = models.JSONField(_("roles"), default=list)
    department_ids = models.JSONField(_("departments"), default=list, blank=True)
    invited_by = models.CharField(_("invited by"), max_length=120, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False,
        verbose_name=_("accepted by"),
    )  # fmt: skip
    revoked_at = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                models.F("hospital"), Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None), name="invitation_one_open",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.email

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
    BOOKING, CALENDAR, KIOSK = "booking", "calendar", "kiosk"
    INVITE, CONFIRM, RESET = "invite", "confirm", "reset"
    CODE = "code"
    """A one-time code that was sent to a visitor's phone or mailbox."""

    hash = models.CharField(max_length=64, unique=True)
    hospital = models.ForeignKey(Hospital, on_delete=models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=12)
    target = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=6, blank=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)
    """When a calendar asked for a feed last, to the hour."""

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
