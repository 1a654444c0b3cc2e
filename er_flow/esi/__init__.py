"""The Emergency Severity Index as a pure function: answers and vital signs in, a suggestion out. The nurse decides.

Source: ESI handbook, 5th edition (Emergency Nurses Association), as domain/4 R4.10–R4.13 states it.
"""

from er_flow.esi.age import Age
from er_flow.esi.answers import Answers
from er_flow.esi.decide import VERSION, Suggestion, suggest
from er_flow.esi.vitals import Vitals

__all__ = ["VERSION", "Age", "Answers", "Suggestion", "Vitals", "suggest"]
