"""The permission of every API action."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from clinic.core.errors import Forbidden, NotFound

MISSING = object()
"""The ability of an action that names none."""


class HasAbility(BasePermission):
    """Closed by default: the action's ability, by the matrix of core/access.py."""

    def has_permission(self, request: Request, view: Any) -> bool:
        ability = view.ability
        if not view.action or ability is None:
            return True
        if ability is MISSING:
            raise NotFound()
        if not view.actor.can(ability):
            raise Forbidden("access.denied", ability=ability)
        return True
