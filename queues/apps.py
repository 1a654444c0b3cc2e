from django.apps import AppConfig


class QueuesConfig(AppConfig):
    name = "queues"
    label = "queues"

    def ready(self) -> None:
        from queues import faces, operations, places, reactions, regions  # noqa: F401  registers sentences and codes

        faces.register()
        regions.install()
        places.install()
