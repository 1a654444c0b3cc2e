from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "clinic.directory"
    label = "directory"

    def ready(self) -> None:
        from clinic.directory import faces, reactions  # noqa: F401  registers what follows a registration

        faces.register()
