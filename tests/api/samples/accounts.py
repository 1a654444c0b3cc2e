"""Samples of accounts and sign-in."""

from __future__ import annotations

from clinic.tenants import auth
from tests.api.samples.base import Request, sample
from tests.world import PASSWORD, House


@sample("auth_register")
def register(house: House) -> Request:
    body = {"email": f"new@{house.hospital.slug}.example", "name": "New Person", "password": PASSWORD,
            "hospital": "Third Clinic"}  # fmt: skip
    return Request("POST", "auth/register", body, 201, role="")


@sample("auth_login")
def login(house: House) -> Request:
    body = {"email": house.users["nurse"].email, "password": PASSWORD}
    return Request("POST", "auth/login", body, role="")


@sample("auth_refresh")
def refresh(house: House) -> Request:
    return Request("POST", "auth/refresh", {"refresh": str(auth.tokens_for(house.users["nurse"]))}, role="")


@sample("auth_logout")
def logout(house: House) -> Request:
    return Request("POST", "auth/logout", {}, 204)
