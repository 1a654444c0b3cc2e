from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ErFlowConfig(AppConfig):
    name = "er_flow"
    label = "er_flow"
    verbose_name = _("Emergency department")

    def ready(self) -> None:
        from er_flow import commands, faces, name_reactions, operations, reactions  # noqa: F401  sentences, reactions
        from er_flow.measures import reactions as of_measures  # noqa: F401

        commands.register()
        faces.register()
        whose()
        pages()


def whose() -> None:
    """Say to which department the rows of this room belong (R1.2)."""
    from clinic.core import sight
    from er_flow import models

    sight.belongs(models.Section, "department_id")
    sight.belongs(models.EmergencyFloor, "department_id")
    sight.belongs(models.EmergencyVisit, "department_id")
    sight.belongs(models.Stage, "visit__department_id")
    sight.belongs(models.Triage, "visit__department_id")
    sight.belongs(models.Bed, "section__department_id")
    sight.belongs(models.BedStay, "visit__department_id")


def pages() -> None:
    """Register the regions, the screens of the rail, and where look-ups find a patient."""
    from clinic.core import screens
    from clinic.directory import inside
    from clinic.records import people
    from er_flow import here, regions

    regions.install()
    people.tells_where(here.where)
    inside.counts(here.inside)
    people.shows("patient-er", _("Emergency visits"))
    screens.register(screens.Screen("er", _("ER"), "ambulance", "er:board", "er.view", "e", order=25))
    screens.register(screens.Screen("er-beds", _("Beds"), "bed", "er:beds", "er.view", "w", order=26))
