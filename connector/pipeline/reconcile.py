"""Reading the ledger, not our tables: is all that we call written there once, whole and unchanged, and no more?"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connector.d365 import odata
from connector.d365.wire import LINE_FIELDS
from connector.domain.reference import PATTERN
from connector.domain.stages import Stage
from connector.pipeline import confirm, outcome
from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection

_WRITTEN = frozenset({Stage.WRITTEN, Stage.ACKNOWLEDGED})
# Lines may stand some days off the planned date, where F&O or a person moved them to an open period.
_MARGIN = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str  # missing, doubled, altered, orphan
    record_id: str
    reference: str
    sentence: str


@dataclass(slots=True)
class Result:
    """Totals are debits in major units, by (legal entity, currency)."""

    records: int = 0
    by_stage: dict[str, int] = field(default_factory=dict)
    planned: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    ledger: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    findings: list[Finding] = field(default_factory=list)

    @property
    def differences(self) -> dict[tuple[str, str], Decimal]:
        keys = sorted({*self.planned, *self.ledger})
        return {key: self.ledger[key] - self.planned[key] for key in keys}

    @property
    def difference(self) -> Decimal:
        """Sum of the absolute differences; zero where both sides agree."""
        return sum((abs(value) for value in self.differences.values()), Decimal(0))

    @property
    def clean(self) -> bool:
        return self.difference == 0 and not self.findings


def run(runtime: Runtime, connection: Connection, first: date, last: date) -> Result:
    """Compare for posting dates from `first` to `last`. Raises the F&O client's errors; changes nothing."""
    with runtime.database.begin() as tx:
        rows = views.in_period(tx, connection.id, first, last)
    companies = {row["legal_entity"] for row in rows if row["legal_entity"]}
    companies |= {connection.settings["posting"]["legal_entity"]}
    client = runtime.clients(connection).d365
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with runtime.calling(connection, "d365"):
        for company in sorted(companies):
            for line in client.rows("LedgerJournalLines", filter=_ours(company, first, last), select=LINE_FIELDS):
                if PATTERN.fullmatch(str(line.get("Document", ""))):
                    lines[str(line["Document"])].append(line)
    with runtime.database.begin() as tx:
        ours = views.by_references(tx, connection.id, sorted(lines))
    return compare(rows, lines, ours, first, last, outcome.delimiter(runtime, connection))


def _ours(company: str, first: date, last: date) -> str:
    """Bounded by company and date: an unbounded wildcard search was seen to take F&O most of a minute."""
    return (
        f"{odata.equals('dataAreaId', company)} and Document eq 'BX*' "
        f"and TransDate ge {first - _MARGIN}T00:00:00Z and TransDate le {last + _MARGIN}T23:59:59Z"
    )


def compare(
    rows: Sequence[dict[str, Any]],
    lines: dict[str, list[dict[str, Any]]],
    ours: dict[str, str],
    first: date,
    last: date,
    delimiter: str,
) -> Result:
    """Pure. `rows` are our records of the period, `lines` F&O's by reference, `ours` all references we know."""
    result = Result(records=len(rows))
    in_period = {row["reference"] for row in rows}
    for row in rows:
        result.by_stage[row["stage"]] = result.by_stage.get(row["stage"], 0) + 1
        found = lines.get(row["reference"], [])
        key = (row["legal_entity"], row["currency"])
        if row["stage"] in _WRITTEN:
            result.planned[key] += row["amount"]
            _check_written(row, found, delimiter, result)
        elif found and row["outcome"] is None:
            result.findings.append(
                _finding("orphan", row, f"F&O has lines for this record, which is {row['stage']} here")
            )
        elif found and row["stage"] != Stage.REVERSED:
            result.planned[key] += row["amount"] if row["outcome"] == "written" else total(found)
        result.ledger[key] += total(found)
    _strangers(lines, ours, in_period, first, last, result)
    return result


def _check_written(row: dict[str, Any], found: list[dict[str, Any]], delimiter: str, result: Result) -> None:
    intent = row["intent"] or []
    count = len(intent) if row["purged_at"] is None else row["lines"]
    if not found:
        result.findings.append(_finding("missing", row, "F&O has no line with its reference"))
    elif len(found) > count:
        places = ", ".join(sorted({str(line.get("JournalBatchNumber")) for line in found}))
        result.findings.append(
            _finding("doubled", row, f"F&O has {len(found)} lines, not {count}, in journal(s) {places}")
        )
    elif row["purged_at"] is not None:  # what was sent is no longer kept: by number of lines and amount only
        if (len(found), total(found)) != (count, row["amount"]):
            told = f"F&O has {len(found)} lines over {total(found)}, not {count} over {row['amount']}"
            result.findings.append(_finding("altered", row, told))
    else:
        verdict = confirm.judge(intent, found, delimiter)
        if verdict.outcome != "written" or verdict.differences:
            told = "; ".join(verdict.differences) or verdict.message
            result.findings.append(_finding("altered", row, told))


def _strangers(
    lines: dict[str, list[dict[str, Any]]], ours: dict[str, str], in_period: set[str], first: date, last: date,
    result: Result,
) -> None:  # fmt: skip
    """Lines that look like ours and belong to no record of this connection, within the period."""
    for reference, found in sorted(lines.items()):
        if reference in in_period or reference in ours:
            continue
        days = [str(line.get("TransDate", ""))[:10] for line in found]
        if any(first.isoformat() <= day <= last.isoformat() for day in days):
            sentence = f"F&O has {len(found)} line(s) with this reference, and no record here explains them"
            result.findings.append(Finding("orphan", "", reference, sentence))


def total(lines: Sequence[dict[str, Any]]) -> Decimal:
    """Total debit of F&O lines: a line with an offset is a debit on one of its sides either way."""
    return sum(
        (
            Decimal(line["DebitAmount"])
            + (Decimal(line["CreditAmount"]) if line.get("OffsetAccountDisplayValue") else Decimal(0))
            for line in lines
        ),
        Decimal(0),
    )


def _finding(kind: str, row: dict[str, Any], sentence: str) -> Finding:
    return Finding(kind, row["record_id"], row["reference"], sentence)
