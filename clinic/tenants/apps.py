from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "clinic.tenants"
    label = "tenants"

    def ready(self) -> None:
        from clinic.live import doors
        from clinic.tenants import faces, operations, reactions  # noqa: F401  sentences, constraint codes, reactions
        from clinic.tenants.doors import TenantDoors

        doors.use(TenantDoors())
        faces.register()
