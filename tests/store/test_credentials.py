"""Secrets at rest: encrypted in one column of one table, in the clear nowhere, readable with any of the keys."""

import base64

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from connector.domain import connection as files
from connector.pipeline.runtime import Runtime
from connector.store import connections, credentials
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Sealed, Vault, VaultError, key_id
from sandbox.world import World
from tests.conftest import KEY
from tests.pipeline.helpers import run_chain, spend_and_announce
from tests.store.conftest import Sql

NEW_KEY = "p1n5wq2V0Zt7mCw0bXo8kQ3dJm4sYt6uVv9xZr2fGhE="


def in_the_clear(world: World) -> dict[str, str]:
    file = world.connection()
    return {
        "brex.token": file["brex"]["token"],
        "brex.webhook_secret": file["brex"]["webhook_secret"],
        "d365.client_secret": file["d365"]["client_secret"],
    }


def test_no_secret_is_in_any_column_of_any_table_nor_in_the_log(
    runtime: Runtime, connection: Connection, world: World, sql: Sql
) -> None:
    """After the main job, which has used them all."""
    with capture_logs() as logs:
        spend_and_announce(runtime, connection, world, 1, 3)
        run_chain(runtime, connection)
    stored = repr(logs)
    for (table,) in sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        stored += "\n".join(row[0] for row in sql(f"SELECT CAST(t AS text) FROM {table} t"))
    assert "acknowledged" in stored
    for secret in (*in_the_clear(world).values(), KEY):
        raw = secret.encode()
        for shape in (secret, raw.hex(), base64.b64encode(raw).decode(), raw[::-1].decode()):
            assert shape not in stored


def test_every_secret_is_stored_with_the_name_of_its_key(
    database: Database, vault: Vault, connection: Connection, world: World, sql: Sql
) -> None:
    rows = sql("SELECT kind, key_id FROM credentials ORDER BY kind")
    assert [tuple(row) for row in rows] == [(kind, key_id(KEY)) for kind in sorted(in_the_clear(world))]
    assert key_id(KEY) not in KEY
    with database.begin() as tx:
        assert connections.secrets(tx, vault, connection.id) == in_the_clear(world)
        assert credentials.kinds(tx, connection.id) == set(in_the_clear(world))


def test_the_same_secret_never_looks_the_same_twice(vault: Vault) -> None:
    assert vault.seal("secret").ciphertext != vault.seal("secret").ciphertext


def test_with_two_keys_the_first_encrypts_and_both_decrypt(
    database: Database, connection: Connection, world: World, sql: Sql
) -> None:
    both = Vault([NEW_KEY, KEY])
    with database.begin() as tx:
        connections.put_secret(tx, both, connection.id, "brex.token", "another token")
        assert connections.secrets(tx, both, connection.id) == in_the_clear(world) | {"brex.token": "another token"}
    assert {row.kind: row.key_id for row in sql("SELECT kind, key_id FROM credentials")} == {
        "brex.token": key_id(NEW_KEY),
        "brex.webhook_secret": key_id(KEY),
        "d365.client_secret": key_id(KEY),
    }


def test_a_missing_key_is_named_and_what_to_do_about_it(database: Database, connection: Connection) -> None:
    with database.begin() as tx, pytest.raises(VaultError) as caught:
        connections.secrets(tx, Vault([NEW_KEY]), connection.id)
    assert f"encrypted with key {key_id(KEY)}, which is not among CONNECTOR_SECRET_KEYS" in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "spoilt", [b"", b"not a token", Fernet(NEW_KEY).encrypt(b"foreign")], ids=["empty", "no token", "foreign"]
)
def test_what_cannot_be_decrypted_is_an_error_with_a_sentence(vault: Vault, spoilt: bytes) -> None:
    with pytest.raises(VaultError, match="CONNECTOR_SECRET_KEYS"):
        vault.open(Sealed(spoilt, "gone"))


def test_rotation_brings_everything_under_the_first_key(
    database: Database, connection: Connection, other: Connection, world: World, sql: Sql
) -> None:
    both = Vault([NEW_KEY, KEY])
    with database.begin() as tx:
        assert credentials.reseal(tx, both) == 6
        assert credentials.reseal(tx, both) == 0
    assert {row.key_id for row in sql("SELECT key_id FROM credentials")} == {key_id(NEW_KEY)}
    with database.begin() as tx:
        for one in (connection, other):
            assert connections.secrets(tx, Vault([NEW_KEY]), one.id) == in_the_clear(world)


def test_a_changed_secret_changes_the_version_that_clients_are_kept_by(
    database: Database, vault: Vault, connection: Connection
) -> None:
    with database.begin() as tx:
        before = connections.credentials_version(tx, connection.id)
    with database.begin() as tx:
        assert connections.credentials_version(tx, connection.id) == before
        connections.put_secret(tx, vault, connection.id, "brex.token", "another token")
        assert connections.credentials_version(tx, connection.id) != before


def test_a_removed_connection_leaves_no_secret(database: Database, connection: Connection, sql: Sql) -> None:
    with database.begin() as tx:
        connections.remove(tx, connection.id)
    assert sql("SELECT FROM credentials") == []


def test_what_is_shown_of_the_file_and_the_vault_holds_no_secret(connection: Connection, world: World) -> None:
    shown = repr(connection) + repr(Vault([KEY])) + repr(files.read(world.connection()))
    assert [secret for secret in (*in_the_clear(world).values(), KEY) if secret in shown] == []
