"""The rules of the domain that hold so far, and the tests that hold them.

``python -m tests.house.rules`` writes docs/rules.md from the marks: ``@pytest.mark.rule("3.12")``.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from tests.house.source import ROOT, literal, relative, written

PAGE = ROOT / "docs" / "rules.md"
KEPT = """
1.1 Roles: a membership may hold several; a manager is an owner without closing the hospital or naming owners;
    nobody chooses an own role.
1.2 A member limited to departments sees and acts on those only; anything of another department is not there.
1.3 Newcomers come by a join code (one use, expires, one role) or an invitation by e-mail (one use, expires, for one
    address); registering creates a hospital with its owner and working defaults. Addresses are confirmed and
    passwords reset by links that work once; unknown addresses get the same answer.
1.4 A suspended hospital lets only its owners in; its public pages say that it is closed; nothing is sent, nothing is
    deleted.
1.5 Revoking a member, changing a role or departments or signing out everywhere closes sessions and sockets; whoever
    has several memberships names the hospital.
1.6 A service day is the hospital's local date, cut at its own hour, never UTC midnight; both changes of the clocks.
1.7 Likely duplicates (birth date, sound of the name, phone) are shown; families share a phone and come in together;
    "new anyway" needs a reason; a merge keeps both histories and can be taken back.
1.8 Anybody finds doctors of all hospitals in a projection that holds public words only, while hospital and doctor are
    listed; it is gone at once when either is switched off or suspended.
1.9 Policies are fields of the hospital, some with a department's own; each is read, and changing it changes what
    happens.
2.1 Times are hours less closures, absences, buffers and what is taken, by doctor and kind of visit; numbers are from
    the counter of the walk-ins, up to the day's number; lengths are the first that is said, of five.
2.2 A place is given once, overlaps included: the database refuses, and the second is told what really is free; holds,
    moves and offers use the same account.
2.3 A hold lasts its minutes, a booking to be paid fifteen; what is over keeps nobody out.
2.4 One live booking of a patient, a doctor and a day unless the desk says why; so many of one phone online.
2.5 A move ends the old booking with a link to its successor; what is called off is free at once and offered to the
    waiting list.
2.6 A booked number is the ticket and stays it at check-in; walk-ins draw from the same counter; on the day the page
    shows place, range and by when to check in.
2.7 A check-in puts a booked patient in line from the lead before the time, however early; early people are due ten
    minutes before and called sooner only if nobody due waits; who is later than the grace stands by the check-in.
2.8 Who does not come is counted so by the clock after the policy's minutes and the doctor's announced lateness, and
    the place is free; a check-in later on the day stands as late.
2.9 Where only times are booked, a walk-in takes the next free one; urgent people do not.
2.10 A series comes again by a rule that ends, at the same hour on the wall; what is not free is listed before saving
    or left out; one or all that follow are moved or cancelled.
2.11 Who waits for or is booked with an absent doctor is settled in one act, undone as one; the policy for a doctor
    who leaves decides without a person.
2.12 Times are right on both changes of the clocks, in every zone, and between the patient's and the hospital's.
2.13 Public booking, one-time codes and the kiosk answer the same, by the same work, for known and unknown people.
3.1 Every start and end is a timestamp: wait, walk, service and total follow from them.
3.2 A token is the department's prefix and a number from a counter, unique, never reused; the counter begins again
    by policy.
3.3 Waiting legs stand by `due`, `order_at`, `order_no` and id; a VIP never stands above an urgent patient.
3.4 Strict or aged order by the hospital's policy; skips, delays and moves by hand are places in the own line; a change
    of policy sorts the unplaced anew and keeps the placed at their rank; carried-over people stand in the old order.
3.5 Each waiting leg says in one plain sentence why it stands where it stands, for staff and for the patient.
3.6 Every departure from the order of arrival is in the log with its cause.
3.7 Call next is atomic: two callers never get one patient; it takes the better head of own line and pools; nobody
    waiting is an empty answer.
3.8 A server has at most `parallel_rooms` legs called or in progress.
3.9 Nurses and clerks with the ability call too, signed on at a room or counter.
3.10 Calling a chosen patient out of order asks for a reason.
3.11 Recall is a counter, not a state; a skip goes three places back, at most twice.
3.12 A no-show needs two calls a minute apart and two minutes since the first; somebody never called is never a no-
    show.
3.13 A delay puts back by places, or is an absence with the place kept until a time; from the phone three times at
    most and not once called; the patient may leave the line from the phone.
3.14 Whoever did not come or left may rejoin on the same day, behind the next two; the first arrival stays.
3.15 Reassigning recomputes the place in another line; sending on ends one part and opens the next in one act.
3.16 Complete may call the next in the same act; pressing twice is the same as once.
3.17 Until completion a visit can be given to the right patient, and both records tell of it; somebody already waiting
    in this line is shown, a second visit needs a reason.
3.18 In a room three times as long as expected, the server is asked once; at two hours it leaves the statistics.
3.19 The last act can be undone for a while if nothing later touched the visit or the server; complete-and-call as
    one.
3.20 A soft limit warns, a hard limit refuses with the next free time; a doctor's daily capacity likewise.
3.21 A doctor on a break or off duty pauses the own line; the button becomes resume and call; running late adds ten
    minutes.
3.22 A day is closed by the desk or the clock: who waits is carried over and expected on the next working day, or has
    left; expected people enter when they are there and lapse at noon; lines that stay open carry nothing.
3.23 Least data at intake: a name and one of phone or birth year, or unknown.
3.30 An estimate is the rest of those in service and the expected service of those ahead, scheduled over the servers on
    duty; expected service is learned from the last twenty.
3.31 Shown as a range of five minutes; it changes only past five minutes; paused is a word.
3.32 Every estimate shown is stored with its model and scored when the patient is called.
3.40 The waiting room shows token, room and state; names by policy only; sensitive departments have a neutral name.
3.41 Public addresses are unguessable and stored hashed; unknown and expired are one answer.
3.42 A screen shows a code, the desk types it and picks lines, languages and names; it survives restarts.
3.43 Announcements queue and never overlap; each call and recall is announced anew in every language.
3.44 `PUBLIC_URL` feeds every QR code and link; while it is unset or local no QR is printed and the desk says why.
4.1 Care stage and place are two things; only the listed moves are made; every end closes the open stay in the same act
    and frees what was kept; boarders are here until they are admitted.
4.2 Each time mark can be said or corrected with a reason, within its order, and stage and stay move with it; re-entry
    into a state keeps both periods.
4.3 Nothing in the emergency department asks who pays.
4.4 Untriaged people stand on top by arrival, then level, then arrival; a delay lifts nobody.
4.5 Three fields register somebody; a level that came along is kept as reported, and triage stays due.
4.10 A pure, versioned function suggests a level by the decision points A to D of ESI 5; the nurse decides.
4.11 Limits are strict and bands begin at their lower end; fever under 18 by age.
4.12 The worked examples come out as stated; worsening any input never gives a less urgent suggestion.
4.13 Levels 3 to 5 need their vital signs or why not; 1 and 2 do not; implausible values are asked about.
4.14 The nurse confirms or overrides with a reason and all of it is kept; while waiting a level only rises, after
    provider contact it stays; what was entered in error is struck through, by a second nurse where that lowers it.
4.20 The hospital chooses a named, versioned set of targets, or its own.
4.21 Delayed is who no provider has seen strictly past the target, by either clock; the clock's crossing is an event,
    and other targets are looked at again.
4.22 The next look is due by level, from triage and after each look.
4.30 A bed that was left is cleaned first unless the policy says otherwise; somebody airborne is put into negative
    pressure only and leaves it contaminated; a block ends by somebody or the clock, and what was unclean is so still.
4.31 Kinds and features of beds are shipped, and a hospital adds its own.
4.32 One open stay for each bed and each patient; a transfer and a swap are one act at one time; a bed is kept for one.
4.33 The best bed has what is needed, is near and keeps what is scarce free, and says why; a freed bed goes to the most
    urgent who fits.
4.40 NEDOCS with its terms, clamped, in bands; not computable without the hospital's beds.
4.41 Times and shares of a period, as stated, with the patients behind each.
4.42 A range for who waits, from those ahead and the turnover.
4.43 Every arrival with its end; what is entered later has its original times and is marked.
4.44 A surge is said to all; many come and are triaged in one act; unknown people are named later.
"""
"""Rule and what it says. A rule is here when the product keeps it, and then it has a test."""
BEGUN = """
"""
"""Rules of which a part holds already."""


def _table(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        number, _, says = line.strip().partition(" ")
        if line[0].isdigit():
            found[number] = says
        else:
            found[list(found)[-1]] += f" {line.strip()}"
    return found


RULES, PARTLY = _table(KEPT), _table(BEGUN)


def marks() -> dict[str, list[str]]:
    """Rule → the tests marked with it, read from the source."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        whole = [rule for node in tree.body if isinstance(node, ast.Assign) for rule in _pytestmark(node)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for rule in dict.fromkeys([*whole, *(r for each in node.decorator_list for r in _rules(each))]):
                    found[rule].append(f"{_short(path)}::{node.name}")
    return dict(found)


def _pytestmark(node: ast.Assign) -> list[str]:
    if not any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets):
        return []
    return [rule for each in ast.walk(node.value) if isinstance(each, ast.expr) for rule in _rules(each)]


def _rules(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Call) and written(node.func) == "pytest.mark.rule":
        return [rule for each in node.args if (rule := literal(each)) is not None]
    return []


def _short(path: Path) -> str:
    return relative(path).removeprefix("tests/")


def in_order(rule: str) -> tuple[int, int]:
    page, number = rule.split(".")
    return int(page), int(number)


def page() -> str:
    """docs/rules.md as it should be."""
    tests = marks()
    lines = [
        "# Rules and the tests that hold them", "",
        "Generated from the tests' marks by `python -m tests.house.rules`.",
        "1: people and hospitals; 2: appointments; 3: queues; 4: the emergency department.", "",
    ]  # fmt: skip
    for rule in sorted(tests, key=in_order):
        says = RULES.get(rule) or PARTLY.get(rule, "")
        lines += [f"## R{rule}", "", says, ""]
        lines += [f"- `{test}`" for test in sorted(tests[rule])] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
