"""Why a start ends at once."""

from __future__ import annotations


class Refusal(SystemExit):
    """The environment cannot be used: the process ends with exit code 1 and this one sentence, without a trace."""

    def __init__(self, sentence: str) -> None:
        super().__init__(f"clinicflow cannot start: {sentence}")
