"""F&O: token, environment, and for each legal entity its journal name; then the format of account strings."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from connector.d365 import odata
from connector.d365.auth import TokenSource
from connector.d365.client import D365Client
from connector.d365.errors import D365Error, Throttled, Unauthorized, Unavailable
from connector.pipeline import refresh
from connector.pipeline.ping.rung import NEW_FILE, Rung, State, skipped
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection

SIDE: Final = "F&O"
Rows = list[dict[str, Any]]


def climb(runtime: Runtime, connection: Connection, secret: str) -> Iterator[Rung]:
    settings, posting = connection.settings["d365"], connection.settings["posting"]
    tokens = TokenSource(
        runtime.outbound,
        authority=settings["authority"],
        tenant_id=settings["tenant_id"],
        client_id=settings["client_id"],
        client_secret=secret,
        host=settings["host"],
    )
    rest = ["environment", "legal entity", "journal name", "ledger format"]
    try:
        tokens.token()
    except D365Error as error:
        silent = isinstance(error, Unavailable)
        fix = "look at the network, or at d365.authority" if silent else f"see to it in Entra ID, or {NEW_FILE}"
        yield Rung(SIDE, "token", State.FAILED, str(error), fix)
        yield from (skipped(SIDE, rung) for rung in rest)
        return
    yield Rung(SIDE, "token", State.OK, f"Entra ID gives one for {settings['host']}")
    client = D365Client(runtime.outbound, tokens, settings["host"])
    entities = _read(client, "LegalEntities", select=("LegalEntityId", "Name"))
    if isinstance(entities, (Unavailable, Unauthorized, Throttled)):
        yield Rung(SIDE, "environment", State.FAILED, str(entities), "look at d365.host and at the environment")
        yield from (skipped(SIDE, rung) for rung in rest[1:])
        return
    yield Rung(SIDE, "environment", State.OK, f"{settings['host']} takes the token")
    names = {entity: own.get("journal_name") for entity, own in posting["entities"].items()}
    for entity in dict.fromkeys([posting["legal_entity"], *names]):
        found = _legal_entity(client, entity, entities)
        yield found
        if found.state is State.FAILED:
            yield skipped(SIDE, "journal name")
        else:
            yield from _journal_name(client, entity, names.get(entity) or posting["journal_name"])
    yield _ledger_format(client)


def _read(client: D365Client, entity_set: str, **options: Any) -> Rows | Exception:
    """ValueError: the value cannot be asked for at all (a `*` in it)."""
    try:
        return list(client.rows(entity_set, **options))
    except (D365Error, ValueError) as error:
        return error


def _legal_entity(client: D365Client, entity: str, entities: Rows | Exception) -> Rung:
    rows = _keyed(entities, "LegalEntityId")
    if rows is None:  # the set may be closed to the integration's user, or missing: there is a second one
        rows = _keyed(_read(client, "Companies", select=("DataArea", "Name")), "DataArea")
    if rows is None:
        return Rung(SIDE, "legal entity", State.WARNING, f"whether {entity} exists could not be read")
    if entity not in rows:
        fix = f"correct posting.legal_entity: {NEW_FILE}"
        return Rung(SIDE, "legal entity", State.FAILED, f"{entity} does not exist", fix)
    return Rung(SIDE, "legal entity", State.OK, f"{entity}: {rows[entity]}")


def _keyed(rows: Rows | Exception, key: str) -> dict[str, str] | None:
    if isinstance(rows, Exception):
        return None
    return {str(row.get(key)).lower(): str(row.get("Name") or "") for row in rows}


# What a journal name may be set to that spoils entries: property, what it should be, what is wrong, what to do.
_SPOILERS: Sequence[tuple[str, str, str, str]] = (
    ("Type", "Daily", "is of type {value}, not Daily", "use a journal name of type Daily"),
    (
        "NewVoucher",
        "BalanceSheet",
        "starts new vouchers by the rule {value}, so entries may share or split one",
        "set New voucher to In connection with balance",
    ),
    ("DetailLevel", "Detail", "posts in summary, which loses our reference", "set Detail level to Details"),
    (
        "DeleteLinesAfterPosting",
        "No",
        "deletes its lines after posting, so nobody can look for an entry later",
        "switch Delete lines after posting off",
    ),
    ("OffsetAccountDisplayValue", "", "has the offset account {value} by default", "clear its offset account"),
)


def _journal_name(client: D365Client, entity: str, name: str) -> Iterator[Rung]:
    try:
        where = f"{odata.equals('dataAreaId', entity)} and {odata.equals('Name', name)}"
        rows: Rows | Exception = _read(client, "JournalNames", filter=where)
    except ValueError as error:
        rows = error
    told = f"{name} in {entity}"
    if isinstance(rows, Exception):
        yield Rung(SIDE, "journal name", State.WARNING, f"{told} could not be read: {rows}")
    elif not rows:
        fix = "create it under General ledger > Journal setup > Journal names, or correct posting.journal_name"
        yield Rung(SIDE, "journal name", State.FAILED, f"{told} does not exist", fix)
    else:
        spoilt = [
            Rung(SIDE, "journal name", State.WARNING, f"{told} {wrong.format(value=rows[0][key])}", fix)
            for key, good, wrong, fix in _SPOILERS
            if str(good if rows[0].get(key) is None else rows[0][key]) != good
        ]
        yield from spoilt or [Rung(SIDE, "journal name", State.OK, f"{told}: {rows[0].get('Description') or name}")]


def _ledger_format(client: D365Client) -> Rung:
    sets = {name: _read(client, name) for name in ("DimensionParameters", "DimensionIntegrationFormats")}
    formats = sets["DimensionIntegrationFormats"]
    if isinstance(formats, Exception):
        return Rung(SIDE, "ledger format", State.WARNING, f"it could not be read: {formats}")
    master = refresh.build({name: rows for name, rows in sets.items() if not isinstance(rows, Exception)})
    if master.ledger_format is None:
        fix = (
            "activate a ledger dimension format under General ledger > Chart of accounts > Dimensions > "
            "Financial dimension configuration for integrating applications"
        )
        return Rung(SIDE, "ledger format", State.FAILED, "none is active, so no account string can be built", fix)
    return Rung(SIDE, "ledger format", State.OK, master.delimiter.join(master.ledger_format))
