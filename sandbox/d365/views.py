"""Entity sets that are read from other sets: several of F&O's look at the same tables under names of their own."""

from collections.abc import Iterable
from typing import Any, Final

from sandbox.d365 import attachments, forms, settlement
from sandbox.d365.environment import Environment
from sandbox.d365.schema import NO_TIME, SETS
from sandbox.d365.tables import INDEXED, Row, Tables, key_of

_COMPUTED: Final = ("LedgerJournalTableBiEntities", settlement.SETTLED, attachments.SET)
_JOURNAL_TABLES: Final = "LedgerJournalTableBiEntities"
_VENDORS: Final = "VendorsV3"
_STORED_VENDORS: Final = "VendorsV2"


def rows(environment: Environment, name: str) -> list[Row]:
    """Every row of a set, whether stored or derived."""
    tables = environment.tables
    if name == _JOURNAL_TABLES:
        return _journal_tables(tables)
    if name == settlement.SETTLED:
        return list(settlement.marks(environment))
    if name == attachments.SET:
        return attachments.rows(environment)
    return _own(environment, name, tables.rows(stored_in(name)))


def found(environment: Environment, name: str, pairs: Iterable[tuple[str, Any]]) -> list[Row]:
    """Rows with at least one of the (indexed property, value) pairs."""
    form = forms.OF_LINES.get(name)
    common = [(form.common(prop) if form else prop, value) for prop, value in pairs]
    return _own(environment, name, environment.tables.found(stored_in(name), common))


def indexed(name: str) -> frozenset[str]:
    form, columns = forms.OF_LINES.get(name), INDEXED.get(stored_in(name), ())
    own = {form.own(column) if form else column for column in columns}
    return frozenset(own & SETS[name].properties.keys())


def get(environment: Environment, name: str, key: dict[str, Any]) -> Row | None:
    """One row of a set, whether stored or derived."""
    if name in _COMPUTED:
        wanted = key_of(SETS[name], key)
        return next((row for row in rows(environment, name) if row.key == wanted), None)
    row = environment.tables.get(stored_in(name), **key)
    return next(iter(_own(environment, name, [row] if row else [])), None)


def shown(row: Row, name: str) -> Row:
    """A stored row as a set shows it. Fact: VendorsV3 has a part of the properties of VendorsV2 (metadata)."""
    if name == row.set:
        return row
    if name != _VENDORS:
        return forms.shown(row, name)
    values = {prop: row.values[prop] for prop in SETS[name].properties}
    return Row(name, row.record_id, row.version, values, row.hidden)


def stored_in(name: str) -> str:
    """The set under which the rows of a set are kept; keys are the same in both."""
    if name in forms.OF_HEADERS:
        return forms.HEADERS
    if name in forms.OF_LINES:
        return forms.LINES
    return _STORED_VENDORS if name == _VENDORS else name


def _own(environment: Environment, name: str, stored: list[Row]) -> list[Row]:
    """Those of the stored rows that belong to a set, as it shows them."""
    if name == _VENDORS:
        return [shown(row, name) for row in stored]
    form = forms.OF_HEADERS.get(name) or forms.OF_LINES.get(name)
    if form is None or (form is forms.GENERAL and environment.switches.general_shows_all):
        return stored
    return [shown(row, name) for row in stored if forms.of(row) is form]


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
        "JournalType": forms.of(header).type,
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
    return Row(_JOURNAL_TABLES, header.record_id, header.version, {**SETS[_JOURNAL_TABLES].defaults, **values})
