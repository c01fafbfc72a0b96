"""Do webhooks still come? What the polls found alone says so."""

from dataclasses import dataclass
from datetime import datetime

from connector.store import sql
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Gap:
    """`records` were found by a poll and not announced since; the last announcement of any record came before."""

    records: int
    first_at: datetime
    announced_at: datetime


def gap(tx: Tx, connection_id: int, patience_seconds: float) -> Gap | None:
    """None where none is overdue, or where no webhook ever announced a record of this connection.

    Fact: Brex has a webhook for records that are ready for export, not for bills; a backfill takes in old ones.
    """
    found = sql.row(
        tx,
        "SELECT count(*) AS records, min(r.created_at) AS first_at, min(last.at) AS announced_at FROM records r, "
        "(SELECT max(announced_at) AS at FROM records WHERE connection_id = :id AND announced_at IS NOT NULL) last "
        "WHERE r.connection_id = :id AND r.announced_at IS NULL AND r.created_at > last.at "
        "AND r.created_at <= now() - :patience * interval '1 second' AND r.source_type NOT IN ('BILL', 'TRANSACTION') "
        "AND EXISTS (SELECT FROM events e WHERE e.record_pk = r.id AND e.seq = 1 AND e.data->>'source' = 'poll')",
        {"id": connection_id, "patience": patience_seconds},
    )
    if found is None or found.records == 0:
        return None
    return Gap(found.records, found.first_at, found.announced_at)
