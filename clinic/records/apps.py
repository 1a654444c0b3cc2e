from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "clinic.records"
    label = "records"

    def ready(self) -> None:
        from clinic.records import faces

        faces.register()
