from django.apps import AppConfig


class QueuesConfig(AppConfig):
    name = "queues"
    label = "queues"

    def ready(self) -> None:
        from queues import operations, reactions  # noqa: F401  registers sentences, constraint codes and reactions
