"""Do both sides answer as this connection needs it? One rung after the other, each with what to do where it fails.

Only reads, changes no stage and pauses nothing: a paused connection is just what people want to look into.
"""

from datetime import UTC, datetime

from connector.pipeline.ping import brex, d365, payments, spend
from connector.pipeline.ping.rung import Rung, State
from connector.pipeline.runtime import Runtime
from connector.pipeline.source import is_transactions
from connector.store import connections
from connector.store.connections import Connection

__all__ = ["Rung", "State", "run"]


def run(runtime: Runtime, connection: Connection) -> list[Rung]:
    """Every rung of both sides, in order. Notes the Brex company it sees, and that its token is alive.

    Raises `vault.VaultError`.
    """
    with runtime.database.begin() as tx:
        secrets = connections.secrets(tx, runtime.vault, connection.id)
    on_brex = list((spend if is_transactions(connection) else brex).climb(runtime, connection, secrets["brex.token"]))
    alive = any(one.rung == "token" and one.state is State.GREEN for one in on_brex)
    return [
        *on_brex,
        *(payments.climb(runtime, connection, secrets) if alive else ()),
        *d365.climb(runtime, connection, secrets["d365.client_secret"], datetime.now(UTC)),
    ]
