"""One working request for every route: what the tables of tests/api are made of. A house test for completeness:
``test_matrix.test_every_route_has_a_sample``.
"""

# Each notes its samples.
from tests.api.samples import accounts, appointments, calling, desk, directory, er, inbox, moves, people, reading  # noqa: F401
from tests.api.samples.base import SAMPLES, UUID, Request, Sample, get, sample
from tests.api.samples.calling import asked, expected, gone, held, no_show
from tests.api.samples.made import called, calls_of, display_token, key, screen_code

__all__ = [
    "SAMPLES", "UUID", "Request", "Sample", "asked", "called", "calls_of", "display_token", "expected", "get",
    "gone", "held", "key", "no_show", "sample", "screen_code",
]  # fmt: skip
