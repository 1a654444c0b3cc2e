from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "clinic.tenants"
    label = "tenants"
    verbose_name = _("Hospital and people")

    def ready(self) -> None:
        from clinic.core import api_once, screens
        from clinic.live import doors
        from clinic.tenants import faces, operations, reactions  # noqa: F401  sentences, constraint codes, reactions
        from clinic.tenants.doors import TenantDoors
        from clinic.tenants.idempotency import Rows

        doors.use(TenantDoors())
        api_once.use(Rows())
        faces.register()
        screens.register(screens.Screen("me", _("Me"), "user", "tenants:me", "hospital.view", "m", 800, wide=True))
        screens.register(
            screens.Screen("admin", _("Admin"), "settings", "admin:index", "admin.open", "a", 900, wide=True)
        )
