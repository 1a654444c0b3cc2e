"""Addresses of the emergency department's pages and acts."""

from django.urls import path

from er_flow.operations.times import MARKS
from er_flow.views import acts, arrive, asks, beds, board, figures, quick, triage, visit

app_name = "er"

urlpatterns = [
    path("er/", board.board, name="board"),
    path("er/arrive/", arrive.arrive, name="arrive"),
    path("er/arrive/many/", arrive.many, name="many"),
    path("er/triage/", board.triage_next, name="triage_next"),
    path("er/triage/many/", quick.triage_many, name="triage_many"),
    path("er/downtime/", board.downtime, name="downtime"),
    path("er/handover/", board.handover, name="handover"),
    path("er/beds/", beds.beds, name="beds"),
    path("er/log/", figures.er_log, name="log"),
    path("er/measures/", figures.figures, name="measures"),
    path("er/measures/patients/", figures.patients_behind, name="behind"),
    path("er/departments/<uuid:pk>/surge/", asks.surge, name="surge"),
    path("er/departments/<uuid:pk>/surge/end/", asks.surge_end, name="surge_end"),
    path("er/visits/<uuid:pk>/", visit.visit, name="visit"),
    path("er/visits/<uuid:pk>/acts/", visit.acts, name="acts"),
    path("er/visits/<uuid:pk>/triage/", triage.triage, name="triage"),
    path("er/visits/<uuid:pk>/reassess/", triage.reassess, name="reassess"),
    path("er/visits/<uuid:pk>/suggestion/", triage.suggestion, name="suggestion"),
    path("er/triages/<uuid:pk>/correct/", triage.correct, name="triage_correct"),
    path("er/visits/<uuid:pk>/triage/start/", acts.triage_start, name="triage_start"),
    path("er/visits/<uuid:pk>/see/", acts.see, name="see"),
    path("er/visits/<uuid:pk>/see/at/", asks.see_at, name="see_at"),
    path("er/visits/<uuid:pk>/mine/", acts.mine, name="mine"),
    path("er/visits/<uuid:pk>/team/", asks.set_team, name="team"),
    path("er/visits/<uuid:pk>/details/", asks.details, name="details"),
    path("er/visits/<uuid:pk>/identify/", asks.identify, name="identify"),
    path("er/visits/<uuid:pk>/delay/", asks.explain, name="explain"),
    path("er/visits/<uuid:pk>/decide/", asks.decide, name="decide"),
    path("er/visits/<uuid:pk>/withdraw/", asks.withdraw, name="withdraw"),
    path("er/visits/<uuid:pk>/board/", acts.board_start, name="board_start"),
    path("er/visits/<uuid:pk>/end/", acts.end, name="end"),
    path("er/visits/<uuid:pk>/ends/", asks.ends, name="ends"),
    path("er/visits/<uuid:pk>/bed/", beds.bed_for, name="bed_for"),
    path("er/visits/<uuid:pk>/fits/", beds.fits, name="fits"),
    path("er/visits/<uuid:pk>/bed/assign/", acts.assign, name="assign"),
    path("er/visits/<uuid:pk>/bed/leave/", acts.leave_bed, name="leave_bed"),
    path("er/visits/<uuid:pk>/bed/keep/", acts.keep, name="keep"),
    path("er/visits/<uuid:pk>/bed/swap/", acts.swap, name="swap"),
    path("er/visits/<uuid:pk>/bed/swap/ask/", beds.swap_with, name="swap_with"),
    path("er/beds/<uuid:pk>/acts/", beds.bed_acts, name="bed_acts"),
    path("er/beds/<uuid:pk>/release/", acts.bed_release, name="bed_release"),
    path("er/beds/<uuid:pk>/clean/", acts.bed_clean, name="bed_clean"),
    path("er/beds/<uuid:pk>/keep/", beds.keep_for, name="keep_for"),
    path("er/beds/<uuid:pk>/block/", beds.block, name="block"),
    path("er/beds/<uuid:pk>/unblock/", acts.bed_unblock, name="bed_unblock"),
    path("er/undo/<int:seq>/", acts.take_back, name="undo"),
    *(path(f"er/visits/<uuid:pk>/times/{mark}/", asks.set_time, {"mark": mark}, name=f"time_{mark}") for mark in MARKS),
]
