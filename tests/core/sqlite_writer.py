"""A process that writes to a SQLite file as the product does: ``FILE write SECONDS THREADS`` or ``FILE hold``."""

import json
import sys
import threading
import time

import django
from django.conf import settings


def write(seconds: float, waits: list[float]) -> None:
    from django.db import connection, transaction

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT x FROM t WHERE id = 1")
            (x,) = cursor.fetchone()
            cursor.execute("UPDATE t SET x = %s WHERE id = 1", [x + 1])
        waits.append(time.monotonic() - begun)
    connection.close()


def hold() -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE t SET x = -1 WHERE id = 1")
        print("holding", flush=True)
        sys.stdin.read()


def main() -> None:
    settings.configure(
        DATABASES={"default": {"ENGINE": "clinic.core.sqlite", "NAME": sys.argv[1], "OPTIONS": {"timeout": 10}}},
        USE_TZ=True,
    )
    django.setup()
    if sys.argv[2] == "hold":
        hold()
        return
    waits: list[float] = []
    threads = [threading.Thread(target=write, args=(float(sys.argv[3]), waits)) for _ in range(int(sys.argv[4]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"writes": len(waits), "worst": max(waits)}))


if __name__ == "__main__":
    main()
