"""The Celery application: the doorbell of reactions and the clock of periodic jobs.

As the child of ``manage.py serve`` (EMBEDDED_PIPE names an inherited pipe) it also runs beat as a thread and ends with
its parent, however the parent ended: only the parent holds the pipe's other end.
"""

import os
import signal
import sys
import threading
import time
import warnings
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

from clinic.core import broker_files, schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

EMBEDDED_PIPE = os.environ.pop("EMBEDDED_PIPE", "")  # not for what a task may start
GRACE = 5.0  # seconds a running task has when the parent is gone

broker_files.install()
app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = schedule.ENTRIES
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery asks whether somebody else has set up logging: Django has, from ``settings.LOGGING``."""


# Celery warns of root because of pickle, which CELERY_ACCEPT_CONTENT refuses.
warnings.filterwarnings("ignore", message=r"\s*You're running the worker with superuser")


def _end_with_the_parent(pipe: int) -> None:
    os.read(pipe, 1)  # nothing is ever written: it returns when the parent's end is closed
    state: Any = sys.modules.get("celery.worker.state")
    if state is None or not (state.reserved_requests or state.active_requests):
        os._exit(0)  # still starting, or nothing to finish; Celery's own way out takes four seconds
    state.should_stop = 0
    time.sleep(GRACE)
    os._exit(1)


if EMBEDDED_PIPE:
    threading.Thread(target=_end_with_the_parent, args=(int(EMBEDDED_PIPE),), name="parent-watch", daemon=True).start()


@worker_ready.connect
def _start_beat(**_: Any) -> None:
    from clinic.core import heartbeat

    heartbeat.beat()
    if EMBEDDED_PIPE:
        from celery.beat import EmbeddedService

        service: Any = EmbeddedService(app, thread=True)
        service.start()
        threading.Thread(target=_end_with_beat, args=(service,), name="beat-watch", daemon=True).start()


def _end_with_beat(service: threading.Thread) -> None:
    # A worker without a clock looks healthy and does nothing on time: end, so that the parent starts a new one.
    service.join()
    os.kill(os.getpid(), signal.SIGTERM)
