"""A process that writes to a SQLite file as the product does: ``FILE write SECONDS THREADS`` or ``FILE hold``."""

import json
import sys
import threading
import time

import django
from django.conf import settings


def write(seconds: float, overtaken: list[int]) -> None:
    """Count up, and note how many others wrote between asking for the right to write and having it."""
    from django.db import connection, transaction

    def value() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT x FROM t WHERE id = 1")
            return int(cursor.fetchone()[0])

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asked = value()
        with transaction.atomic(), connection.cursor() as cursor:
            x = value()
            cursor.execute("UPDATE t SET x = %s WHERE id = 1", [x + 1])
        overtaken.append(x - asked)
    connection.close()


def hold() -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE t SET x = -1 WHERE id = 1")
        print("holding", flush=True)
        sys.stdin.read()


def main() -> None:
    options: dict[str, object] = {"timeout": 30, "transaction_mode": "IMMEDIATE"}
    engine = "clinic.core.sqlite"
    if sys.argv[-1] == "plain":  # Django's own, to compare with
        engine, options["init_command"] = "django.db.backends.sqlite3", "PRAGMA journal_mode=WAL"
    settings.configure(DATABASES={"default": {"ENGINE": engine, "NAME": sys.argv[1], "OPTIONS": options}}, USE_TZ=True)
    django.setup()
    if sys.argv[2] == "hold":
        hold()
        return
    overtaken: list[int] = []
    threads = [threading.Thread(target=write, args=(float(sys.argv[3]), overtaken)) for _ in range(int(sys.argv[4]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"writes": len(overtaken), "worst": max(overtaken)}))


if __name__ == "__main__":
    main()
