from django.apps import AppConfig


class QueuesConfig(AppConfig):
    name = "queues"
    label = "queues"

    def ready(self) -> None:
        from queues import faces, operations, reactions, regions  # noqa: F401  registers sentences, codes and reactions

        faces.register()
        regions.install()
