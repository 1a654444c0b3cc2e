"""The measures of an emergency department in words, in the order in which they are read."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.core.faces import Doc
from er_flow.log import HERE
from er_flow.models.words import ENDS, STATES

Words = dict[str, str | Promise]
END: Words = {HERE: gettext_lazy("still here"), **{key: label for key, label in STATES if key in ENDS}}
LENGTHS: Words = {
    "door_to_triage": gettext_lazy("Door to triage"), "door_to_provider": gettext_lazy("Door to provider"),
    "length_of_stay": gettext_lazy("Length of stay"), "boarding": gettext_lazy("Boarding"),
    "op18": gettext_lazy("OP-18, discharged patients"),
}  # fmt: skip
SHARES: Words = {
    "boarders": gettext_lazy("Boarders"), "op22": gettext_lazy("OP-22, left before being seen"),
    "ecat": gettext_lazy("ECAT, access and timeliness"), "reassessments": gettext_lazy("Looked at again in time"),
}  # fmt: skip
ECAT: Words = {
    "space": gettext_lazy("over 60 min to a treatment space"), "unevaluated": gettext_lazy("left unevaluated"),
    "boarded": gettext_lazy("boarded over 240 min"), "stayed": gettext_lazy("stayed over 480 min"),
}  # fmt: skip
CONCORDANCE: Words = {
    "agreed": gettext_lazy("As suggested"), "more_urgent": gettext_lazy("More urgent than suggested"),
    "less_urgent": gettext_lazy("Less urgent than suggested"),
}  # fmt: skip
OTHERS: Words = {
    "visits": gettext_lazy("Everybody who came"), "still_here": gettext_lazy("Still here"),
    "reassessed_late": gettext_lazy("Looked at again too late"),
}  # fmt: skip
SINGLE: Words = {**LENGTHS, **SHARES, **CONCORDANCE, **OTHERS}


def of_measure(name: str) -> str:
    """What a number is called: ``end:lwbs``, ``target_missed:2``, ``op18``."""
    noun, _sep, which = name.partition(":")
    match noun:
        case "end":
            return str(END[which])
        case "ecat" if which:
            return str(ECAT[which])
        case "level":
            return _("ESI level %(level)s") % {"level": which} if which != "0" else _("Never triaged")
        case "target_met":
            return _("Level %(level)s, seen in time") % {"level": which}
        case "target_missed":
            return _("Level %(level)s, seen too late") % {"level": which}
        case _:
            return str(SINGLE[noun])


def shown(told: Doc) -> dict[str, Any]:
    """The parts of the page, as rows: name to ask for the patients, words, numbers."""
    return {
        "lengths": [(name, label, told[name]) for name, label in LENGTHS.items()],
        "by_level": [(level, told["door_to_provider_by_level"][level]) for level in ("1", "2", "3", "4", "5")],
        "shares": [(name, label, _percent(told[name])) for name, label in SHARES.items()],
        "ecat": [(f"ecat:{name}", label, _percent(told["ecat"]["parts"][name])) for name, label in ECAT.items()],
        "ends": [(f"end:{end}", END[end], n) for end, n in told["ends"].items() if n],
        "levels": [(level, _percent(told["levels"][level])) for level in ("1", "2", "3", "4", "5", "0")],
        "targets": [(level, _target(one)) for level, one in told["target_met"]["levels"].items()],
        "agreed": [(name, label, _percent(told["concordance"][name])) for name, label in CONCORDANCE.items()],
        "matrix": list(zip(("1", "2", "3", "4", "5"), told["concordance"]["matrix"], strict=True)),
    }


def _percent(share: Doc) -> Doc:
    return {**share, "percent": None if share["share"] is None else round(share["share"] * 100)}


def _target(one: Doc) -> Doc:
    told = _percent(one)
    missed = told["percent"] is not None and one["share"] < one["should"]
    return {**told, "should_percent": round(one["should"] * 100), "missed": missed, "late": one["n"] - one["count"]}
