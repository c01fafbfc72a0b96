"""Vouchers, and the references of ours in them: F&O numbers one for each entry, where all goes well."""

from collections.abc import Sequence

from connector.store import sql
from connector.store.engine import Tx
from connector.store.writes import STANDING


def of_journal(tx: Tx, journal_id: int) -> dict[str, str]:
    """Vouchers of the entries already in a journal: voucher → reference."""
    found = sql.rows(
        tx,
        f"SELECT reference, ledger->>'voucher' AS voucher FROM writes WHERE journal_id = :id AND {STANDING} "
        "AND coalesce(ledger->>'voucher', '') <> ''",
        {"id": journal_id},
    )
    return {row.voucher: row.reference for row in found}


def holders(tx: Tx, connection_id: int, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Written entries in these vouchers: (company/journal/voucher in lower case, reference)."""
    found = sql.rows(
        tx,
        "SELECT held.key, w.reference FROM journals j JOIN writes w ON w.journal_id = j.id CROSS JOIN LATERAL (SELECT "
        "lower(concat_ws('/', w.ledger->>'data_area', w.ledger->>'journal', w.ledger->>'voucher')) AS key) held "
        "WHERE j.connection_id = :id AND EXISTS (SELECT FROM unnest(CAST(:keys AS text[])) wanted WHERE "
        "starts_with(wanted, lower(concat_ws('/', j.legal_entity, j.number, '')))) "
        f"AND w.{STANDING} AND held.key = ANY(CAST(:keys AS text[]))",
        {"id": connection_id, "keys": list(keys)},
    )
    return [(row.key, row.reference) for row in found]
