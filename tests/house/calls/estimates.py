from __future__ import annotations

from queues.estimates import inputs, publish, score
from queues.models import Promise
from queues.operations import calls
from tests.house.examples import SAME, Call, example
from tests.world import House


@example(publish.publish, twice=SAME)
def _publish(house: House) -> Call:
    """What the model says of every line; the doctor's has two people waiting."""
    house.waiting(2)
    return Call(publish.estimate(inputs.load()))


@example(score.mark, twice=SAME, silent=True, quiet="a ledger that no screen shows", untold="a ledger")
def _mark(house: House) -> Call:
    house.waiting(1)
    publish.refresh()
    leg = calls.call_next(house.doctor, actor=house.medic)
    assert leg is not None and leg.first_called_at is not None
    return Call({leg.first_called_at: list(Promise.objects.values_list("pk", flat=True))})
