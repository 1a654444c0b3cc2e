"""The hospital, its policies, its people and its keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget

from clinic.core import sight
from clinic.core.access import MATRIX, ROLES, Actor
from clinic.core.admin import HouseAdmin, HouseForm, site
from clinic.tenants import operations
from clinic.tenants.models import ApiKey, Hospital, HospitalConfig, Invitation, JoinCode, Membership
from clinic.tenants.operations.hospitals import FIELDS
from clinic.tenants.operations.members import GIVEN
from clinic.tenants.policy_form import GROUPS, PoliciesForm
from clinic.tenants.views.door import sign_out
from clinic.tenants.views.links import mail_folder

site.sign_out = sign_out


@admin.register(Hospital, site=site)
class HospitalAdmin(HouseAdmin):
    """The own row only."""

    abilities = {"view": "hospital.manage", "change": "hospital.manage", "close": "hospital.close"}
    hospital_path = "pk"
    list_display = ("name", "slug", "status")
    fields = ("slug", "status", *FIELDS)
    readonly_fields = ("slug", "status")
    actions = ("suspend", "reopen")

    def change_row(self, request: HttpRequest, row: Hospital, *, actor: Actor, **values: Any) -> None:
        operations.change_hospital(row, actor=actor, **values)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "close")

    @admin.action(permissions=["close"], description=gettext_lazy("Suspend: only owners come in"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[Hospital]) -> None:
        self.for_each(request, queryset, operations.suspend_hospital, _("Suspended"))

    @admin.action(permissions=["close"], description=gettext_lazy("Open again"))
    def reopen(self, request: HttpRequest, queryset: QuerySet[Hospital]) -> None:
        self.for_each(request, queryset, operations.reopen_hospital, _("Opened"))


@admin.register(HospitalConfig, site=site)
class HospitalConfigAdmin(HouseAdmin):
    """In groups; what two policies must not say together stands at the field."""

    form = PoliciesForm
    abilities = {"view": "hospital.manage", "change": "hospital.manage"}
    fieldsets: ClassVar[Any] = GROUPS

    def change_row(self, request: HttpRequest, row: HospitalConfig, *, actor: Actor, **values: Any) -> None:
        operations.change_policies(row, actor=actor, **values)


def roles_to_give(actor: Actor) -> list[tuple[str, str]]:
    """The roles this actor can give: only an owner names owners."""
    return [(role, str(ROLES[role])) for role in GIVEN if role != "owner" or actor.can("members.name_owner")]


class RightsForm(HouseForm):
    """Which roles, and limited to which departments (R1.2)."""

    roles = forms.MultipleChoiceField(label=gettext_lazy("Roles"), widget=UnfoldAdminCheckboxSelectMultipleWidget)
    departments = forms.MultipleChoiceField(
        label=gettext_lazy("Limited to departments"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None: the whole hospital. Owners and managers are never limited."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        roles, departments = self.fields.get("roles"), self.fields.get("departments")
        if isinstance(roles, forms.MultipleChoiceField):
            roles.choices = roles_to_give(self.actor)
        if isinstance(departments, forms.MultipleChoiceField):
            departments.choices = [(str(pk), name) for pk, name in sight.names().items()]
            self.initial["departments"] = getattr(self.instance, "department_ids", [])


def in_words(row: Membership | Invitation) -> str:
    """The roles, and what they are limited to."""
    roles = ", ".join(str(ROLES[role]) for role in row.roles if role in ROLES)
    names = sight.names() if row.department_ids else {}
    limits = ", ".join(name for pk, name in names.items() if str(pk) in row.department_ids)
    return f"{roles} ({limits})" if limits else roles


@admin.register(Membership, site=site)
class MembershipAdmin(HouseAdmin):
    """Members come by invitation or join code; here they get their roles and departments, and go."""

    form = RightsForm
    abilities = {"view": "members.manage", "change": "members.manage"}
    hospital_path = "hospital_id"
    list_display = ("person", "email", "in_words", "is_active")
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    ordering = ("user__name",)
    fields = ("person", "email", "roles", "departments", "is_active")
    readonly_fields = ("person", "email")
    actions = ("revoke", "restore")

    @admin.display(description=gettext_lazy("name"), ordering="user__name")
    def person(self, row: Membership) -> str:
        return row.user.name

    @admin.display(description=gettext_lazy("e-mail"), ordering="user__email")
    def email(self, row: Membership) -> str:
        return row.user.email

    @admin.display(description=gettext_lazy("roles"))
    def in_words(self, row: Membership) -> str:
        return in_words(row)

    def change_row(self, request: HttpRequest, row: Membership, *, actor: Actor, **values: Any) -> None:
        operations.change_member(row, actor=actor, **values)

    @admin.action(permissions=["change"], description=gettext_lazy("Revoke"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        self.for_each(request, queryset, operations.revoke_member, _("Revoked"))

    @admin.action(permissions=["change"], description=gettext_lazy("Let in again"))
    def restore(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        self.for_each(request, queryset, operations.restore_member, _("Let in again"))


@admin.register(Invitation, site=site)
class InvitationAdmin(HouseAdmin):
    """Invitations by e-mail."""

    form = RightsForm
    abilities = {"view": "members.manage", "add": "members.manage", "send": "members.manage"}
    hospital_path = "hospital_id"
    list_display = ("email", "in_words", "invited_by", "expires_at", "accepted_at", "revoked_at")
    search_fields = ("email",)
    ordering = ("-created_at",)
    actions = ("resend", "take_back")

    @admin.display(description=gettext_lazy("roles"))
    def in_words(self, row: Invitation) -> str:
        return in_words(row)

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        added = ("email", "roles", "departments")
        return added if obj is None else self.list_display

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> Invitation:
        email, roles, departments = values["email"], values["roles"], values["departments"]
        row = operations.invite(email, roles=roles, departments=departments, actor=actor)
        if folder := mail_folder():
            told = _("This computer has no mail server: the mail is a file in %(folder)s.")
            self.message_user(request, told % {"folder": folder}, messages.WARNING)
        return row

    def has_send_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "send")

    @admin.action(permissions=["send"], description=gettext_lazy("Send again"))
    def resend(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        self.for_each(request, queryset, operations.resend_invitation, _("Sent again"))

    @admin.action(permissions=["send"], description=gettext_lazy("Take back"))
    def take_back(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        self.for_each(request, queryset, operations.take_back_invitation, _("Taken back"))


class JoinCodeForm(HouseForm):
    days = forms.IntegerField(
        label=gettext_lazy("Valid for days"), min_value=1, max_value=30, initial=7,
        widget=UnfoldAdminIntegerFieldWidget,
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields.get("role")
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("Select value")), *roles_to_give(self.actor)]


@admin.register(JoinCode, site=site)
class JoinCodeAdmin(HouseAdmin):
    form = JoinCodeForm
    abilities = {"view": "members.manage", "add": "members.manage", "delete": "members.manage"}
    hospital_path = "hospital_id"
    list_display = ("code", "role", "expires_at", "used_at", "used_by")
    list_filter = ("role",)
    list_select_related = ("used_by",)
    ordering = ("-expires_at",)
    fields: ClassVar[Any] = ("role", "days")

    def get_fields(self, request: HttpRequest, obj: JoinCode | None = None) -> Any:
        return self.fields if obj is None else ("code", "role", "expires_at", "used_at", "used_by")

    def get_readonly_fields(self, request: HttpRequest, obj: JoinCode | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> JoinCode:
        return operations.create_join_code(values["role"], days=values["days"], actor=actor)  # the page names it

    def drop_row(self, request: HttpRequest, row: JoinCode, *, actor: Actor) -> None:
        operations.revoke_join_code(row, actor=actor)


class ApiKeyForm(HouseForm):
    abilities = forms.MultipleChoiceField(
        label=gettext_lazy("May do"), widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Only what you may do yourself can be given."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields.get("abilities")
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(one, one) for one in MATRIX if self.actor.can(one)]


@admin.register(ApiKey, site=site)
class ApiKeyAdmin(HouseAdmin):
    form = ApiKeyForm
    abilities = {"view": "keys.manage", "add": "keys.manage", "revoke": "keys.manage"}
    hospital_path = "hospital_id"
    list_display = ("name", "prefix", "expires_at", "revoked_at")
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        added = ("name", "abilities", "expires_at")
        return added if obj is None else ("name", "prefix", "abilities", "expires_at", "revoked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def add_row(self, request: HttpRequest, *, actor: Actor, **values: Any) -> ApiKey:
        expires: datetime | None = values.get("expires_at")
        key, raw = operations.create_key(
            name=values["name"], abilities=values["abilities"], expires_at=expires, actor=actor
        )
        self.message_user(request, _("Keep this key, it is shown once: %(key)s") % {"key": raw}, messages.WARNING)
        return key

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "revoke")

    @admin.action(permissions=["revoke"], description=gettext_lazy("Revoke"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self.for_each(request, queryset, operations.revoke_key, _("Revoked"))
