"""Addresses in front of the hospitals, and the page about oneself inside one."""

from __future__ import annotations

from django.urls import path

from clinic.tenants.views import door, links, me

app_name = "tenants"

urlpatterns = [
    path("", door.start, name="start"),
    path("sign-in/", door.sign_in, name="sign_in"),
    path("sign-out/", door.sign_out, name="sign_out"),
    path("register/", door.register, name="register"),
    path("join/", door.join, name="join"),
    path("choose/", door.choose, name="choose"),
    path("language/", door.language, name="language"),
    path("forgot/", links.forgot, name="forgot"),
    path("reset/<str:token>/", links.reset, name="reset"),
    path("confirm/<str:token>/", links.confirm, name="confirm"),
    path("invited/<str:token>/", links.invited, name="invited"),
    path("me/", me.me, name="me"),
    path("me/profile/", me.profile, name="profile"),
    path("me/confirm/", me.ask_confirmation, name="ask_confirmation"),
    path("me/password/", me.password, name="password"),
    path("me/sessions/<int:pk>/end/", me.end_session, name="end_session"),
    path("me/sign-out-everywhere/", me.sign_out_everywhere, name="sign_out_everywhere"),
]
