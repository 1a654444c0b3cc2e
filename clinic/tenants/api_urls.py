"""REST addresses of accounts, the hospital and its people."""

from __future__ import annotations

from django.urls import path

from clinic.tenants.api import HospitalViewSet, InvitationViewSet, JoinCodeViewSet, KeyViewSet, MembershipViewSet
from clinic.tenants.api_auth import AuthViewSet

urlpatterns = [
    path("auth/register", AuthViewSet.as_view({"post": "register"})),
    path("auth/login", AuthViewSet.as_view({"post": "login"})),
    path("auth/refresh", AuthViewSet.as_view({"post": "refresh"})),
    path("auth/logout", AuthViewSet.as_view({"post": "logout"})),
    path("auth/password-reset", AuthViewSet.as_view({"post": "ask_reset"})),
    path("auth/password-reset/finish", AuthViewSet.as_view({"post": "reset"})),
    path("auth/confirm", AuthViewSet.as_view({"post": "confirm"})),
    path("auth/accept-invitation", AuthViewSet.as_view({"post": "accept"})),
    path("auth/me", AuthViewSet.as_view({"get": "me"})),
    path("hospital", HospitalViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("hospital/policies", HospitalViewSet.as_view({"get": "policies", "patch": "change_policies"})),
    path("memberships", MembershipViewSet.as_view({"get": "list"})),
    path("memberships/<uuid:pk>", MembershipViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("memberships/<uuid:pk>/revoke", MembershipViewSet.as_view({"post": "revoke"})),
    path("memberships/<uuid:pk>/restore", MembershipViewSet.as_view({"post": "restore"})),
    path("join-codes", JoinCodeViewSet.as_view({"get": "list", "post": "create"})),
    path("join-codes/<uuid:pk>", JoinCodeViewSet.as_view({"delete": "destroy"})),
    path("invitations", InvitationViewSet.as_view({"get": "list", "post": "create"})),
    path("invitations/<uuid:pk>", InvitationViewSet.as_view({"get": "retrieve"})),
    path("invitations/<uuid:pk>/resend", InvitationViewSet.as_view({"post": "resend"})),
    path("invitations/<uuid:pk>/take-back", InvitationViewSet.as_view({"post": "take_back"})),
    path("receptionists", JoinCodeViewSet.as_view({"post": "receptionist"})),
    path("api-keys", KeyViewSet.as_view({"get": "list", "post": "create"})),
    path("api-keys/<uuid:pk>/revoke", KeyViewSet.as_view({"post": "revoke"})),
]
