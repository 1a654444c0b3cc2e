"""The admin's site: nobody is registered who is no door."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured

from clinic.core.admin import HouseAdmin, HouseSite, site
from clinic.tenants.models import User


def test_the_site_takes_house_admins_only() -> None:
    class Plain(admin.ModelAdmin[User]):
        pass

    class Homeless(HouseAdmin):
        pass

    class Around(HouseAdmin):
        hospital_path = "pk"
        raw_id_fields = ("user",)

    fresh = HouseSite(name="fresh")
    for wrong in (None, Plain, Homeless, Around):
        with pytest.raises(ImproperlyConfigured):
            fresh.register(User, wrong)
    assert all(isinstance(one, HouseAdmin) for one in site._registry.values())
