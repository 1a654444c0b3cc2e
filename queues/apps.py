from django.apps import AppConfig


class QueuesConfig(AppConfig):
    name = "queues"
    label = "queues"

    def ready(self) -> None:
        from queues import commands, faces, operations, places, reactions, regions  # noqa: F401  registers sentences and codes

        commands.register()
        faces.register()
        regions.install()
        places.install()
