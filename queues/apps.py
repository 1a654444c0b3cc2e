from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QueuesConfig(AppConfig):
    name = "queues"
    label = "queues"
    verbose_name = _("Lines and screens")

    def ready(self) -> None:
        from clinic.live import doors
        from queues import (  # noqa: F401  registers sentences and codes
            appointment_reactions,
            booking_reactions,
            commands,
            faces,
            leave,
            listed,
            message_truth,
            messages,
            operations,
            phones,
            places,
            reactions,
            regions,
        )
        from queues.api.public import board_of

        commands.register()
        faces.register()
        regions.install()
        places.install()
        leave.install()
        listed.install()
        message_truth.install()
        phones.install()
        doors.tells("display", board_of)
