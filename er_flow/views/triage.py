"""Triage: asked and measured, suggested while typing, decided by the nurse; again; corrected (R4.10–R4.14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clinic.core.access import needs
from clinic.core.errors import DomainError, Invalid
from clinic.live import regions
from clinic.records import people
from clinic.tenants import days
from clinic.tenants.pages import actor_of, staff
from er_flow import ages, targets
from er_flow.esi import Suggestion, Vitals, suggest
from er_flow.esi.vitals import band, beyond
from er_flow.models import EmergencyVisit, Triage
from er_flow.operations import triage as operations
from er_flow.regions import triage_words as words
from er_flow.regions.board import targets_text
from er_flow.regions.visit import age_text, vitals_text
from er_flow.regions.words import sex_of
from er_flow.triage_form import DUE, LEVELS, TriageForm, lasting_of, typed_of
from er_flow.views.answers import ASK, answer, board_of, find, said, visit_of

FIRST, AGAIN, CORRECT = "first", "again", "correct"
REASONS = ("override_reason", "what_changed", "what_was_done")
"""What a decision may want a word about: the refusal stands at its field."""


@dataclass
class Desk:
    """What a triage form is for: a first look, another one, or the correction of a wrong entry."""

    visit: EmergencyVisit
    mode: str
    wrong: Triage | None = None

    @property
    def address(self) -> str:
        if self.wrong is not None:
            return reverse("er:triage_correct", args=[self.wrong.pk])
        return reverse("er:triage" if self.mode == FIRST else "er:reassess", args=[self.visit.pk])

    @cached_property
    def last(self) -> Triage | None:
        """Of a reassessment, what was written down before it."""
        if self.mode != AGAIN:
            return None
        rows = Triage.objects.filter(visit=self.visit, error_at=None)
        found: Triage | None = rows.order_by("-at", "-id").first()
        return found


@ASK
@needs("er.triage")
def triage(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The first look; who has a level already is looked at again."""
    visit = visit_of(pk)
    mode = FIRST if visit.level is None else AGAIN
    return _handle(request, Desk(visit, mode))


@ASK
@needs("er.triage")
def reassess(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _handle(request, Desk(visit_of(pk), AGAIN))


@ASK
@needs("er.triage")
def correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was entered in error is struck through and entered anew."""
    wrong = find(Triage, pk, "visit__patient", "visit__department")
    return _handle(request, Desk(wrong.visit, CORRECT, wrong))


@require_POST
@needs("er.triage")
def suggestion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the function says of what is typed so far; writes nothing."""
    visit = visit_of(pk)
    mode = request.POST.get("mode", FIRST)
    desk = Desk(visit, mode if mode in (FIRST, AGAIN, CORRECT) else FIRST)
    form = TriageForm(request.POST)
    form.is_valid()
    page = render(request, "er_flow/_suggestion.html", {"form": form, **_told(desk, form)})
    page["Cache-Control"] = "no-store"
    return page


def _handle(request: HttpRequest, desk: Desk) -> HttpResponse:
    if request.method != "POST":
        wrong = desk.wrong
        initial = typed_of(wrong) if wrong else lasting_of(desk.last)
        return _page(request, desk, TriageForm(initial=initial))
    form = TriageForm(request.POST)
    if not form.is_valid() or "suggest" in request.POST:
        return _page(request, desk, form, status=200 if form.is_valid() else 422)
    try:
        text = _do(request, desk, form)
    except DomainError as error:
        if error.status == 404:
            raise
        asked = [name for name in REASONS if name in error.details and name in form.fields]
        for name in asked:
            form.add_error(name, error.message)
        return _page(request, desk, form, status=error.status, refused="" if asked else error.message)
    return answer(request, text, back=board_of(desk.visit.department_id))


def _do(request: HttpRequest, desk: Desk, form: TriageForm) -> str:
    given, level, actor = form.cleaned_data, form.chosen, actor_of(request)
    earlier = {"at": given["at"], "reason": given["reason"]}
    if desk.mode == AGAIN:
        how = {"what_changed": given["what_changed"], "what_was_done": given["what_was_done"]}
        operations.reassess(desk.visit, form.sheet, level=level, actor=actor, **how, **earlier)
        return said(desk.visit, _("E-%(number)s looked at again"))
    if level is None:
        raise Invalid("er.bad_level", level=["required"])
    why = given["override_reason"]
    if desk.wrong is not None:
        reason = given["error_reason"]
        operations.correct(desk.wrong, form.sheet, level, reason=reason, override_reason=why, actor=actor)
    else:
        operations.assess(desk.visit, form.sheet, level, override_reason=why, actor=actor, **earlier)
    return _("E-%(number)s has level %(level)s") % {"number": desk.visit.number, "level": level}


def _page(request: HttpRequest, desk: Desk, form: TriageForm, *, status: int = 200, **more: Any) -> HttpResponse:
    visit = desk.visit
    regions.prefetch(request, [("er-surge", visit.department_id)])
    if desk.mode == AGAIN:
        form.fields["at"].label = _("At, if not now")
    titles = {FIRST: _("Triage"), AGAIN: _("Reassessment"), CORRECT: _("Correction of a triage")}
    patient = visit.patient
    context = {
        "form": form, "visit": visit, "desk": desk, "who": patient.full_name if patient else _("Unknown"),
        "age": age_text(visit), "sex": sex_of(visit.sex), "before": _before(desk.last),
        "born": people.born(patient) if patient else "",
        "mrn": patient.mrn if patient else "", "allergies": patient.allergies if patient else "",
        "back": board_of(visit.department_id), "door_to_triage": days.policies().door_to_triage,
        "may_see_patient": actor_of(request).can("patients.view"), **_told(desk, form), **more,
    }  # fmt: skip
    return staff(request, "er_flow/triage.html", here="er", page=titles[desk.mode], status=status, **context)


# --- the suggestion --------------------------------------------------------------------------------------------------


def _told(desk: Desk, form: TriageForm) -> dict[str, Any]:
    """Everything the side pane shows."""
    visit, policies = desk.visit, days.policies()
    age = ages.of(visit, visit.arrived_at)
    sheet = form.sheet
    told = suggest(sheet.answers, sheet.vitals, age, sheet.baselines, infant_level=policies.infant_fever_level)
    untouched = not form.is_bound and desk.mode != CORRECT
    limits = _limits(sheet.vitals, age)
    # While somebody waits a level only rises (R4.14): what is less urgent is not suggested to a reassessment.
    highest = visit.level if desk.mode == AGAIN and visit.level else 5
    return {
        "told": told, "untouched": untouched, "points": _points(told, sheet.vitals, limits),
        "level_shown": min(told.urgency, highest), "stays": desk.mode == AGAIN and told.urgency >= highest,
        "otherwise": min(told.level, highest),
        "flags": [_flag(one, sheet.vitals, limits) for one in sorted(told.flags - set(told.path))], "mode": desk.mode,
        "missing": _missing(told, untouched, highest), "odd": form.odd(),
        "wrong": form.wrong() if form.is_bound else {},
        "limits": limits, "is_child": not age.is_adult, "due_signs": DUE,
        "baseline": sheet.baselines.get("spo2"), "chosen": _chosen(desk, form, told), "levels": _levels(desk, told),
        "was": _key(told), "targets": targets_text(policies), "target_lines": _target_lines(told, policies, highest),
        "reassess_minutes": targets.REASSESS.get(min(told.urgency, highest)), "current": visit.level,
        "address": desk.address,
    }  # fmt: skip


def _key(told: Suggestion) -> str:
    return f"{told.level}/{','.join(map(str, told.consider))}"


def _chosen(desk: Desk, form: TriageForm, told: Suggestion) -> int | None:
    """What the nurse chose stays while the suggestion is the same; else what may be chosen beforehand, if anything."""
    if not form.is_bound:
        return None
    by_hand = form.data.get("by_hand", "")
    if form.data.get("was") == _key(told) and by_hand in dict(LEVELS):
        return int(by_hand)
    if desk.mode == AGAIN:
        return None
    return told.preselected


def _levels(desk: Desk, told: Suggestion) -> list[dict[str, Any]]:
    """Each level: whether it is suggested, to be considered, and whether it may be set now."""
    highest = desk.visit.level if desk.mode == AGAIN and desk.visit.level else 5
    return [
        {
            "level": level, "near": level in (told.level, *told.consider), "open": told.may_confirm(level),
            "over": level != told.level,
        }
        for level in range(1, highest + 1) if not (desk.mode == AGAIN and level == desk.visit.level)
    ]  # fmt: skip


def _before(last: Triage | None) -> dict[str, Any] | None:
    """When vital signs were last measured, and which: what a reassessment is compared with."""
    text = vitals_text(last.vitals) if last is not None else ""
    return {"at": last.at, "text": text} if last is not None and text else None


def _missing(told: Suggestion, untouched: bool, highest: int) -> list[str]:
    """Vital signs without which a level that may still be chosen cannot be."""
    needs_them = not untouched and highest > 3
    return [str(words.VITALS[name]) for name in told.missing] if needs_them else []


def _flag(name: str, vitals: Vitals, limits: dict[str, dict[str, Any]]) -> str:
    """A flag in words; of a vital sign beyond its limit, the value and the limit."""
    if name not in limits:
        return words.flag(name)
    return f"{words.VITALS[name]} {getattr(vitals, name)}, {limits[name]['text']}"


def _points(told: Suggestion, vitals: Vitals, limits: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What each of the four decision points found."""
    found: dict[str, list[str]] = {}
    letter = ""
    for one in told.path:
        if one in "ABCD":
            letter = one
            found[letter] = []
        elif letter:
            found[letter].append(
                words.resources_text(one) if one.startswith("resources_") else _flag(one, vitals, limits)
            )
    nothing = {
        "A": _("No life-saving act"), "B": _("Nothing that cannot wait"), "C": _("Not asked any more"),
        "D": _("No vital sign beyond its limit"),
    }  # fmt: skip
    return [
        {"letter": key, "text": ", ".join(found[key]) if key in found else nothing[key], "on": key in found}
        for key in "ABCD" if key in found or key in "AB" or (key == "D" and "C" in found)
    ]  # fmt: skip


def _limits(vitals: Vitals, age: Any) -> dict[str, dict[str, Any]]:
    """The limits of this age below each sign, and whether it is beyond."""
    limit, out = band(age), beyond(vitals, age)
    return {
        "hr": {"text": _("over %(n)s") % {"n": limit.hr}, "out": "hr" in out},
        "rr": {"text": _("over %(n)s") % {"n": limit.rr}, "out": "rr" in out},
        "spo2": {"text": _("under %(n)s") % {"n": limit.spo2}, "out": "spo2" in out},
    }


def _target_lines(told: Suggestion, policies: Any, highest: int) -> list[str]:
    levels = sorted({min(one, highest) for one in (told.level, *told.consider)})
    minutes = targets.of(policies).minutes
    return [_("level %(level)s within %(n)s min") % {"level": one, "n": minutes[one]} for one in levels]
