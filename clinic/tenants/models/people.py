"""Users and their memberships."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from clinic.core.access import ROLES
from clinic.core.nouns import Versioned
from clinic.tenants.models.hospitals import Hospital


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
    email_confirmed_at = models.DateTimeField(_("address confirmed"), null=True, blank=True, editable=False)
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
    department_ids = models.JSONField(_("departments"), default=list, blank=True)
    """The departments the member is limited to, as ids (R1.2); empty for all."""
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
