from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InboxConfig(AppConfig):
    name = "clinic.inbox"
    label = "inbox"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from django.db.models import Q

        from clinic.core import screens, sight
        from clinic.inbox import faces, models, operations, reactions, regions, subscriptions  # noqa: F401  sentences

        faces.register()
        regions.install()
        sight.belongs(models.PatientMessage, lambda limits: Q(department=None) | Q(department_id__in=limits))
        screens.register(screens.Screen(
            "messages", _("Messages"), "send", "inbox:messages", "messages.view", "n", order=50, wide=True,
        ))  # fmt: skip
