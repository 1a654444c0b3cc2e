from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "clinic.records"
    label = "records"
    verbose_name = _("Patients")

    def ready(self) -> None:
        from clinic.core import screens
        from clinic.records import faces

        faces.register()
        screens.register(
            screens.Screen("patients", _("Patients"), "users", "records:patients", "patients.view", "p", order=40)
        )
