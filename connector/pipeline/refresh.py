"""Master data: read from F&O, kept as rows, and turned into what mapping needs."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import structlog

from connector.d365.errors import D365Error, NotSent, Throttled, Unauthorized
from connector.domain.master import (
    DELIMITERS,
    MAIN_ACCOUNT,
    DimensionValue,
    Ledger,
    MainAccount,
    MasterData,
    Structure,
)
from connector.pipeline.runtime import Runtime
from connector.store import connections, rules
from connector.store.connections import Connection

log = structlog.get_logger()
Rows = list[dict[str, Any]]
_FATAL = (NotSent, Throttled, Unauthorized)

EVERY_SECONDS = 86_400.0
SEGMENTS = tuple(f"SegmentName{number:02}" for number in range(1, 12))
CRITERIA = tuple(f"SegmentCriteria{number:02}" for number in range(1, 12))
LEDGER_STRUCTURES = tuple(f"AccountStructureName{number}" for number in range(1, 21))

# Entity set → the columns we use (F&O entities metadata).
SETS: dict[str, tuple[str, ...]] = {
    "DimensionParameters": ("Key", "DimensionSegmentDelimiter"),
    "DimensionIntegrationFormats": (
        "DimensionFormatName", "DimensionFormatType", "FinancialDimensionFormat", "IsActive",
    ),
    "Ledgers": ("LegalEntityId", "ChartOfAccounts", "AccountingCurrency", *LEDGER_STRUCTURES),
    "AccountStructures": ("AccountStructureName", "Status", *SEGMENTS),
    "AccountStructureConstraints": ("AccountStructure", "Status", "Position", *CRITERIA),
    "MainAccounts": (
        "ChartOfAccounts", "MainAccountId", "Name", "IsSuspended", "DoNotAllowManualEntry", "ActiveFrom", "ActiveTo",
    ),
    "FinancialDimensionValues": (
        "FinancialDimension", "LegalEntityId", "DimensionValue", "IsSuspended", "IsBlockedForManualEntry",
        "ActiveFrom", "ActiveTo",
    ),
}  # fmt: skip


def due(runtime: Runtime, connection: Connection) -> bool:
    """Take today's turn of reading master data; the first to come has it."""
    with runtime.database.begin() as tx:
        return connections.claim_refresh(tx, connection.id, EVERY_SECONDS)


def run(runtime: Runtime, connection: Connection) -> dict[str, int]:
    """Read every set; returns how many rows each has. A set that F&O refuses is unknown, which is not empty."""
    client = runtime.clients(connection).d365
    sets: dict[str, Rows] = {}
    for name, columns in SETS.items():
        with runtime.calling(connection, "d365"):
            try:
                found = [{column: row.get(column) for column in columns} for row in client.rows(name)]
            except D365Error as error:
                if isinstance(error, _FATAL):
                    raise
                log.warning("master data not read", connection=connection.name, entity_set=name, reason=str(error))
                continue
        sets[name] = sorted(found, key=lambda row: [str(value) for value in row.values()])
    with runtime.database.begin() as tx:
        changed = rules.store_master(tx, connection.id, sets)
    log.info("master data read", connection=connection.name, changed=changed)
    return {name: len(rows) for name, rows in sets.items()}


def build(sets: dict[str, Rows]) -> MasterData:
    """Pure: rows as F&O gave them become what mapping needs. What was not read is unknown."""
    delimiter = _delimiter(sets.get("DimensionParameters", []))
    formats = sets.get("DimensionIntegrationFormats", [])
    return MasterData(
        delimiter=delimiter,
        ledger_format=_format(formats, "Ledger", delimiter),
        default_format=_format(formats, "Default", delimiter),
        ledgers=_ledgers(sets),
        accounts=_accounts(sets.get("MainAccounts")),
        values=_values(sets.get("FinancialDimensionValues")),
    )


def _delimiter(rows: Rows) -> str:
    return DELIMITERS.get(str(rows[0].get("DimensionSegmentDelimiter")), "-") if rows else "-"


def _format(rows: Rows, kind: str, delimiter: str) -> tuple[str, ...] | None:
    """The active format of this kind: `DataEntityLedgerDimensionFormat` or `DataEntityDefaultDimensionFormat`."""
    for row in rows:
        if _yes(row.get("IsActive")) and row.get("DimensionFormatType") == f"DataEntity{kind}DimensionFormat":
            segments = str(row.get("FinancialDimensionFormat") or "").split(delimiter)
            return tuple(segment.strip() for segment in segments if segment.strip())
    return None


def _ledgers(sets: dict[str, Rows]) -> dict[str, Ledger] | None:
    if "Ledgers" not in sets:
        return None
    structures = _structures(sets.get("AccountStructures", []), sets.get("AccountStructureConstraints", []))
    ledgers = {}
    for row in sets["Ledgers"]:
        entity = str(row.get("LegalEntityId") or "").lower()
        names = [str(row.get(name) or "") for name in LEDGER_STRUCTURES]
        ledgers[entity] = Ledger(
            legal_entity=entity,
            chart=str(row.get("ChartOfAccounts") or ""),
            currency=str(row.get("AccountingCurrency") or ""),
            structures=tuple(structures[name] for name in names if name in structures),
        )
    return ledgers


def _structures(structures: Rows, constraints: Rows) -> dict[str, Structure]:
    """Only rows with Status Active count; a constraint's criteria stand at the segment's position."""
    found = {}
    for row in structures:
        if str(row.get("Status")) != "Active":
            continue
        name = str(row.get("AccountStructureName"))
        segments = tuple(str(row[key]) for key in SEGMENTS if row.get(key))
        place = next((n for n, segment in enumerate(segments) if segment.lower() == MAIN_ACCOUNT.lower()), None)
        criteria = () if place is None else tuple(
            str(one.get(CRITERIA[place]) or "")
            for one in constraints
            if one.get("AccountStructure") == name and str(one.get("Status")) == "Active"
        )  # fmt: skip
        found[name] = Structure(name, segments, criteria)
    return found


def _accounts(rows: Rows | None) -> dict[str, dict[str, MainAccount]] | None:
    if rows is None:
        return None
    charts: dict[str, dict[str, MainAccount]] = {}
    for row in rows:
        account = MainAccount(
            id=str(row["MainAccountId"]),
            name=str(row.get("Name") or ""),
            suspended=_yes(row.get("IsSuspended")),
            manual_entry=not _yes(row.get("DoNotAllowManualEntry")),
            active_from=_day(row.get("ActiveFrom")),
            active_to=_day(row.get("ActiveTo")),
        )
        charts.setdefault(str(row.get("ChartOfAccounts") or ""), {})[account.id] = account
    return charts


def _values(rows: Iterable[dict[str, Any]] | None) -> dict[str, dict[str, DimensionValue]]:
    values: dict[str, dict[str, DimensionValue]] = {}
    for row in rows or ():
        value = DimensionValue(
            value=str(row["DimensionValue"]),
            suspended=_yes(row.get("IsSuspended")),
            blocked=_yes(row.get("IsBlockedForManualEntry")),
            active_from=_day(row.get("ActiveFrom")),
            active_to=_day(row.get("ActiveTo")),
        )
        values.setdefault(str(row["FinancialDimension"]), {})[value.value] = value
    return values


def _yes(value: Any) -> bool:
    return str(value) == "Yes"


def _day(value: Any) -> date | None:
    """F&O's empty date is 1900-01-01; its "for ever" is 2154-12-31."""
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return None if day.year <= 1900 or day.year >= 2154 else day
