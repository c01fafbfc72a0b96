"""What a run came to, counted in the stand-ins' ledger and Brex; the connector's own words are only compared."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from connector.domain.reference import LINKED, linked_id
from sandbox import invariants, payables
from sandbox.books import ENTRY, Allowed, Books, Ledger, totals
from sandbox.chaos_people import behind
from sandbox.chaos_run import NAME, Run

Json = dict[str, Any]

# Where people posted a journal while a write into it was unknown, F&O cannot say what became of it: it is held.
CANNOT_TELL = "LEDGER-CANNOT-TELL"
# Posted in the moment after the lines of a changed bill were taken out of the journal.
UNCLEAR = "REVERSAL-UNCLEAR"


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
        paired=payables.paired(run.expected),
        **operator.control("GET", "/ledger/invoices/books"),
    )
    told = count(books, run.expected, run.people.former)
    return {**told, **figures(run.kills, run.faults, run.recoveries)}


def count(books: Books, expected: Sequence[Json], former: Mapping[str, Sequence[Any]] | None = None) -> Json:
    """Pure: what stands, what does not, and what is wrong with it. `former`: amounts of bills before their change."""
    allowed = Allowed(unwatched=True, former=former or {})
    ledger = Ledger(books, allowed)
    rows = {str(row["record_id"]): row for row in books.rows or ()}
    lost = [told for one in expected if (told := _lost(one, rows, ledger))]
    lost += [f"{one} was changed in Brex and the ledger has not followed" for one in behind(books, [*(former or {})])]
    wrong = [
        str(one["accounting_record_id"])
        for one in books.reported
        if "success" in one and not _whole(ledger, str(one["accounting_record_id"]))
    ]
    doubled = [identity[0] for identity, lines in ledger.sets[ENTRY].items() if _twice(ledger, identity, lines)]
    doubled += [identity[0] for identity, found in ledger.invoices.items() if len(found) > 1]
    standing = {one["record_id"] for one in expected if _whole(ledger, one["record_id"])}
    codes = Counter(problem["code"] for row in rows.values() if row["stage"] == "held" for problem in row["problems"])
    broken = [*invariants.broken(books, allowed, settled=True), *lost]
    return {
        "records": len(expected),
        "written": len(standing),
        "forms": payables.by_form(expected, standing),
        "changed": len(former or {}),
        "receipts": len(books.documents),
        "held": sum(row["stage"] == "held" for row in rows.values()),
        "held_for": dict(sorted(codes.items())),
        "doubled": len(doubled),
        "lost": len(lost),
        "wrongly_exported": len(wrong),
        "unexplained_lines": len(ledger.strangers) + len(ledger.strange_invoices),
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


def _lost(one: Json, rows: Mapping[str, Json], ledger: Ledger) -> str:
    """How a record's end differs from the one it should come to; empty where it does not."""
    row = rows.get(one["record_id"])
    if row is None:
        return f"{one['record_id']} never arrived"
    codes = [problem["code"] for problem in row["problems"]]
    if one["end"] != "written":
        good = row["stage"] == one["end"] and codes == ([one["problem"]] if one["problem"] else [])
    elif row["stage"] == "held":
        good = _in_sight(row, ledger)
    elif row["stage"] == "written":
        good = _in_sight(rows.get(linked_id(one["record_id"])), ledger)
    else:
        good = row["stage"] == "acknowledged" and _whole(ledger, one["record_id"])
    expected = f"{one['end']} {one['problem'] or ''}".strip()
    return "" if good else f"{one['record_id']} ended as {row['stage']} {codes}, not {expected}"


def _in_sight(row: Json | None, ledger: Ledger) -> bool:
    """Held in sight of a person, for the one reason that nobody could have cleared up."""
    if row is None or row["stage"] != "held":
        return False
    codes = [problem["code"] for problem in row["problems"]]
    return codes == [CANNOT_TELL] or (row["record_id"] in ledger.allowed.former and codes == [UNCLEAR])


def _whole(ledger: Ledger, record_id: str) -> bool:
    """It stands, and so does its second entry where it needs one."""
    second = ledger.pairs().get(record_id) if record_id in ledger.books.paired else None
    return bool(ledger.standing(record_id)) and (second is None or bool(ledger.standing(second)))


def _twice(ledger: Ledger, identity: tuple[str, int], lines: Sequence[Json]) -> bool:
    """More debits than the record is worth: the lines of one entry stand there again, in part or whole."""
    most = dict(sorted(ledger.worth(identity[0].removesuffix(LINKED))))
    return any(debit > most.get(currency, 0) for currency, (debit, _) in totals(lines).items())
