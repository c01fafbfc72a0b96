"""The crash matrix as data: where a process is killed, what it was doing, and what it leaves behind at that moment.

`test_crash` runs each cell. `docs/crash-matrix.md` is this table in words:

python -m tests.pipeline.crash_points            exits 1 where the page is not current
python -m tests.pipeline.crash_points --write    writes it
"""

import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "crash-matrix.md"


class Place(StrEnum):
    """Which side of what a process is killed on. The first is in the stand-in, the others in the worker itself."""

    EFFECT = "effect"  # the request has arrived and is carried out
    COMMIT = "commit"  # a transaction of ours
    BYTES = "bytes"  # the request leaves
    ANSWER = "answer"  # before: its head is there and nothing of it read; after: read, and nothing made of it


class When(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Hook:
    """`marks`: all of these stand in the transaction's statements and values; or one request, METHOD and path."""

    place: Place
    marks: tuple[str, ...]

    def fits(self, text: str) -> bool:
        return all(mark in text for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Left:
    """What stands at the moment of death: the records' stage ("" where unknown yet), and the outside world.

    `entries`, `reversing`: whether their lines, and those that take them back, stand in F&O.
    """

    stage: str
    headers: int = 0
    entries: bool = False
    exported: bool = False
    reversing: bool = False

    def told(self) -> str:
        outside = [
            "a journal" if self.headers == 1 else f"{self.headers} journals" if self.headers else "",
            "the entries" if self.entries else "",
            "the reversing entries" if self.reversing else "",
            "Brex told" if self.exported else "",
        ]
        return f"{self.stage or 'unknown'}; {', '.join(one for one in outside if one) or 'nothing outside'}"


@dataclass(frozen=True, slots=True)
class Cell:
    effect: str
    point: str
    when: When
    hook: Hook
    left: Left
    does: str = "chain"

    @property
    def name(self) -> str:
        return f"{self.effect}: {self.when} {self.point}"


RECORD, HEADER, ENTRY, ACKNOWLEDGEMENT = "record", "journal header", "entry", "acknowledgement"
REMOVAL, REVERSING = "removal", "reversing entry"  # of an entry in an unposted journal, and in a posted one
# The same machinery for bills, which go into vendor invoice journals and are not reported.
BILL_HEADER, BILL, BILL_REMOVAL = "invoice journal header", "bill", "bill's removal"
EFFECTS: Final = (
    RECORD, HEADER, ENTRY, ACKNOWLEDGEMENT, REMOVAL, REVERSING, BILL_HEADER, BILL, BILL_REMOVAL,
)  # fmt: skip
POINTS: Final = (
    "intake commit",
    "Brex's answer read",
    "fetch commit",
    "plan commit",
    "intent commit",
    "batch commit",
    "bytes sent",
    "F&O commit",
    "answer read",
    "answer commit",
    "confirm commit",
    "report sent",
    "Brex's commit",
    "report read",
    "acknowledge commit",
)

_ASK = "GET /v3/accounting/records"
_OPEN = "POST /data/LedgerJournalHeaders"
_OPEN_INVOICES = "POST /data/VendInvoiceJournalHeaders"
_SEND = "POST /data/$batch"
_REPORT = "POST /v3/accounting/records/export-results"

_NEW, _RECEIVED, _FETCHED, _MAPPED, _WRITING = (
    Left(stage) for stage in ("", "received", "fetched", "mapped", "writing")
)
_OPENED = Left("writing", headers=1)
_SENT = Left("writing", headers=1, entries=True)
_WRITTEN = Left("written", headers=1, entries=True)
_TOLD = Left("written", headers=1, entries=True, exported=True)
_DONE = Left("acknowledged", headers=1, entries=True, exported=True)
_ASKED = Left("writing", headers=1, entries=True, exported=True)
_REMOVED = Left("writing", headers=1, exported=True)
_ANOTHER = Left("writing", headers=2, entries=True, exported=True)
_REVERSED = Left("writing", headers=2, entries=True, exported=True, reversing=True)


def _commit(*marks: str) -> Hook:
    return Hook(Place.COMMIT, marks)


# effect, point, where it is, and what is left before and after it.
_ROWS: Final = (
    (RECORD, "Brex's answer read", Hook(Place.ANSWER, (_ASK,)), _RECEIVED, _RECEIVED),
    (RECORD, "fetch commit", _commit("SET body = coalesce(left(b.body"), _RECEIVED, _FETCHED),
    (RECORD, "plan commit", _commit("planned with rules"), _FETCHED, _MAPPED),
    (HEADER, "intent commit", _commit("INSERT INTO journals", "INSERT INTO batches"), _WRITING, _WRITING),
    (HEADER, "bytes sent", Hook(Place.BYTES, (_OPEN,)), _WRITING, _OPENED),
    (HEADER, "F&O commit", Hook(Place.EFFECT, (_OPEN,)), _WRITING, _OPENED),
    (HEADER, "answer read", Hook(Place.ANSWER, (_OPEN,)), _OPENED, _OPENED),
    (HEADER, "confirm commit", _commit("UPDATE journals SET status = 'open'"), _OPENED, _OPENED),
    (ENTRY, "intent commit", _commit("intent stored"), _MAPPED, _WRITING),
    (ENTRY, "batch commit", _commit("INSERT INTO batches", "SET lines_used"), _OPENED, _OPENED),
    (ENTRY, "bytes sent", Hook(Place.BYTES, (_SEND,)), _OPENED, _SENT),
    (ENTRY, "F&O commit", Hook(Place.EFFECT, (_SEND,)), _OPENED, _SENT),
    (ENTRY, "answer read", Hook(Place.ANSWER, (_SEND,)), _SENT, _SENT),
    (ENTRY, "confirm commit", _commit("F&O confirmed it in journal"), _SENT, _WRITTEN),
    (ACKNOWLEDGEMENT, "intent commit", _commit('"kind":"acknowledge"'), _WRITTEN, _WRITTEN),
    (ACKNOWLEDGEMENT, "batch commit", _commit("INSERT INTO batches", "acknowledge"), _WRITTEN, _WRITTEN),
    (ACKNOWLEDGEMENT, "report sent", Hook(Place.BYTES, (_REPORT,)), _WRITTEN, _TOLD),
    (ACKNOWLEDGEMENT, "Brex's commit", Hook(Place.EFFECT, (_REPORT,)), _WRITTEN, _TOLD),
    (ACKNOWLEDGEMENT, "report read", Hook(Place.ANSWER, (_REPORT,)), _TOLD, _TOLD),
    (ACKNOWLEDGEMENT, "acknowledge commit", _commit("Brex took the export result"), _TOLD, _DONE),
    (REMOVAL, "intent commit", _commit("to be taken back: "), _DONE, _ASKED),
    (REMOVAL, "batch commit", _commit("to be removed from journal"), _ASKED, _ASKED),
    (REMOVAL, "bytes sent", Hook(Place.BYTES, (_SEND,)), _ASKED, _REMOVED),
    (REMOVAL, "F&O commit", Hook(Place.EFFECT, (_SEND,)), _ASKED, _REMOVED),
    (REMOVAL, "answer read", Hook(Place.ANSWER, (_SEND,)), _REMOVED, _REMOVED),
    (REMOVAL, "answer commit", _commit("F&O deleted the lines"), _REMOVED, _REMOVED),
    (REMOVAL, "confirm commit", _commit('"to":"reversed"'), _REMOVED, replace(_REMOVED, stage="reversed")),
    (REVERSING, "intent commit", _commit("a reversing entry is to be written"), _ASKED, _ASKED),
    (REVERSING, "batch commit", _commit("INSERT INTO batches", "SET lines_used"), _ANOTHER, _ANOTHER),
    (REVERSING, "bytes sent", Hook(Place.BYTES, (_SEND,)), _ANOTHER, _REVERSED),
    (REVERSING, "F&O commit", Hook(Place.EFFECT, (_SEND,)), _ANOTHER, _REVERSED),
    (REVERSING, "answer read", Hook(Place.ANSWER, (_SEND,)), _REVERSED, _REVERSED),
    (REVERSING, "confirm commit", _commit('"to":"reversed"'), _REVERSED, replace(_REVERSED, stage="reversed")),
)
# A person's wish is stored by the process of the command line.
_BY_A_PERSON = (REMOVAL, "intent commit")
_INTAKE = _commit("INSERT INTO records AS r")


def cells() -> list[Cell]:
    """All of them, in the order of the flow. Word of a record comes in two ways, each with its own process."""
    found = [
        Cell(RECORD, f"intake commit ({does})", when, _INTAKE, _NEW if when is When.BEFORE else _RECEIVED, does)
        for does in ("webhook", "poll")
        for when in When
    ]
    for effect, point, hook, before, after in _ROWS:
        does = "reverse" if (effect, point) == _BY_A_PERSON else "chain"
        found += [Cell(effect, point, When.BEFORE, hook, before, does)]
        found += [Cell(effect, point, When.AFTER, hook, after, does)]
    return found


_OF_BILLS: Final = {HEADER: BILL_HEADER, ENTRY: BILL, REMOVAL: BILL_REMOVAL}
# Of a removal only what its form can make a difference to.
_LEFT_OUT: Final = {(REMOVAL, point) for point in ("intent commit", "batch commit", "answer read", "answer commit")}


def bills() -> list[Cell]:
    """The cells of general journals again, for those of vendor invoices."""
    return [
        replace(
            cell,
            effect=_OF_BILLS[cell.effect],
            hook=replace(cell.hook, marks=tuple(_OPEN_INVOICES if mark == _OPEN else mark for mark in cell.hook.marks)),
            left=replace(cell.left, exported=False),
        )
        for cell in cells()
        if cell.effect in _OF_BILLS and (cell.effect, cell.point) not in _LEFT_OUT
    ]


def every() -> list[Cell]:
    return [*cells(), *bills()]


def page() -> str:
    """The whole of `docs/crash-matrix.md`."""
    matrix = [f"| {' | '.join((f'**{point}**', *(_ways(point, effect) for effect in EFFECTS)))} |" for point in POINTS]
    each = [f"| {cell.effect} | {cell.when} {cell.point} | {cell.left.told()} |" for cell in every()]
    head = f"| the process dies at | {' | '.join(EFFECTS)} |"
    rows = [head, "|---" * (len(EFFECTS) + 1) + "|", *matrix]
    lefts = ["| doing | killed | left behind: the records' stage; outside |", "|---|---|---|", *each]
    return _TEXT.format(cells=len(each), matrix="\n".join(rows), each="\n".join(lefts))


def _ways(point: str, effect: str) -> str:
    ways = [cell.when for cell in every() if cell.effect == effect and cell.point.split(" (")[0] == point]
    if ways:
        return ", ".join(dict.fromkeys(ways))
    return "—"


_TEXT: Final = """# Crash matrix

A real worker process, over real sockets and TLS, is killed with SIGKILL at each of these points: by itself at the very
statement, or by the stand-in between the arrival of a request and its effect, or between the effect and the answer.
Then another worker goes on by itself, once the dead one's deadlines have passed. After every one of the {cells} deaths:

- each record stands in F&O exactly once, whole, in one voucher and one journal; or it was taken back and does not stand
  there at all, or stands there with exactly one reversing entry that leaves nothing on any account;
- Brex shows it EXPORTED, and it was reported once (a bill: it was not reported);
- every line in our journals belongs to one of the records, and no journal was opened that nothing went into;
- no write is open or uncertain, no batch unsettled;
- each record's trail leads from `received` to its end without a gap, and its chain of hashes verifies.

This page is written from the table that the tests run (`python -m tests.pipeline.crash_points --write`); a test keeps
it current.

{matrix}

A dash is a point that this effect does not have. Intake, fetch and plan belong to the record, not to one of its
effects. A journal header's intent and its batch are one commit. F&O's answers are confirmed, Brex's acknowledged: the
last four points are the acknowledgement's. What F&O answers to a removal is stored first and decides nothing: the
removal is confirmed by a reading. The intent to take an entry back is a person's; what is killed there is the command.
The journal of a reversing entry is opened like any other. Bills go into vendor invoice journals: other entity sets, the
same machinery.

## What is left behind

{each}
"""


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page() else 1)
