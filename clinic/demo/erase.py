"""Taking the demo hospitals away again, every row of them. Only those that the demo itself made."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Model, Q

from clinic.core.access import Actor
from clinic.core.errors import NotFound
from clinic.core.tenancy import TenantModel, hospital
from clinic.demo.cast import Cast
from clinic.demo.stage import find
from clinic.live.record import operation, record
from clinic.tenants import people
from clinic.tenants.models import Hospital, Membership, User


@operation("hospital.close")
def erase(cast: Cast, *, actor: Actor) -> None:
    """Erase the cast's hospital with its log, and the accounts of its staff; the platform's log keeps that it was so.

    Runs under the platform. Whatever stands in another hospital's tables, or belongs to somebody who has since become
    a member elsewhere, stays.
    """
    here = find(cast)
    if here is None:
        raise NotFound()
    with hospital(here):
        for model in apps.get_models():
            if issubclass(model, TenantModel):
                # Foreign keys are checked at the commit, on both databases, so the order does not matter.
                _away(model.objects.all())
    own = Q(hospital=here)
    staff = list(Membership.objects.filter(own).values_list("user_id", flat=True))
    for outside in _of_a_hospital():
        _away(outside._default_manager.filter(own))
    elsewhere = Membership.objects.filter(user_id__in=staff).values("user_id")
    leavers = User.objects.filter(pk__in=staff, email__endswith=f"@{cast.domain}").exclude(pk__in=elsewhere)
    _retire(list(leavers))
    record("hospital.erased", here)
    _away(Hospital.objects.filter(pk=here.pk))


def _of_a_hospital() -> list[type[Model]]:
    """The tables without tenancy that hold rows of one hospital: members, codes, links, the search, the clock."""
    outside = [model for model in apps.get_models() if not issubclass(model, TenantModel) and model is not Hospital]
    names = [(model, {field.name: field for field in model._meta.concrete_fields}.get("hospital")) for model in outside]
    return [model for model, field in names if field is not None and field.related_model is Hospital]


def _away(rows: object) -> None:
    rows._raw_delete(rows.db)  # type: ignore[attr-defined]


def _retire(users: list[User]) -> None:
    """Accounts are deleted with what hangs on them: sessions, tokens, second factors."""
    with people.platform():
        for user in users:
            user.delete()
