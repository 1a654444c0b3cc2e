from django.apps import AppConfig


class QueuesConfig(AppConfig):
    name = "queues"
    label = "queues"

    def ready(self) -> None:
        from clinic.live import doors
        from queues import commands, faces, operations, places, reactions, regions  # noqa: F401  registers sentences and codes
        from queues.api.public import board_of

        commands.register()
        faces.register()
        regions.install()
        places.install()
        doors.tells("display", board_of)
