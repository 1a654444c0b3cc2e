from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "clinic.directory"
    label = "directory"
    verbose_name = _("Departments and doctors")

    def ready(self) -> None:
        from clinic.directory import faces, reactions  # noqa: F401  registers what follows a registration

        faces.register()
