"""REST addresses of accounts, the hospital and its people."""

from __future__ import annotations

from django.urls import path

from clinic.tenants.api import HospitalViewSet, JoinCodeViewSet, KeyViewSet, MembershipViewSet
from clinic.tenants.api_auth import AuthViewSet

urlpatterns = [
    path("auth/register", AuthViewSet.as_view({"post": "register"})),
    path("auth/login", AuthViewSet.as_view({"post": "login"})),
    path("auth/refresh", AuthViewSet.as_view({"post": "refresh"})),
    path("auth/logout", AuthViewSet.as_view({"post": "logout"})),
    path("auth/me", AuthViewSet.as_view({"get": "me"})),
    path("hospital", HospitalViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("hospital/policies", HospitalViewSet.as_view({"get": "policies", "patch": "change_policies"})),
    path("memberships", MembershipViewSet.as_view({"get": "list"})),
    path("memberships/<uuid:pk>", MembershipViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("memberships/<uuid:pk>/revoke", MembershipViewSet.as_view({"post": "revoke"})),
    path("memberships/<uuid:pk>/restore", MembershipViewSet.as_view({"post": "restore"})),
    path("join-codes", JoinCodeViewSet.as_view({"get": "list", "post": "create"})),
    path("join-codes/<uuid:pk>", JoinCodeViewSet.as_view({"delete": "destroy"})),
    path("receptionists", JoinCodeViewSet.as_view({"post": "receptionist"})),
    path("api-keys", KeyViewSet.as_view({"get": "list", "post": "create"})),
    path("api-keys/<uuid:pk>/revoke", KeyViewSet.as_view({"post": "revoke"})),
]
