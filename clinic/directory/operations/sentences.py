"""What the directory's refusals say, and the code of each constraint."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.core.errors import constraints, say

say({
    "doctor.bad_status": _("No such status."),
    "doctor.own_status_only": _("Only the desk can set another doctor's status."),
    "doctor.own_figures_only": _("Doctors see their own figures, and the office everybody's."),
    "doctor.own_profile_only": _("Doctors change their own profile, and the office anybody's."),
    "doctor.not_own_field": _("Only the office changes this of a doctor."),
    "doctor.bad_rooms": _("A doctor sees one to four patients at once."),
    "doctor.member_taken": _("This member already is a doctor."),
    "doctor.employee_no_taken": _("Another doctor has this employee number."),
    "doctor.half_a_place": _("A place needs latitude and longitude."),
    "doctor.home_department": _("This is the doctor's own department already."),
    "doctor_visit_type.exists": _("This doctor has own rules for that kind of visit already."),
    "doctor_department.exists": _("The doctor serves this department already."),
    "department.name_taken": _("Another department has this name."),
    "department.prefix_taken": _("Another department uses this token prefix."),
    "department.bad_prefix": _("One to three capital letters, without I and O."),
    "department.not_empty": _(
        "People still in %(department)s: %(inside)s. It can be closed, or become another kind, once they have left."
    ),
    "department.has_policies": _("This department already has its own policies."),
    "room.name_taken": _("Another room has this name."),
    "visit_type.name_taken": _("Another visit type has this name."),
    "working_hours.exist": _("This doctor already has working hours."),
    "absence.no_length": _("An absence ends after it begins."),
    "absence.over": _("This absence is over already."),
    "closure.no_days": _("The last day is not before the first."),
})  # fmt: skip

constraints({
    "department_name_unique": "department.name_taken",
    "department_prefix_unique": "department.prefix_taken",
    "department_prefix_form": "department.bad_prefix",
    "directory_departmentconfig_department_id_key": "department.has_policies",
    "room_name_unique": "room.name_taken",
    "doctor_parallel_rooms_1_4": "doctor.bad_rooms",
    "doctor_employee_no_unique": "doctor.employee_no_taken",
    "doctor_place_is_whole": "doctor.half_a_place",
    "directory_doctor_membership_id_key": "doctor.member_taken",
    "doctordepartment_unique": "doctor_department.exists",
    "doctorvisittype_unique": "doctor_visit_type.exists",
    "visittype_name_unique": "visit_type.name_taken",
    "directory_workinghours_doctor_id_key": "working_hours.exist",
    "absence_has_length": "absence.no_length",
    "closure_has_days": "closure.no_days",
})  # fmt: skip
