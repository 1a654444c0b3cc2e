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
1.3 Newcomers come by a join code (one use, expires, one role); registering creates a hospital with its owner and
    working defaults.
1.4 A suspended hospital lets only its owners in; its public pages say nothing; nothing is deleted.
1.5 Revoking a member, changing a role or signing out everywhere closes sessions and sockets; whoever has several
    memberships names the hospital.
1.6 A service day is the hospital's local date, cut at its own hour, never UTC midnight; both changes of the clocks.
3.2 A token is the department's prefix and a number from a counter, unique, never reused; the counter begins again
    by policy.
3.3 Waiting legs stand by `due`, `order_at`, `order_no` and id; a VIP never stands above an urgent patient.
3.4 Strict order: urgent, VIP, carried over, normal, first come first served within; a skip counts places in the own
    line.
3.5 Each waiting leg says in one plain sentence why it stands where it stands, for staff and for the patient.
3.6 Every departure from the order of arrival is in the log with its cause.
3.7 Call next is atomic: two callers never get one patient; it takes the better head of own line and pools; nobody
    waiting is an empty answer.
3.8 A server has at most `parallel_rooms` legs called or in progress.
3.10 Calling a chosen patient out of order asks for a reason.
3.11 Recall is a counter, not a state; a skip goes three places back, at most twice.
3.12 A no-show needs two calls a minute apart and two minutes since the first; somebody never called is never a no-
    show.
3.16 Complete may call the next in the same act; pressing twice is the same as once.
3.17 Somebody already waiting in this line is shown; a second visit needs a reason.
3.19 The last act can be undone for a while if nothing later touched the visit or the server; complete-and-call as
    one.
3.21 A doctor on a break or off duty pauses the own line; the button becomes resume and call; running late adds ten
    minutes.
3.23 Least data at intake: a name and one of phone or birth year, or unknown.
3.40 The waiting room shows token, room and state; names by policy only; sensitive departments have a neutral name.
3.41 Public addresses are unguessable and stored hashed; unknown and expired are one answer.
3.42 A screen shows a code, the desk types it and picks lines, languages and names; it survives restarts.
3.43 Announcements queue and never overlap; each call and recall is announced anew in every language.
3.44 `PUBLIC_URL` feeds every QR code and link; while it is unset or local no QR is printed and the desk says why.
"""
"""Rule and what it says. A rule is here when the product keeps it, and then it has a test."""
BEGUN = """
3.13 Away and delays come later; the patient may leave the line from the phone.
3.20 Daily limits come later; a closed line takes nobody in.
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
        "Generated from the tests' marks by `python -m tests.house.rules`. 1: people and hospitals; 3: queues.", "",
    ]  # fmt: skip
    for rule in sorted(tests, key=in_order):
        says = RULES.get(rule) or PARTLY.get(rule, "")
        lines += [f"## R{rule}", "", says, ""]
        lines += [f"- `{test}`" for test in sorted(tests[rule])] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
