"""Hospitals for the benchmarks, filled by SQL: a year of history in seconds. Import after ``kit.start``."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from clinic.core import tenancy
from clinic.core.access import Actor
from clinic.directory.models import Department, Doctor
from clinic.records.models import Patient
from queues.models import Queue
from tests import world


@dataclass(frozen=True, slots=True)
class Bench:
    """A hospital with ``servers`` doctors of one department, who all serve its pool."""

    house: world.House
    servers: list[UUID]
    desk: Actor

    @property
    def id(self) -> UUID:
        return self.house.hospital.pk


def make(slug: str, servers: int) -> Bench:
    house = world.house(slug.title(), slug, "Europe/Paris")
    with house.open():
        doctors = [
            Doctor(name=f"Dr. {n}", department=house.department, room=house.room, status=Doctor.ON_TIME)
            for n in range(servers)
        ]
        Doctor.objects.bulk_create(doctors)
        lines = [Queue(department=house.department, doctor=d, sort=Queue.DOCTOR, name=d.name) for d in doctors]
        Queue.objects.bulk_create(lines)
    return Bench(house, [doctor.pk for doctor in doctors], house.desk)


def more_pools(bench: Bench, count: int) -> list[Queue]:
    """So many more departments, each with its pool."""
    with bench.house.open():
        made = [Department.objects.create(name=f"Department {n}", prefix="CDEFGH"[n]) for n in range(count)]
        return [Queue.objects.create(department=row, sort=Queue.POOL, name=row.name) for row in made]


def patients(bench: Bench, count: int) -> list[UUID]:
    """So many more patients, by SQL."""
    with tenancy.hospital(bench.id):
        known = Patient.objects.count()
    run(
        """INSERT INTO records_patient (id, version, hospital_id, mrn, given_name, family_name, preferred_name,
             birth_estimated, sex, phone, email, language, address, notes, display_opt_out, message_opt_out, name_key,
             phone_key, gender, phone_other, contacts, preconditions, allergies, sound_key)
           SELECT gen_random_uuid(), 1, %(hospital)s, 'B' || lpad(n::text, 9, '0'), 'Given' || n, 'Family' || n, '',
             false, 'unknown', '', '', '', '', '', false, false, 'given' || n || ' family' || n, '',
             'unknown', '', '[]', '', '', ''
           FROM generate_series(%(known)s + 1, %(known)s + %(count)s) AS n""",
        hospital=bench.id, known=known, count=count,
    )  # fmt: skip
    with tenancy.hospital(bench.id):
        return list(Patient.objects.order_by("-mrn").filter(mrn__startswith="B").values_list("pk", flat=True)[:count])


UUID7 = """CREATE OR REPLACE FUNCTION pg_temp.uuid7(at timestamptz) RETURNS uuid LANGUAGE sql AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1),
    'hex')::uuid $$"""
"""Ids as the product makes them, in the order of time: random ones would scatter today's rows over all pages."""


def visits(bench: Bench, count: int, *, state: str, since_days: int = 0) -> None:
    """So many visits in the pool: ``waiting`` since this morning, or ``completed`` over the last ``since_days``."""
    run(UUID7)
    run(
        """WITH people AS (SELECT array_agg(id) AS ids FROM records_patient WHERE hospital_id = %(hospital)s),
           top AS (SELECT COALESCE(max(token_number), 0) AS number FROM queues_visit WHERE hospital_id = %(hospital)s),
           v AS (INSERT INTO queues_visit (id, version, hospital_id, patient_id, department_id, token_period,
               token_number, token, service_day, klass, class_reason, reason, source, arrived_at, ended_at, outcome,
               delays)
             SELECT pg_temp.uuid7(now() - age), 1, %(hospital)s, people.ids[1 + s.n %% array_length(people.ids, 1)],
               %(department)s, '1970-01-01', top.number + s.n, 'A-' || (top.number + s.n), (now() - age)::date,
               'normal', '', '', 'desk', now() - age,
               CASE WHEN %(open)s THEN NULL ELSE now() - age + interval '20 min' END,
               CASE WHEN %(open)s THEN '' ELSE %(state)s END, 0
             FROM people, top, generate_series(1, %(count)s) AS s(n),
               LATERAL (SELECT CASE WHEN %(open)s THEN (%(count)s - s.n + 1) * interval '10 s'
                 ELSE interval '1 day' + (s.n %% GREATEST(%(days)s, 1)) * interval '1 day' END AS age) AS a
             RETURNING id, arrived_at, ended_at, token_number)
           INSERT INTO queues_leg (id, version, hospital_id, visit_id, queue_id, state, server_id, lane, due,
             effective_at, order_at, order_no, placed, entered_at, first_called_at, called_at, started_at,
             start_derived, ended_at, calls, spaced_calls, skips,
             hold_reason, hold_note)
           SELECT pg_temp.uuid7(v.arrived_at), 1, %(hospital)s, v.id, %(queue)s, %(state)s,
             CASE WHEN %(open)s THEN NULL ELSE %(server)s::uuid END, CASE WHEN %(open)s THEN NULL ELSE 1 END, true,
             v.arrived_at, v.arrived_at, v.token_number, false, v.arrived_at, NULL, NULL, NULL, false, v.ended_at,
             0, 0, 0, '', ''
           FROM v""",
        hospital=bench.id, department=bench.house.department.pk, queue=bench.house.pool.pk, state=state,
        open=state == "waiting", count=count, days=since_days, server=bench.servers[0],
    )  # fmt: skip


def put_back(bench: Bench) -> None:
    """Everybody called is waiting again, at the place they had."""
    run(
        """UPDATE queues_leg SET state = 'waiting', server_id = NULL, lane = NULL, room_id = NULL, calls = 0,
             called_at = NULL, first_called_at = NULL, spaced_calls = 0, spaced_at = NULL
           WHERE hospital_id = %(hospital)s AND state = 'called'""",
        hospital=bench.id,
    )  # fmt: skip


def settle() -> None:
    """What autovacuum would have done by tomorrow: dead rows away, statistics fresh."""
    run("VACUUM (ANALYZE) queues_leg")
    run("VACUUM (ANALYZE) queues_visit")
    run("CHECKPOINT")


def run(sql: str, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)  # type: ignore[arg-type]
