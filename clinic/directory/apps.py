from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "clinic.directory"
    label = "directory"
    verbose_name = _("Departments and doctors")

    def ready(self) -> None:
        from clinic.core import screens
        from clinic.directory import faces, reactions  # noqa: F401  registers what follows a registration

        faces.register()
        screens.register(screens.Screen(
            "work", _("My work"), "calendar", "directory:own", "doctor.edit_own", "w", 790, wide=True,
            only=lambda actor: actor.doctor_id is not None,
        ))  # fmt: skip
        whose()


def whose() -> None:
    """Say to which department the rows of this room belong (R1.2); a closure of all belongs to everybody."""
    from django.db.models import Q

    from clinic.core import sight
    from clinic.directory import models

    sight.named_by(lambda: dict(models.Department.objects.order_by("name").values_list("pk", "name")))
    sight.belongs(models.Department, "pk")
    sight.belongs(models.Room, "department_id")
    sight.belongs(models.Doctor, "department_id")
    sight.belongs(models.DepartmentConfig, "department_id")
    sight.belongs(models.DoctorDepartment, "doctor__department_id")
    sight.belongs(models.WorkingHours, "doctor__department_id")
    sight.belongs(models.DoctorVisitType, "doctor__department_id")
    sight.belongs(models.Absence, "doctor__department_id")
    sight.belongs(models.Closure, lambda limits: Q(department=None) | Q(department_id__in=limits))
