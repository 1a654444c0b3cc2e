"""What refusals of this room say, and the code of each of its constraints."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.core.errors import constraints, say

say({
    "sign_in.wrong": _("This e-mail and password do not belong together."),
    "sign_in.locked": _("Too many wrong tries. Wait a quarter of an hour, then try again."),
    "sign_in.busy": _("Many people are signing in. Try again in a moment."),
    "token.invalid": _("The access token is not valid."),
    "token.ended": _("Signed out. Sign in again."),
    "key.invalid": _("The API key is not valid."),
    "password.weak": _("Choose another password."),
    "password.wrong": _("This is not your password."),
    "membership.none": _("You are not a member of any hospital yet."),
    "membership.exists": _("This person already is a member."),
    "membership.own": _("Nobody changes their own roles or membership. Ask another owner or manager."),
    "membership.last_owner": _("A hospital keeps at least one owner. Name another one first."),
    "membership.owner_only": _("Only an owner can name or remove owners."),
    "membership.runs_all": _("Owners and managers run the whole hospital: they are not limited to departments."),
    "invitation.exists": _("This address is invited already. Send that invitation again, or take it back first."),
    "invitation.accepted": _("This invitation has been accepted."),
    "invitation.taken_back": _("This invitation was taken back. Send a new one."),
    "invitation.not_yours": _("This invitation is for another address. Sign out, then open the link again."),
    "hospital.closed": _("%(hospital)s is closed for now."),
    "hospital.platform_suspended": _("The platform has suspended this hospital. Only the platform can open it again."),
    "membership.bad_role": _("Choose roles from the list, at least one."),
    "hospital.needed": _("You belong to several hospitals: say which one."),
    "hospital.slug_taken": _("This short name is in use."),
    "hospital.bad_slug": _("Small letters, digits and hyphens; a letter or digit first."),
    "hospital.has_policies": _("This hospital already has its policies."),
    "hospital.bad_head_starts": _("Urgent has the longest head start, then VIP, then carried over."),
    "hospital.bad_limits": _("A line warns before it is full."),
    "user.email_taken": _("This address has an account already. Sign in with it."),
    "user.not_you": _("Only you can change your own account."),
    "join_code.unknown": _("This code is not valid: it may be used, expired or mistyped."),
    "join_code.bad_days": _("A code is valid for 1 to 30 days."),
    "join_code.used": _("This code has been used, so it cannot be taken back. Revoke the member instead."),
    "join_code.again": _("Try again."),
    "api_key.again": _("Try again."),
    "api_key.bad_abilities": _("A key can be given only what you may do yourself."),
    "api_key.past": _("The key would have expired already."),
    "link.again": _("Try again."),
    "log.again": _("Try again."),
})  # fmt: skip

constraints({
    "hospital_slug_unique": "hospital.slug_taken",
    "hospital_slug_form": "hospital.bad_slug",
    "hospitalconfig_one": "hospital.has_policies",
    "hospitalconfig_head_starts": "hospital.bad_head_starts",
    "hospitalconfig_limits": "hospital.bad_limits",
    "user_email_unique": "user.email_taken",
    "membership_unique": "membership.exists",
    "joincode_unique": "join_code.again",
    "invitation_one_open": "invitation.exists",
    "apikey_hash_unique": "api_key.again",
    "publictoken_code_unique": "link.again",
    "tenants_publictoken_hash_key": "link.again",
    "idempotencykey_once": "idempotency.running",
    # The log's own: only a bug or a restored backup could meet them.
    "event_seq_unique": "log.again",
    "eventref_unique": "log.again",
    "eventdetail_seq_unique": "log.again",
    "reaction_once": "log.again",
})  # fmt: skip
