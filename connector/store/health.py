"""What `connector doctor` asks of the database: its clock and version, keys in use, and what is stuck."""

from dataclasses import dataclass
from typing import Any

from connector.store import sql
from connector.store.engine import Tx
from connector.vault import Sealed, Vault, VaultError

# A batch whose worker lives is declared uncertain soon after its deadline; one that nobody declares is stuck.
OVERDUE = "10 minutes"
LONG_UNCERTAIN = "1 day"


def version(tx: Tx) -> tuple[str, int]:
    """PostgreSQL's version in words, and its major version."""
    text = str(sql.value(tx, "SHOW server_version"))
    return text, int(sql.value(tx, "SELECT CAST(current_setting('server_version_num') AS integer)")) // 10_000


def epoch(tx: Tx) -> Any:
    """The database's clock: seconds since 1970, as a Decimal."""
    return sql.value(tx, "SELECT extract(epoch FROM clock_timestamp())")


@dataclass(frozen=True, slots=True)
class Keys:
    """`used`: key → how many credentials it encrypted. `unreadable`: (connection, kind) no key of ours opens."""

    used: dict[str, int]
    unreadable: list[tuple[str, str]]


def keys(tx: Tx, vault: Vault) -> Keys:
    found = sql.rows(
        tx,
        "SELECT c.name, k.kind, k.ciphertext, k.key_id FROM credentials k JOIN connections c ON c.id = k.connection_id "
        "WHERE c.removed_at IS NULL ORDER BY c.name, k.kind",
    )
    used: dict[str, int] = {}
    unreadable = []
    for row in found:
        used[row.key_id] = used.get(row.key_id, 0) + 1
        try:
            vault.open(Sealed(bytes(row.ciphertext), row.key_id))
        except VaultError:
            unreadable.append((row.name, row.kind))
    return Keys(used, unreadable)


@dataclass(frozen=True, slots=True)
class Stuck:
    """Of one connection: writes long uncertain, batches sending past their deadline, and the oldest record waiting."""

    uncertain: int
    overdue: int
    oldest_seconds: int | None


def stuck(tx: Tx, connection_id: int) -> Stuck:
    uncertain = sql.value(
        tx,
        "SELECT count(*) FROM writes w LEFT JOIN batches b ON b.id = w.batch_id WHERE w.connection_id = :id "
        "AND w.outcome = 'uncertain' AND w.next_look_at IS NOT NULL "
        f"AND coalesce(b.started_at, w.created_at) < now() - interval '{LONG_UNCERTAIN}'",
        {"id": connection_id},
    )
    overdue = sql.value(
        tx,
        "SELECT count(*) FROM batches WHERE connection_id = :id AND status = 'sending' "
        f"AND deadline < now() - interval '{OVERDUE}'",
        {"id": connection_id},
    )
    oldest = sql.value(
        tx,
        "SELECT CAST(extract(epoch FROM now() - min(created_at)) AS bigint) FROM records WHERE connection_id = :id "
        "AND stage IN ('received', 'fetched', 'mapped', 'writing') "
        "AND (stage <> 'received' OR problems = '[]')",  # with a reason it waits in sight
        {"id": connection_id},
    )
    return Stuck(int(uncertain), int(overdue), None if oldest is None else int(oldest))
