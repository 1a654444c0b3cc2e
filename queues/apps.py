from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QueuesConfig(AppConfig):
    name = "queues"
    label = "queues"
    verbose_name = _("Lines and screens")

    def ready(self) -> None:
        from clinic.live import doors
        from queues import commands, faces, operations, places, reactions, regions  # noqa: F401  registers sentences and codes
        from queues.api.public import board_of

        commands.register()
        faces.register()
        regions.install()
        places.install()
        doors.tells("display", board_of)
