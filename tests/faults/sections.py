"""The later sections of docs/fault-matrix.md: entries taken back, bills, the reconciliation, and pages that shift."""

from collections.abc import Sequence
from typing import Final

from tests.faults import billing, readings, taking_back
from tests.faults.calls import ELSEWHERE
from tests.faults.matrix import ENDS, Cell
from tests.faults.shifting import READINGS, SHIFTS

_TAKING_BACK: Final = """\
## An entry is taken back

{count} cells. Two entries stand and a person has both taken back: deleted from their unposted journal, or, once that is
posted, by reversing entries. In all of them both end reversed, once: no line stands, or what stands comes to zero on
each account. The signs are those of the first table. The kinds not shown differ from these only in how the transport
fails, which the clients have told apart before; they have their cells there. No `token ended`: the look before has
asked for a fresh one. The journal of a reversing entry is opened as any other.

{table}
"""
_BILLING: Final = """\
## A bill goes into an invoice journal

{count} cells. Bills stand in vendor invoice journals, which have entity sets of their own; two more come. In all of
them each ends there once and whole, and Brex, which takes no export result for bills, is told nothing. The signs are
those of the first table, the kinds those of the one before.

{table}
"""
_READINGS: Final = """\
## The reconciliation cannot read

{count} cells. The books differ on both sides: an entry was deleted in F&O, a record is gone from Brex. Whatever goes
wrong with a request, it names exactly these two in the end, and until then says that it could not read: never that all
agrees, and never what half of a side would look like.

{table}
"""
_SHIFTING: Final = """\
## Pages shift while they are read

{count} cells, one record to a page: {readings}.
Each record is known once, written once and, where it has changed since, flagged. The queue is read whole each hour.
Bills and changes are read on from a cursor, and where they take several pages, again until they show nothing new. The
lists of `source: transactions` are read again where one was shown twice (`tests/brex/test_spend.py`).

{table}
"""
_ELSEWHERE: Final = """\
## Methods of clients without a row

| method | why | tests |
|---|---|---|
{table}
"""


def text() -> list[str]:
    back = [(step.name, cell) for step, cell in taking_back.cells()]
    billed = [(step.name, cell) for step, cell in billing.cells()]
    read = [(call.name, cell) for call in readings.CALLS for cell in readings.cells(call)]
    shifts = ["| after the first page | how it ends |", "|---|---|"]
    shifts += [f"| {one} | {end} |" for one, end in SHIFTS.items()]
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, reason in ELSEWHERE.items():
        reasons.setdefault(reason, []).append(f"`{name}`")
    rows = [f"| {', '.join(names)} | {why} | `tests/{path}` |" for (why, path), names in reasons.items()]
    return [
        _TAKING_BACK.format(count=len(back), table=_table("goes wrong", back)),
        _BILLING.format(count=len(billed), table=_table("goes wrong", billed)),
        _READINGS.format(count=len(read), table=_table("goes wrong", read)),
        _SHIFTING.format(
            count=len(READINGS) * len(SHIFTS), readings=", ".join(one.name for one in READINGS), table="\n".join(shifts)
        ),
        _ELSEWHERE.format(table="\n".join(rows)),
    ]


def _table(title: str, cells: Sequence[tuple[str, Cell]]) -> str:
    """One row for each kind of fault; columns and rows in the order of their first cell."""
    columns = list(dict.fromkeys(name for name, _ in cells))
    signs = {(name, cell.kind.name): ENDS[cell.end][0] for name, cell in cells}
    lines = [f"| {title} | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    for kind in dict.fromkeys(cell.kind.name for _, cell in cells):
        lines.append(f"| {kind} | " + " | ".join(signs.get((name, kind), "·") for name in columns) + " |")
    return "\n".join(lines)
