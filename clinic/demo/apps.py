from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    name = "clinic.demo"
    label = "demo"

    def ready(self) -> None:
        from clinic.core import screens
        from clinic.demo import start

        way = screens.Screen(
            "start", _("Start for real"), "player-play", "demo:start_for_real", "hospital.close", order=850, wide=True,
            only=start.for_its_owner,
        )  # fmt: skip
        screens.register(way)
