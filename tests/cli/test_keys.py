from dataclasses import replace

from cryptography.fernet import Fernet

from connector.pipeline.runtime import Runtime
from connector.store import connections, sql
from connector.store.connections import Connection
from connector.vault import Vault
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.conftest import KEY


def test_rotation_leaves_nothing_under_the_old_key(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    new = Fernet.generate_key().decode()
    cli.context = replace(cli.context, runtime=replace(runtime, vault=Vault([new, KEY])))

    result = cli("keys", "rotate")

    assert (result.exit_code, result.stdout[:1]) == (0, "3")
    only_new = Vault([new])
    with runtime.database.begin() as tx:
        ids = {row.key_id for row in sql.rows(tx, "SELECT key_id FROM credentials")}
        assert connections.secrets(tx, only_new, connection.id)["brex.token"] == world.brex.token
    assert ids == {only_new.key_id}
    assert cli("keys", "rotate").stdout.startswith("0 credentials")


def test_rotation_without_the_old_key_changes_nothing(cli: Cli, connection: Connection, runtime: Runtime) -> None:
    cli.context = replace(cli.context, runtime=replace(runtime, vault=Vault([Fernet.generate_key().decode()])))

    result = cli("keys", "rotate")

    assert result.exit_code == 1
    with runtime.database.begin() as tx:
        assert len(connections.secrets(tx, Vault([KEY]), connection.id)) == 3
