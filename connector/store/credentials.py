"""Stored credentials: which there are, and all of them under a new key."""

from connector.store import sql
from connector.store.engine import Tx
from connector.vault import Sealed, Vault


def kinds(tx: Tx, connection_id: int) -> set[str]:
    """Which secrets a connection has, such as `brex.token`; none of them is read."""
    found = sql.rows(tx, "SELECT kind FROM credentials WHERE connection_id = :id", {"id": connection_id})
    return {row.kind for row in found}


def reseal(tx: Tx, vault: Vault) -> int:
    """Encrypt anew, with the vault's first key, every credential that another key encrypted; returns how many.

    Raises `vault.VaultError` where one cannot be read; roll back then, so that nothing is half done.
    """
    found = sql.rows(
        tx,
        "SELECT connection_id, kind, ciphertext, key_id FROM credentials WHERE key_id <> :key "
        "ORDER BY connection_id, kind FOR UPDATE",
        {"key": vault.key_id},
    )
    for row in found:
        sealed = vault.seal(vault.open(Sealed(bytes(row.ciphertext), row.key_id)))
        sql.run(
            tx,
            "UPDATE credentials SET ciphertext = :ciphertext, key_id = :key, updated_at = now() "
            "WHERE connection_id = :id AND kind = :kind",
            {
                "ciphertext": sealed.ciphertext,
                "key": sealed.key_id,
                "id": row.connection_id,
                "kind": row.kind,
            },
        )
    return len(found)
