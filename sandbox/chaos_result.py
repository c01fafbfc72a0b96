"""What a run came to, counted in the stand-ins' ledger and Brex; the connector's own words are only compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from sandbox import invariants
from sandbox.books import ENTRY, Allowed, Books, Ledger, totals
from sandbox.chaos_run import NAME, Run

Json = dict[str, Any]

# Where people posted a journal while a write into it was unknown, F&O cannot say what became of it: it is held.
CANNOT_TELL = "LEDGER-CANNOT-TELL"


def compare(run: Run) -> Json:
    """The closing object. `broken` says in sentences what must not be; empty is what is hoped for."""
    operator = run.cluster.operator
    verified = operator.connector_json("audit", "verify", NAME, "--json", good=(0, 1))
    books = Books(
        lines=operator.control("GET", "/ledger/lines")["lines"],
        headers=operator.control("GET", "/ledger/headers")["headers"],
        records=operator.control("GET", "/records/whole")["records"],
        reported=operator.control("GET", "/reported")["reported"],
        rows=operator.connector_json("records", NAME, "--json"),
        trails=[str(found) for one in verified for found in one["breaks"]],
    )
    return {**count(books, run.expected), **figures(run.kills, run.faults, run.recoveries)}


def count(books: Books, expected: Sequence[Json]) -> Json:
    """Pure: what stands, what does not, and what is wrong with it."""
    ledger = Ledger(books, Allowed())
    rows = {str(row["record_id"]): row for row in books.rows or ()}
    lost = [told for one in expected if (told := _lost(one, rows.get(one["record_id"]), ledger))]
    wrong = [
        str(one["accounting_record_id"])
        for one in books.reported
        if "success" in one and not ledger.standing(str(one["accounting_record_id"]))
    ]
    doubled = [identity[0] for identity, lines in ledger.sets[ENTRY].items() if _twice(ledger, identity, lines)]
    codes = Counter(problem["code"] for row in rows.values() if row["stage"] == "held" for problem in row["problems"])
    broken = [*invariants.broken(books, Allowed(unwatched=True), settled=True), *lost]
    return {
        "records": len(expected),
        "written": sum(bool(ledger.standing(one["record_id"])) for one in expected),
        "held": sum(row["stage"] == "held" for row in rows.values()),
        "held_for": dict(sorted(codes.items())),
        "doubled": len(doubled),
        "lost": len(lost),
        "wrongly_exported": len(wrong),
        "unexplained_lines": len(ledger.strangers),
        "broken": list(dict.fromkeys(broken)),
    }


def figures(kills: Mapping[str, int], faults: Mapping[str, int], recoveries: Sequence[float]) -> Json:
    """`seconds_to_recover`: from a kill to the next entry in the ledger."""
    worst = round(max(recoveries, default=0.0), 1)
    return {
        "kills": {"all": sum(kills.values()), **kills},
        "faults": {"all": sum(faults.values()), **faults},
        "seconds_to_recover": {"median": round(median(recoveries or [0.0]), 1), "worst": worst},
    }


def _lost(one: Json, row: Json | None, ledger: Ledger) -> str:
    """How a record's end differs from the one it should come to; empty where it does not."""
    if row is None:
        return f"{one['record_id']} never arrived"
    codes = [problem["code"] for problem in row["problems"]]
    if one["end"] != "written":
        good = row["stage"] == one["end"] and codes == ([one["problem"]] if one["problem"] else [])
    elif row["stage"] == "held":  # in sight of a person, for the one reason that nobody could have cleared up
        good = codes == [CANNOT_TELL]
    else:
        good = row["stage"] == "acknowledged" and bool(ledger.standing(one["record_id"]))
    expected = f"{one['end']} {one['problem'] or ''}".strip()
    return "" if good else f"{one['record_id']} ended as {row['stage']} {codes}, not {expected}"


def _twice(ledger: Ledger, identity: tuple[str, int], lines: Sequence[Json]) -> bool:
    """More debits than the record is worth: the lines of one entry stand there again, in part or whole."""
    most = dict(sorted(ledger.worth(identity[0])))
    return any(debit > most.get(currency, 0) for currency, (debit, _) in totals(lines).items())
