"""The fault matrix: every kind of fault with every call, and how it ends. Drives the tests and docs/fault-matrix.md.

python -m tests.faults.matrix            says whether the page is as it should be; exits 1 where it is not
python -m tests.faults.matrix --write    writes it
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.calls import CALLS, ENTITY_SET, WRITE, Call
from tests.faults.kinds import AFTER, BEFORE, ENDED, KINDS, LATE, REFUSED, UNSENT, WHOLE, Kind
from tests.faults.mishaps import MISHAPS, MOMENTS, Mishap
from tests.faults.stories import STORIES

ONCE: Final = "once"
ASKED_AGAIN: Final = "asked again"
SENT_AGAIN: Final = "sent again"
FOUND: Final = "found"
ANOTHER: Final = "another"
RENEWED: Final = "renewed"
PAUSED: Final = "paused"
WITHOUT: Final = "without"
SAID: Final = "said"
OTHER_HOST: Final = "other host"
NONE: Final = ""

# How a cell ends; in each of them every record stands in F&O once and whole, and Brex was told of it once.
ENDS: Final = {
    ONCE: ("1", "the one answer is believed; nothing is asked or sent again"),
    ASKED_AGAIN: ("r", "asked again until it is answered; meanwhile what needs it waits"),
    SENT_AGAIN: ("s", "certainly or by reading not done: sent once more"),
    FOUND: ("f", "done, and the answer lost: found by reading, not sent again"),
    ANOTHER: ("j", "another journal is opened; one that turns up is used next"),
    RENEWED: ("t", "a fresh token is asked for, and the call made again at once"),
    PAUSED: ("p", "the connection is paused with a sentence; mended and resumed, all goes on"),
    WITHOUT: ("u", "goes on without it: what could not be looked at is left to F&O to judge"),
    OTHER_HOST: ("h", "asked of Brex's other host at once, which serves the same paths"),
    SAID: ("c", "a command that ends with the reason; run again, it works"),
}
COMMANDS: Final = frozenset({"webhook secrets", "webhook endpoints", "a new webhook endpoint",
                             "a webhook endpoint changed", "exported records",
                             "the whole ledger's references"})  # fmt: skip
# Calls without a row, and why.
APART: Final = {
    "accounting fields": "only `connector ping` asks; what it cannot read it says (tests/cli/test_ping.py)",
    "may vendors be read?": "only `connector ping` asks; what it cannot read it says (tests/cli/test_ping_vendors.py)",
    "is the host there?": "only `connector ping` and `connector doctor` ask; any answer will do",
    "is the service there?": "only `connector ping` asks; any answer will do",
    "a period's lines": "reconciliation only reads, and ends with the reason: see below",
}


@dataclass(frozen=True, slots=True)
class Cell:
    call: Call
    kind: Kind
    end: str
    why_not: str = ""

    @property
    def name(self) -> str:
        return f"{self.call.name} × {self.kind.name}"


def cells() -> Iterator[Cell]:
    for call in CALLS:
        if call.name not in APART:
            for kind in KINDS:
                reason = senseless(call, kind)
                yield Cell(call, kind, NONE if reason else expected(call, kind), reason)


def senseless(call: Call, kind: Kind) -> str:
    if call.system not in kind.systems or (kind.calls and call.name not in kind.calls):
        return "there is no such answer to this call"
    if kind.writes_only and call.kind != WRITE:
        return "for a read it is like its neighbour"
    return _OUT_OF_REACH.get((call.name, kind.name), "")


def expected(call: Call, kind: Kind) -> str:
    return _EXCEPTIONS.get((call.name, kind.name)) or _by_nature(call, kind)


# MSAL keeps a 429 of Entra ID by itself, by the machine's clock, which no test moves.
_OUT_OF_REACH: Final = {
    ("a token", kind): "the token library waits by itself, by the machine's clock"
    for kind in ("429, Retry-After", "429 storm")
}


def _by_nature(call: Call, kind: Kind) -> str:  # noqa: PLR0911 - one line for each nature
    if kind.nature == WHOLE:
        return ONCE
    if kind.nature in (REFUSED, ENDED):
        return credentials(call, kind)
    if call.name in _EITHER_HOST and not kind.name.startswith("429") and kind.name not in _NO_JSON:
        return OTHER_HOST
    if call.name in COMMANDS:
        return SAID
    if call.name == "one record: is Brex there?" or (call.name == ENTITY_SET and kind.nature in (BEFORE, AFTER)):
        return WITHOUT
    if call.name == "a new journal" and kind.nature in (BEFORE, UNSENT):
        return ANOTHER
    if call.kind == WRITE:
        return {UNSENT: SENT_AGAIN, BEFORE: SENT_AGAIN, AFTER: FOUND, LATE: FOUND}[kind.nature]
    return ASKED_AGAIN


def credentials(call: Call, kind: Kind) -> str:
    if call.system == "d365" and kind.nature == ENDED:
        return RENEWED
    if call.system == "entra" and kind.nature == ENDED:
        return ASKED_AGAIN
    if call.name.endswith(("webhook endpoint", "webhook endpoint changed")):
        return SAID
    if call.name in _EITHER_HOST:
        return OTHER_HOST if kind.nature == ENDED else SAID
    return PAUSED


_EITHER_HOST: Final = ("webhook secrets", "webhook endpoints")
_NO_JSON: Final = ("half as whole", "other JSON")
_EXCEPTIONS: Final[dict[tuple[str, str], str]] = {}

if not set(STORIES) | set(APART) == {call.name for call in CALLS}:
    raise AssertionError("a call has neither a story nor a reason to be apart")


# -- the page

PAGE: Final = Path(__file__).parents[2] / "docs" / "fault-matrix.md"
_HEAD: Final = """\
# Fault matrix

Written by `python -m tests.faults.matrix --write`; a test compares. Every cell is a test (`tests/faults/`): the real
pipeline over PostgreSQL against the stand-ins for Brex, Entra ID and F&O, with that fault in that call, time passing
through the tables, until nothing is due. After each one the invariants of `sandbox/invariants.py` are asserted of the
two systems, read without our tables: each record at most once and whole in F&O, debits equal credits, EXPORTED in Brex
only where it stands in F&O, no line unexplained, the audit trail unbroken. And the end is the one shown here.
"""
_TRANSPORT: Final = """\
## A call goes wrong

{count} cells. Every record ends in F&O once, and EXPORTED, in all of them; the sign says how it came there.

| sign | how it ends |
|---|---|
{legend}
| · | no such cell |

{tables}

No cell, and why: {reasons}

Calls without a row: {apart}
"""
_MISHAPS: Final = """\
## People and jobs change the books

{count} cells. One record stands in the ledger already, two more come. `done`: in F&O once and EXPORTED. A code: held
for that problem, Brex not told, unless it says so. `unnoticed`: the connector does not look at what it has finished;
the nightly reconciliation does, and names it. Where records end differently: the earlier one / the first / the second.

{table}
"""


def page() -> str:
    from tests.faults import sections  # noqa: PLC0415 - their cells are made of the ones here

    told = [cell for cell in cells() if cell.end]
    reasons = Counter(cell.why_not for cell in cells() if not cell.end)
    transport = _TRANSPORT.format(
        count=len(told),
        legend="\n".join(f"| {sign} | {words} |" for sign, words in ENDS.values()),
        tables="\n\n".join(_table(*side) for side in _SIDES),
        reasons="; ".join(f"{why} ({number})" for why, number in sorted(reasons.items())) + ".",
        apart="; ".join(f"*{name}*: {why}" for name, why in APART.items()) + ".",
    )
    rows = [_row(mishap) for mishap in MISHAPS]
    head = ["| what happens | fact | " + " | ".join(MOMENTS) + " |", "|---" * (2 + len(MOMENTS)) + "|"]
    count = sum(len(mishap.ends) for mishap in MISHAPS)
    mishaps = _MISHAPS.format(count=count, table="\n".join([*head, *rows]))
    return "\n".join([_HEAD, transport, mishaps, *sections.text()])


_SIDES: Final = (("Brex", ("brex",)), ("Entra ID and F&O", ("entra", "d365")))


def _table(title: str, systems: tuple[str, ...]) -> str:
    calls = [call for call in CALLS if call.system in systems and call.name not in APART]
    signs = {(cell.call.name, cell.kind.name): ENDS[cell.end][0] if cell.end else "·" for cell in cells()}
    kinds = [kind for kind in KINDS if any(signs[call.name, kind.name] != "·" for call in calls)]
    lines = [f"| {title} | " + " | ".join(call.name for call in calls) + " |", "|---" * (1 + len(calls)) + "|"]
    lines += [f"| {kind.name} | " + " | ".join(signs[call.name, kind.name] for call in calls) + " |" for kind in kinds]
    return "\n".join(lines)


def _row(mishap: Mishap) -> str:
    ends = [mishap.ends.get(moment, "·").replace(" | ", " / ") for moment in MOMENTS]
    return f"| {mishap.name} | {mishap.fact} | " + " | ".join(ends) + " |"


def main(*, write: bool) -> int:
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    sys.stdout.write(f"{'wrote' if write else 'differs:'} {PAGE.name}\n")
    if write:
        PAGE.write_text(page(), encoding="utf-8")
    return 0 if write else 1


if __name__ == "__main__":
    sys.exit(main(write="--write" in sys.argv[1:]))
