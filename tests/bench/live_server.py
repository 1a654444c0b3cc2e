"""A server for ``bench_live`` and its like: the product's ASGI application under uvicorn, told on stdin what to do.

``act <what>`` acts in this process as a page's POST does; ``tell`` says what it holds. Answers are JSON lines.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from importlib import import_module
from typing import Any

import django


def main(port: int, hospital_slug: str, acts: str = "tests.bench.live_acts") -> None:
    django.setup()
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            "clinic.asgi:application", host="127.0.0.1", port=port, ws="websockets-sansio", lifespan="off",
            log_config=None, access_log=False, ws_max_size=64 * 1024, ws_per_message_deflate=False,
        )
    )  # fmt: skip
    threading.Thread(target=listen, args=(server, hospital_slug, acts), daemon=True).start()
    server.run()


def listen(server: Any, hospital_slug: str, module: str) -> None:
    from clinic.tenants.models import Hospital

    acts = import_module(module).Acts(Hospital.objects.get(slug=hospital_slug))
    while not server.started:
        time.sleep(0.02)
    say(ready=True)
    for line in sys.stdin:
        match line.split():
            case ["act", what]:
                say(**acts.run(what))
            case ["tell"]:
                say(**held())
    server.should_exit = True


def held() -> dict[str, Any]:
    from clinic.live import render

    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return {"rendered": render.rendered(), "resident": resident}


def say(**message: Any) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
