"""``python -m tests.services DATABASE_URL REDIS_URL``: whether both answer; if not, a sentence and exit code 1."""

from __future__ import annotations

import sys

import psycopg
import redis


def missing(database_url: str, redis_url: str) -> list[str]:
    """The names of the services that do not answer."""
    gone = []
    try:
        server = database_url.rsplit("/", 1)[0]  # the suite makes its own database; any will do to ask
        psycopg.connect(f"{server}/postgres", connect_timeout=3).close()
    except psycopg.Error as wrong:
        gone.append(f"PostgreSQL ({str(wrong).strip().splitlines()[0]})")
    try:
        with redis.Redis.from_url(redis_url, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as wrong:
        gone.append(f"Redis ({wrong})")
    return gone


if __name__ == "__main__":
    gone = missing(*sys.argv[1:3])
    if gone:
        print(f"The suite on PostgreSQL and Redis is left out: no answer from {' and '.join(gone)}.")
    sys.exit(bool(gone))
