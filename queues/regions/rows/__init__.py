"""What the regions of the lines show: everything a template may show, and nothing else (the value is the cache key).

Times are aware instants, shown as stamps that tick in the browser; sentences are in the language of the render.
"""

from queues.regions.rows.public import (
    Call,
    DisplayLine,
    DisplayNow,
    DisplayShell,
    InRoom,
    Place,
    PlaceShell,
    Said,
    TakenBack,
)
from queues.regions.rows.staff import (
    AwayRow,
    DoctorBar,
    DoctorNext,
    DoctorRoom,
    LineChip,
    LineKey,
    LineLabel,
    Post,
    QueueHead,
    ReceptionSub,
    Seat,
    SeenRow,
    Serving,
    VisitRow,
    WaitRow,
)

__all__ = [
    "AwayRow",
    "Call",
    "DisplayLine",
    "DisplayNow",
    "DisplayShell",
    "DoctorBar",
    "DoctorNext",
    "DoctorRoom",
    "InRoom",
    "LineChip",
    "LineKey",
    "LineLabel",
    "Place",
    "PlaceShell",
    "Post",
    "QueueHead",
    "ReceptionSub",
    "Said",
    "Seat",
    "SeenRow",
    "Serving",
    "TakenBack",
    "VisitRow",
    "WaitRow",
]
