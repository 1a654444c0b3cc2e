"""Verbs of hospitals and their people."""

from clinic.tenants.operations import sentences as _sentences  # noqa: F401  registers what refusals say
from clinic.tenants.operations.accounts import (
    CONFIRM_WITHIN,
    change_password,
    change_profile,
    end_session,
    join,
    join_as_new,
    note_sign_in,
    note_sign_out,
    open_hospital,
    register,
    sign_out_everywhere,
)
from clinic.tenants.operations.addresses import (
    RESET_WITHIN,
    ask_confirmation,
    ask_reset,
    confirm_address,
    reset_password,
)
from clinic.tenants.operations.hospitals import change_hospital, change_policies, reopen_hospital, suspend_hospital
from clinic.tenants.operations.invitations import (
    accept_as_new,
    accept_invitation,
    invite,
    is_open,
    resend_invitation,
    take_back_invitation,
)
from clinic.tenants.operations.keys import create_key, revoke_key
from clinic.tenants.operations.members import (
    change_departments,
    change_member,
    change_roles,
    create_join_code,
    restore_member,
    revoke_join_code,
    revoke_member,
)

__all__ = [
    "CONFIRM_WITHIN",
    "RESET_WITHIN",
    "accept_as_new",
    "accept_invitation",
    "ask_confirmation",
    "ask_reset",
    "change_departments",
    "change_hospital",
    "change_member",
    "change_password",
    "change_policies",
    "change_profile",
    "change_roles",
    "confirm_address",
    "create_join_code",
    "create_key",
    "end_session",
    "invite",
    "is_open",
    "join",
    "join_as_new",
    "note_sign_in",
    "note_sign_out",
    "open_hospital",
    "register",
    "reopen_hospital",
    "resend_invitation",
    "reset_password",
    "restore_member",
    "revoke_join_code",
    "revoke_key",
    "revoke_member",
    "sign_out_everywhere",
    "suspend_hospital",
    "take_back_invitation",
]
