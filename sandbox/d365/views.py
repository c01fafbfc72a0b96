"""Entity sets that are read from other sets."""

from typing import Any

from sandbox.d365.schema import NO_TIME, SETS
from sandbox.d365.tables import Row, Tables, key_of


def rows(tables: Tables, name: str) -> list[Row]:
    """Every row of a set, whether stored or derived."""
    return _journal_tables(tables) if name == "LedgerJournalTableBiEntities" else tables.rows(name)


def get(tables: Tables, name: str, key: dict[str, Any]) -> Row | None:
    """One row of a set, whether stored or derived."""
    if name != "LedgerJournalTableBiEntities":
        return tables.get(name, **key)
    wanted = key_of(SETS[name], key)
    return next((row for row in _journal_tables(tables) if row.key == wanted), None)


def _journal_tables(tables: Tables) -> list[Row]:
    """Fact: Posted, PostedDateTime, NumOfLines, InUseBy, WorkflowApprovalStatus … (metadata)."""
    lines: dict[tuple[str, str], int] = {}
    for line in tables.rows("LedgerJournalLines"):
        journal = (line.values["dataAreaId"], line.values["JournalBatchNumber"])
        lines[journal] = lines.get(journal, 0) + 1
    return [_journal_table(header, lines) for header in tables.rows("LedgerJournalHeaders")]


def _journal_table(header: Row, lines: dict[tuple[str, str], int]) -> Row:
    own, hidden = header.values, header.hidden
    values = {
        "dataAreaId": own["dataAreaId"],
        "SysDataAreaId": own["dataAreaId"],
        "JournalNum": own["JournalBatchNumber"],
        "JournalName": own["JournalName"],
        "Name": own["Description"],
        "IntegrationKey": own["IntegrationKey"],
        "CurrentOperationsTax": own["PostingLayer"],
        "Posted": own["IsPosted"],
        "PostedDateTime": hidden["posted_at"] or NO_TIME,
        "JournalTotalDebit": own["JournalTotalDebit"],
        "JournalTotalCredit": own["JournalTotalCredit"],
        "JournalBalance": own["JournalTotalDebit"] - own["JournalTotalCredit"],
        "CurrencyCode": own["AccountingCurrency"],
        "NumOfLines": lines.get((own["dataAreaId"], own["JournalBatchNumber"]), 0),
        "InUseBy": hidden["in_use_by"],
        "SystemBlocked": "Yes" if hidden["in_use_by"] else "No",
        "WorkflowApprovalStatus": hidden["workflow"],
        "ParentJournalNum": hidden["parent"],
        "OriginalJournalNum": hidden["parent"],
        "SysRecVersion": header.version,
        "SourceKey": header.record_id,
    }
    name = "LedgerJournalTableBiEntities"
    return Row(name, header.record_id, header.version, {**SETS[name].defaults, **values})
