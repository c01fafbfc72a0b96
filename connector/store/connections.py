"""Connections and their credentials. Every other query in this room is scoped by a connection's id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.domain import connection as files
from connector.store import sql
from connector.store.engine import Tx
from connector.vault import Sealed, Vault, VaultError

# Longer than any task may run (celeryconfig's task_time_limit).
POLL_LEASE_SECONDS = 330.0


@dataclass(frozen=True, slots=True)
class Connection:
    id: int
    name: str
    settings: dict[str, Any]  # the connection file without secrets
    rules_version: int
    approved_types: frozenset[str]
    state: str
    state_reason: str
    company_id: str
    polled_at: datetime | None
    refreshed_at: datetime | None
    recovered_at: datetime | None  # when the ledger was last read as a whole; nothing is posted before

    @property
    def active(self) -> bool:
        return self.state == "active"


_COLUMNS = (
    "id, name, settings, rules_version, approved_types, state, state_reason, company_id, polled_at, refreshed_at, "
    "recovered_at"
)


class NameTaken(Exception):
    pass


def _one(found: Any) -> Connection | None:
    if found is None:
        return None
    data = dict(found._mapping)
    return Connection(**{**data, "approved_types": frozenset(data["approved_types"])})


def by_name(tx: Tx, name: str) -> Connection | None:
    return _one(sql.row(tx, f"SELECT {_COLUMNS} FROM connections WHERE name = :name AND removed_at IS NULL",
                        {"name": name}))  # fmt: skip


def by_id(tx: Tx, connection_id: int) -> Connection | None:
    return _one(sql.row(tx, f"SELECT {_COLUMNS} FROM connections WHERE id = :id AND removed_at IS NULL",
                        {"id": connection_id}))  # fmt: skip


def everyone(tx: Tx) -> list[Connection]:
    found = sql.rows(tx, f"SELECT {_COLUMNS} FROM connections WHERE removed_at IS NULL ORDER BY name")
    return [one for one in map(_one, found) if one is not None]


def add(tx: Tx, vault: Vault, file: files.ConnectionFile) -> int:
    """Store a validated connection file, its secrets encrypted. Raises `NameTaken`."""
    found = sql.value(
        tx,
        "INSERT INTO connections (name, settings) VALUES (:name, CAST(:settings AS jsonb)) "
        "ON CONFLICT (name) WHERE removed_at IS NULL DO NOTHING RETURNING id",
        {"name": file.name, "settings": sql.one(files.without_secrets(file))},
    )
    if found is None:
        raise NameTaken(file.name)
    connection_id = int(found)
    _store_secrets(tx, vault, connection_id, file)
    sql.run(
        tx,
        "INSERT INTO pacing (connection_id, side) VALUES (:id, 'brex'), (:id, 'd365')",
        {"id": connection_id},
    )
    return connection_id


def replace(tx: Tx, vault: Vault, connection_id: int, file: files.ConnectionFile) -> None:
    """Store a changed connection file; everything planned by the old one is planned again."""
    sql.run(
        tx,
        "UPDATE connections SET settings = CAST(:settings AS jsonb), rules_version = rules_version + 1, "
        "recovered_at = NULL WHERE id = :id",
        {"id": connection_id, "settings": sql.one(files.without_secrets(file))},
    )
    # Only the webhook secret may be missing from a file: `webhooks register` may have stored it. Empty: forget it.
    if file.brex.webhook_secret is not None and not file.brex.webhook_secret.get_secret_value():
        sql.run(tx, "DELETE FROM credentials WHERE connection_id = :id AND kind = 'brex.webhook_secret'",
                {"id": connection_id})  # fmt: skip
    if file.brex.transfers_token is None or not file.brex.transfers_token.get_secret_value():
        sql.run(tx, "DELETE FROM credentials WHERE connection_id = :id AND kind = 'brex.transfers_token'",
                {"id": connection_id})  # fmt: skip
    _store_secrets(tx, vault, connection_id, file)


def _store_secrets(tx: Tx, vault: Vault, connection_id: int, file: files.ConnectionFile) -> None:
    stored = _readable(tx, vault, connection_id)
    for side, key in files.SECRETS:
        secret = getattr(getattr(file, side), key)
        # One that stays the same keeps its age and its end.
        if secret is not None and secret.get_secret_value() not in ("", stored.get(f"{side}.{key}")):
            put_secret(tx, vault, connection_id, f"{side}.{key}", secret.get_secret_value())


def _readable(tx: Tx, vault: Vault, connection_id: int) -> dict[str, str]:
    try:
        return secrets(tx, vault, connection_id)
    except VaultError:  # sealed with a key that is gone: the new file is what mends that
        return {}


def put_secret(tx: Tx, vault: Vault, connection_id: int, kind: str, secret: str) -> None:
    sealed = vault.seal(secret)
    sql.run(
        tx,
        "INSERT INTO credentials (connection_id, kind, ciphertext, key_id) VALUES (:id, :kind, :ciphertext, :key_id) "
        "ON CONFLICT (connection_id, kind) DO UPDATE SET ciphertext = excluded.ciphertext, "
        "key_id = excluded.key_id, updated_at = now(), used_at = NULL, checked_at = NULL, expires_on = NULL, "
        "warned = NULL",
        {"id": connection_id, "kind": kind, "ciphertext": sealed.ciphertext, "key_id": sealed.key_id},
    )


def secrets(tx: Tx, vault: Vault, connection_id: int) -> dict[str, str]:
    """The connection's secrets in the clear, by kind. Raises `vault.VaultError`."""
    found = sql.rows(
        tx,
        "SELECT kind, ciphertext, key_id FROM credentials WHERE connection_id = :id",
        {"id": connection_id},
    )
    return {row.kind: vault.open(Sealed(bytes(row.ciphertext), row.key_id)) for row in found}


def credentials_version(tx: Tx, connection_id: int) -> str:
    """Changes whenever a secret or a setting does; clients are kept for as long as it stays the same."""
    return str(
        sql.value(
            tx,
            "SELECT concat(c.rules_version, ':', (SELECT max(updated_at) FROM credentials WHERE connection_id = c.id)) "
            "FROM connections c WHERE c.id = :id",
            {"id": connection_id},
        )
    )


def pause(tx: Tx, connection_id: int, reason: str) -> bool:
    """Stop all work of a connection; its records wait. True where it was active until now."""
    return bool(
        sql.run(
            tx,
            "UPDATE connections SET state = 'paused', state_reason = :reason WHERE id = :id AND state = 'active'",
            {"id": connection_id, "reason": reason[:500]},
        )
    )


def resume(tx: Tx, connection_id: int) -> None:
    sql.run(tx, "UPDATE connections SET state = 'active', state_reason = '', next_poll_at = now() WHERE id = :id",
            {"id": connection_id})  # fmt: skip
    sql.run(
        tx,
        "UPDATE pacing SET not_before = now(), strikes = 0 WHERE connection_id = :id",
        {"id": connection_id},
    )


def remove(tx: Tx, connection_id: int) -> None:
    """Forget the secrets and stop; the records and their trail stay."""
    sql.run(tx, "DELETE FROM credentials WHERE connection_id = :id", {"id": connection_id})
    sql.run(
        tx,
        "UPDATE connections SET removed_at = now(), state = 'paused', state_reason = 'removed' WHERE id = :id",
        {"id": connection_id},
    )


def approve(tx: Tx, connection_id: int, record_types: Sequence[str]) -> None:
    sql.run(
        tx,
        "UPDATE connections SET rules_version = rules_version + 1, approved_types = "
        "(SELECT array_agg(DISTINCT t) FROM unnest(approved_types || CAST(:types AS text[])) AS t) WHERE id = :id",
        {"id": connection_id, "types": list(record_types)},
    )


def bump_rules(tx: Tx, connection_id: int) -> None:
    sql.run(tx, "UPDATE connections SET rules_version = rules_version + 1 WHERE id = :id", {"id": connection_id})


def saw_company(tx: Tx, connection_id: int, company_id: str) -> None:
    sql.run(tx, "UPDATE connections SET company_id = :company WHERE id = :id AND company_id <> :company",
            {"id": connection_id, "company": company_id})  # fmt: skip


def claim_poll(tx: Tx, connection_id: int, every_seconds: float) -> bool:
    """One poll at a time: the first to come takes the turn and sets the next one.

    `polled` or `poll_again` ends the turn; where the worker dies, it ends by itself.
    """
    return bool(
        sql.run(
            tx,
            "UPDATE connections SET next_poll_at = now() + :every * interval '1 second', "
            "poll_until = now() + :lease * interval '1 second' WHERE id = :id AND state = 'active' "
            "AND next_poll_at <= now() AND (poll_until IS NULL OR poll_until <= now())",
            {"id": connection_id, "every": every_seconds, "lease": POLL_LEASE_SECONDS},
        )
    )


def polled(tx: Tx, connection_id: int) -> None:
    sql.run(tx, "UPDATE connections SET polled_at = now(), poll_until = NULL WHERE id = :id", {"id": connection_id})


def poll_again(tx: Tx, connection_id: int, after_seconds: float) -> None:
    sql.run(
        tx,
        "UPDATE connections SET next_poll_at = now() + :after * interval '1 second', poll_until = NULL WHERE id = :id",
        {"id": connection_id, "after": after_seconds},
    )


def claim_refresh(tx: Tx, connection_id: int, every_seconds: float) -> bool:
    return bool(
        sql.run(
            tx,
            "UPDATE connections SET next_refresh_at = now() + :every * interval '1 second' "
            "WHERE id = :id AND state = 'active' AND next_refresh_at <= now()",
            {"id": connection_id, "every": every_seconds},
        )
    )


def claim_wake(tx: Tx, connection_id: int, seconds: float) -> bool:
    """True where no wake-up earlier than this one, or about as early (a second), is already on its way."""
    return bool(
        sql.run(
            tx,
            "UPDATE connections SET next_wake_at = now() + :seconds * interval '1 second' WHERE id = :id "
            "AND (next_wake_at IS NULL OR next_wake_at <= now() "
            "OR next_wake_at > now() + (:seconds + 1) * interval '1 second')",
            {"id": connection_id, "seconds": seconds},
        )
    )
