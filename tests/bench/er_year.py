"""A year of an emergency department, written by SQL: visits with their times, and their triages. Import after
``kit.start``."""

from __future__ import annotations

from typing import Any

from django.db import connection

from clinic.directory.models import Department
from tests.world import House

DAYS = 365
KEY = "(lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0') || '7' || left(md5(random()::text), 19))::uuid"
"""An id that sorts by time, as the product makes them: without it rows would lie about as they never do."""

PEOPLE = f"""
CREATE TEMPORARY TABLE came AS
SELECT n, {KEY.format(at="arrived")} AS id, arrived, triaged, level, sort, seen, decided, gone, state
FROM (SELECT *,
    CASE WHEN state = 'lwbs' THEN NULL ELSE decided END AS decided_,
    CASE WHEN state = 'lwbs' THEN triaged + wait * interval '2 min'
         WHEN state = 'admitted' THEN decided + exp(4.6 + 0.9 * luck) * interval '1 min'
         ELSE decided + (5 + 30 * random()) * interval '1 min' END AS gone
  FROM (SELECT *, seen + exp(4.7 + 0.6 * more) * interval '1 min' AS decided FROM (
    SELECT *, triaged + wait * interval '1 min' AS seen FROM (
      SELECT *, arrived + (1 + 14 * random()) * interval '1 min' AS triaged,
        exp((ARRAY[-1.0, 2.2, 3.4, 3.6, 3.7])[level] + 0.7 * luck) AS wait,
        CASE WHEN level >= 3 AND sort < 0.03 THEN 'lwbs' WHEN sort < 0.04 THEN 'ama' WHEN sort < 0.05 THEN 'eloped'
             WHEN sort < 0.06 THEN 'transferred' WHEN sort < 0.4 - 0.06 * level THEN 'admitted'
             ELSE 'discharged' END AS state
      FROM (SELECT n, now() - interval '{DAYS} days' + (n::float / %(count)s) * interval '{DAYS - 2} days' AS arrived,
          (ARRAY[1,2,2,2,3,3,3,3,3,4,4,4,4,5,5])[1 + floor(random() * 15)::int] AS level, random() AS sort,
          sqrt(-2 * ln(1 - random())) * cos(6.2832 * random()) AS luck,
          sqrt(-2 * ln(1 - random())) * cos(6.2832 * random()) AS more
        FROM generate_series(1, %(count)s) AS n) AS drawn) AS first) AS second) AS third) AS fourth"""

VISITS = """
INSERT INTO er_flow_emergencyvisit (id, version, hospital_id, department_id, number, sex, age_months, age_days,
  complaint,
  complaint_code, arrival_mode, notes, state, state_since, level, precautions, ventilated, alerts, waiting_for, needs,
  disposition, disposition_note, risks_explained, arrived_at, registered_at, triage_started_at, triaged_at, bedded_at,
  seen_at, decided_at, admit_at, departed_at, delay_reason, entered_later)
SELECT id, 6, %(hospital)s, %(department)s, %(before)s + n, 'unknown', 480, 14610, 'Something hurts since ' || n, '',
  CASE WHEN n %% 5 = 0 THEN 'ambulance' ELSE 'walk_in' END, '', state, gone, level, 'none', false, '[]', '[]', '[]',
  CASE state WHEN 'admitted' THEN 'admit' WHEN 'discharged' THEN 'discharge' WHEN 'transferred' THEN 'transfer'
    ELSE '' END, '', false, arrived, arrived + interval '1 min', triaged - interval '1 min', triaged,
  CASE WHEN n %% 4 > 0 AND state <> 'lwbs' THEN arrived + 0.9 * (seen - arrived) END,
  CASE WHEN state <> 'lwbs' THEN seen END,
  CASE WHEN state IN ('admitted', 'discharged', 'transferred') THEN decided END,
  CASE WHEN state = 'admitted' THEN decided END, gone, '', false
FROM came ORDER BY n"""

LOOKS = f"""
INSERT INTO er_flow_triage (id, version, hospital_id, visit_id, sort, at, by, by_name, answers, vitals, baselines,
  function, suggested, consider, path, flags, missing, level, override_reason, notes, what_changed, what_was_done,
  error_at, error_reason)
SELECT {KEY.format(at="at")}, 1, %(hospital)s, id, CASE WHEN look = 0 THEN 'triage' ELSE 'reassessment' END, at,
  'member:' || id, 'A nurse', '{{"resources": ["labs", "iv_fluids"], "pain": 4}}',
  '{{"hr": 92, "rr": 18, "spo2": 97, "sbp": 131, "dbp": 80, "temp": "37.1"}}', '{{}}', 'esi-5.0',
  CASE WHEN n %% 9 = look THEN greatest(level - 1, 1) ELSE level END, '[]', '["c_two"]', '[]', '[]',
  CASE WHEN look = 0 THEN level END, '', '', '', '', CASE WHEN n %% 400 = 7 AND look = 0 THEN at END, ''
FROM (SELECT came.*, look, triaged + look * (ARRAY[10, 14, 27, 55, 110])[level] * (0.8 + 0.4 * random())
    * interval '1 min' AS at FROM came, generate_series(0, 3) AS look) AS all_looks
WHERE at < least(seen, gone) OR look = 0
ORDER BY at"""


def write(house: House, department: Department, visits: int) -> int:
    """So many visits of the last year, with their triages; returns how many of those."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "hospital": house.hospital.pk,
            "department": department.pk,
            "count": visits,
            "before": 0,
        }
        cursor.execute("SELECT setseed(0.4)")
        cursor.execute(PEOPLE, values)
        cursor.execute(VISITS, values)
        cursor.execute(LOOKS, values)
        looks = cursor.rowcount
        cursor.execute("DROP TABLE came")
    return looks


def settle() -> None:
    """What autovacuum would have done by tomorrow."""
    with connection.cursor() as cursor:
        for table in ("er_flow_emergencyvisit", "er_flow_triage"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
        cursor.execute("CHECKPOINT")
