"""One violation of each rule of the house, to be applied to a copy of the tree: test → what breaks it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Change = Callable[[Path], None]


@dataclass(frozen=True)
class Bite:
    """``change`` breaks the rule; exactly ``tests`` fail, and say ``says``."""

    name: str
    change: Change
    tests: tuple[str, ...]
    says: str


def append(path: str, text: str) -> Change:
    def change(tree: Path) -> None:
        file = tree / path
        file.write_text(f"{file.read_text()}\n\n{text}\n")

    return change


def replace(path: str, old: str, new: str) -> Change:
    def change(tree: Path) -> None:
        file = tree / path
        text = file.read_text()
        assert old in text, f"{path} no longer holds {old!r}: write this violation anew"
        file.write_text(text.replace(old, new, 1))

    return change


def write(path: str, text: str) -> Change:
    def change(tree: Path) -> None:
        file = tree / path
        assert not file.exists(), path
        file.write_text(text)

    return change


def both(*changes: Change) -> Change:
    def change(tree: Path) -> None:
        for each in changes:
            each(tree)

    return change


def migrated(tree: Path) -> None:
    """Write the migrations that changed models need: else a second rule would be broken, that of migrations."""
    run(tree, "manage.py", "makemigrations", "--name", "bitten")


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # Its own database and no data of an installation; what steers the outer run stays outside.
    outside = ("DATABASE_URL", "REDIS_URL", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")
    env = {name: value for name, value in os.environ.items() if name not in outside} | {"CLINIC_ENV": "test"}
    return subprocess.run(
        [sys.executable, *command], cwd=tree, env=env, capture_output=True, text=True, timeout=120, check=False
    )


SOURCES = (
    Bite(
        "an import upward",
        append("clinic/core/clock.py", "def later() -> object:\n    from queues.models import Leg\n\n    return Leg"),
        ("test_floors.py::test_nobody_imports_upward",),
        "imports queues from clinic.core",
    ),
    Bite(
        "an import of the wiring",
        append("clinic/records/search.py", "def wiring() -> None:\n    import clinic.urls"),
        ("test_floors.py::test_nobody_imports_the_wiring",),
        "clinic/records/search.py",
    ),
    Bite(
        "a model of an upper room by its name",
        append("clinic/live/outbox.py", 'def leg(apps):\n    return apps.get_model("queues.Leg")'),
        ("test_floors.py::test_models_of_upper_rooms_are_not_asked_for_by_name",),
        "clinic/live/outbox.py",
    ),
    Bite(
        "a hospital open around a yield",
        append("clinic/tenants/people.py", "def all_of(h):\n    with hospital(h):\n        yield 1"),
        ("test_sealed.py::test_a_hospital_is_never_open_around_a_yield",),
        "clinic/tenants/people.py",
    ),
    Bite(
        "a URL without ability",
        both(
            append("clinic/core/health.py", "def forgotten(request: HttpRequest) -> HttpResponse: ..."),
            replace("clinic/urls.py", 'path("ready",', 'path("forgotten", health.forgotten),\n    path("ready",'),
        ),
        ("test_entrances.py::test_every_entrance_names_an_ability_or_is_public",),
        "clinic.core.health.forgotten",
    ),
    Bite(
        "a public page that is not on the list",
        both(
            replace("queues/views/reception.py", "import needs", "import needs, public"),
            replace(
                "queues/views/reception.py",
                '@needs("queues.view")\ndef reception',
                '@public("it is open")\ndef reception',
            ),
        ),
        ("test_entrances.py::test_the_public_list_is_closed",),
        "queues.views.reception.reception",
    ),
    Bite(
        "a socket nobody knows",
        replace(
            "clinic/live/routing.py", 'path("ws/v1/stream"', 'path("ws/v2/stream", stream),\n    path("ws/v1/stream"'
        ),
        ("test_entrances.py::test_every_socket_is_on_the_list",),
        "ws/v2/stream",
    ),
    Bite(
        "a write in a view",
        append(
            "queues/views/doctor.py",
            'def rename(pk: object) -> None:\n    Doctor.objects.filter(pk=pk).update(name="x")',
        ),
        ("test_writes.py::test_no_door_writes",),
        "queues/views/doctor.py",
    ),
    Bite(
        "a door that changes rows with the engine",
        append("queues/views/status.py", "from clinic.live.record import change"),
        ("test_writes.py::test_no_door_changes_rows_itself",),
        "queues/views/status.py",
    ),
    Bite(
        "a row that is saved by itself",
        append("queues/operations/lines.py", "def touch(queue: Queue) -> None:\n    queue.save()"),
        ("test_writes.py::test_nobody_else_writes_but_the_engine_and_those_named",),
        "queues/operations/lines.py",
    ),
    Bite(
        "a lock that is too strong",
        append("queues/operations/undo.py", "LOCKED = Visit.objects.select_for_update()"),
        ("test_writes.py::test_select_for_update_takes_the_weaker_lock",),
        "queues/operations/undo.py",
    ),
    Bite(
        "a transaction in a page",
        append("clinic/records/views.py", "from django.db import transaction\n\nATOMIC = transaction.atomic"),
        ("test_transactions.py::test_transactions_are_opened_by_the_engine_only",),
        "clinic/records/views.py",
    ),
    Bite(
        "raw SQL",
        append("clinic/records/search.py", 'def raw() -> object:\n    return Patient.objects.raw("SELECT 1")'),
        ("test_escapes.py::test_every_escape_is_on_the_list",),
        "clinic/records/search.py",
    ),
    Bite(
        "a filter by a whole request",
        append("clinic/records/views.py", "def ask(request):\n    return Patient.objects.filter(**request.GET)"),
        ("test_escapes.py::test_nobody_filters_by_what_a_request_brings_whole",),
        "clinic/records/views.py",
    ),
    Bite(
        "a plain ModelAdmin",
        append("queues/admin.py", "class LegAdmin(admin.ModelAdmin):\n    pass"),
        ("test_admin_doors.py::test_no_admin_is_plain",),
        "LegAdmin is a plain admin.ModelAdmin",
    ),
    Bite(
        "an event missing from the docs",
        replace("queues/operations/lines.py", '"queue.changed"', '"queue.repainted"'),
        ("test_events_documented.py::test_every_event_is_in_the_docs_and_nothing_else",),
        "queue.repainted",
    ),
    Bite(
        "a reaction to an event nobody writes",
        append("queues/reactions.py", '@on("doctor.vanished")\ndef vanish(event: Event) -> None: ...'),
        ("test_events_documented.py::test_reactions_wait_for_events_that_exist",),
        "doctor.vanished",
    ),
    Bite(
        "an operation without example",
        append(
            "queues/operations/lines.py",
            '@operation("queues.desk")\ndef repaint(queue: Queue, *, actor: Actor) -> None:\n    """Paint."""',
        ),
        ("test_examples.py::test_every_operation_has_its_example",),
        "queues.operations.lines.repaint",
    ),
    Bite(
        "a route whose argument has no example",
        replace(
            "queues/urls.py", 'path("displays/"', 'path("rooms/<uuid:pk>/", reception.ticket),\n    path("displays/"'
        ),
        ("test_examples.py::test_every_argument_of_a_route_has_its_example",),
        "rooms/",
    ),
    Bite(
        "a region that is compared with no reload",
        replace(
            "queues/regions/__init__.py",
            'Region("doctor-bar",',
            'Region("doctor-bag", "queues.view", "x.html", doctor.load_bars),\n    Region("doctor-bar",',
        ),
        ("test_examples.py::test_every_kind_of_region_is_among_those_compared",),
        "doctor-bag",
    ),
    Bite(
        "a topic that is compared with no reload",
        replace(
            "queues/faces.py",
            'registry.topic("reception"',
            'registry.topic("lobby", "queues.view", _reception)\n    registry.topic("reception"',
        ),
        ("test_examples.py::test_every_topic_of_the_stream_is_among_those_compared",),
        "lobby",
    ),
    Bite(
        "a word outside the catalogue",
        replace("queues/operations/__init__.py", '_("No such class.")', '"No such class."'),
        ("test_words.py::test_no_python_says_anything_outside_the_catalogue",),
        "No such class.",
    ),
    Bite(
        "a refusal without a sentence",
        append("queues/boards.py", 'from clinic.core.errors import NotAllowed\n\nERROR = NotAllowed("board.unsaid")'),
        ("test_words.py::test_every_code_that_is_raised_has_its_sentence",),
        "board.unsaid",
    ),
    Bite(
        "a bare text in a template",
        write("templates/queues/_bare.html", "<p>Nobody translates this</p>\n"),
        ("test_words.py::test_no_template_says_anything_outside_the_catalogue",),
        "Nobody translates this",
    ),
    Bite(
        "an inline handler",
        write("templates/queues/_handler.html", '<button\n  type="button" onclick="go()"></button>\n'),
        ("test_templates.py::test_no_template_holds_inline_script_or_style",),
        "templates/queues/_handler.html:1 has an inline handler",
    ),
    Bite(
        "a mark without a rule",
        append("tests/queues/test_order.py", '@pytest.mark.rule("9.99")\ndef test_nothing() -> None: ...'),
        ("test_rules.py::test_every_mark_is_a_rule", "test_rules.py::test_the_page_is_current"),
        "9.99",
    ),
    Bite(
        "a file that is too long",
        write("clinic/core/long.py", '"""Long."""\n' + "\n".join(f"LINE_{n} = {n}" for n in range(400))),
        ("test_sizes.py::test_no_file_is_longer_than_a_file_should_be",),
        "clinic/core/long.py",
    ),
    Bite(
        "a function that is too long",
        write("clinic/core/lengthy.py", "def lengthy() -> None:\n" + "\n".join("    pass" for _ in range(61))),
        ("test_sizes.py::test_no_function_is_longer_than_a_function_should_be",),
        "lengthy",
    ),
    Bite(
        "something left to do",
        append("clinic/core/faces.py", f"# {'TO' + 'DO'}: later"),
        ("test_notes.py::test_nothing_is_left_to_do_in_the_text",),
        "clinic/core/faces.py",
    ),
    Bite(
        "code left in a comment",
        append("queues/faces.py", "# result = compute(1)"),
        ("test_notes.py::test_no_code_is_left_in_comments",),
        "queues/faces.py",
    ),
    Bite(
        "a path of a machine",
        append("docs/live.md", f"See {'/ho' + 'me'}/somebody/notes.txt"),
        ("test_notes.py::test_nothing_tells_of_a_machine",),
        "docs/live.md",
    ),
    Bite(
        "a migration that imports our code",
        replace("queues/migrations/0001_initial.py", "import ", "import clinic.core.clock\nimport "),
        ("test_migrations.py::test_no_migration_imports_our_code",),
        "clinic.core.clock",
    ),
    Bite(
        "a model changed without its migration",
        replace(
            "clinic/directory/models/places.py",
            '_("how to find it"), max_length=120',
            '_("how to find it"), max_length=121',
        ),
        ("test_migrations.py::test_no_change_of_a_model_is_without_its_migration",),
        "directory",
    ),
)
MODELS = (
    Bite(
        "an unsealed model",
        append("queues/models/lines.py", "class Note(models.Model):\n    count = models.IntegerField()"),
        ("test_sealed.py::test_every_table_is_sealed_or_on_the_closed_list",),
        "queues.Note",
    ),
    Bite(
        "a Meta that inherits nothing",
        replace(
            "clinic/directory/models/places.py",
            'class Meta(Noun.Meta):\n        verbose_name = _("room")',
            'class Meta:\n        verbose_name = _("room")',
        ),
        (
            "test_sealed.py::test_every_meta_inherits_the_base_meta",
            "test_sealed.py::test_a_sealed_tables_managers_ask_for_the_hospital[directory.Room]",
        ),
        "Room",
    ),
    Bite(
        "a constraint without its code",
        replace("queues/models/legs.py", 'name="leg_called_has_server"', 'name="leg_called_has_somebody"'),
        ("test_constraints.py::test_every_constraint_has_its_code",),
        "leg_called_has_somebody",
    ),
    Bite(
        "a policy that nothing reads",
        replace(
            "clinic/tenants/models/hospitals.py",
            "    skip_max = models",
            '    mood = models.PositiveSmallIntegerField(_("mood"), default=3)\n    skip_max = models',
        ),
        (
            "test_policies.py::test_something_acts_by_every_policy[mood]",
            "test_policies.py::test_a_test_changes_every_policy[mood]",
        ),
        "mood",
    ),
    Bite(
        "a personal field that nobody marked",
        replace(
            "clinic/records/models.py",
            "    notes = models",
            '    nickname = models.CharField(_("nickname"), max_length=80, blank=True)\n    notes = models',
        ),
        ("test_personal.py::test_every_column_of_a_person_is_personal_secret_or_harmless[Patient]",),
        "nickname",
    ),
    Bite(
        "a many-to-many without a sealed through",
        replace(
            "queues/models/displays.py",
            "    revoked_at = models",
            '    halls = models.ManyToManyField("directory.Room", related_name="+")\n    revoked_at = models',
        ),
        (
            "test_sealed.py::test_a_many_to_many_goes_through_a_sealed_table[queues.Display]",
            "test_sealed.py::test_every_table_is_sealed_or_on_the_closed_list",
        ),
        "queues.Display",
    ),
    Bite(
        "a name that is unique across hospitals",
        replace(
            "clinic/directory/models/doctors.py",
            'models.CharField(_("specialization"), max_length=80, blank=True)',
            'models.CharField(_("specialization"), max_length=80, unique=True)',
        ),
        (
            "test_sealed.py::test_what_is_unique_is_unique_within_a_hospital[directory.Doctor]",
            "test_constraints.py::test_every_constraint_has_its_code",
        ),
        "specialization",
    ),
    Bite("migrations for all of these", migrated, (), ""),
)
