"""Brex's webhook endpoint for a connection: registering it, and keeping the secrets its messages are signed with."""

from dataclasses import dataclass

import structlog

from connector.brex.v1 import V1
from connector.brex.webhooks import Endpoint, Webhooks
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection

log = structlog.get_logger()
SECRET = "brex.webhook_secret"  # noqa: S105 - the kind of credential, not one


class Occupied(Exception):
    """Brex delivers to one endpoint per customer, and that is another URL."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(f"Brex delivers to {endpoint.url}, and has room for one endpoint only")
        self.endpoint = endpoint


@dataclass(frozen=True, slots=True)
class Registered:
    """`change` in words; `secrets`: how many are stored now (two while Brex rotates)."""

    url: str
    change: str
    secrets: int


def address(public_url: str, name: str) -> str:
    """Where Brex reaches the receiver of a connection."""
    return f"{public_url.rstrip('/')}/webhooks/brex/{name}"


def endpoints(runtime: Runtime, connection: Connection) -> list[Endpoint]:
    """What is registered for the customer, whoever did it. Raises `brex.errors` and `vault.VaultError`."""
    return _client(runtime, connection).endpoints()


def register(runtime: Runtime, connection: Connection, url: str, *, replace: bool = False) -> Registered:
    """Let Brex deliver to the URL, and store the secrets. Safe to repeat: it looks before it changes anything.

    Raises `Occupied` where another URL is registered, unless `replace`; and what `endpoints` raises.
    """
    client = _client(runtime, connection)
    there = client.endpoints()
    ours = next((one for one in there if one.url == url), None)
    if ours is not None and ours.delivers_to(url):
        change = "was registered already"
    elif ours is not None:
        client.update(ours, url)
        change = "is active again"
    elif there:
        if not replace:
            raise Occupied(there[0])
        client.update(there[0], url)
        change = f"takes the place of {there[0].url}"
    else:
        client.create(url)
        change = "is registered"
    log.info("webhook endpoint", connection=connection.name, url=url, change=change)
    return Registered(url, change, _keep(runtime, connection, client))


def fetch_secrets(runtime: Runtime, connection: Connection) -> int:
    """Store the secrets that Brex names now in place of the stored ones; how many. Raises what `endpoints` raises.

    Facts: Brex has no call that begins a rotation. While it rotates it names two and signs with both, so whatever
    was stored, messages are good before and after.
    """
    return _keep(runtime, connection, _client(runtime, connection))


def _client(runtime: Runtime, connection: Connection) -> Webhooks:
    settings = connection.settings["brex"]
    with runtime.database.begin() as tx:
        token = connections.secrets(tx, runtime.vault, connection.id)["brex.token"]
    hosts = {"v1_base_url": settings["v1_base_url"], "base_url": settings["base_url"]}
    return Webhooks(V1(runtime.outbound, token=token, **hosts))


def _keep(runtime: Runtime, connection: Connection, client: Webhooks) -> int:
    """The receiver takes a message that any of the (blank-separated) secrets signed."""
    secrets = client.secrets()
    with runtime.database.begin() as tx:
        connections.put_secret(tx, runtime.vault, connection.id, SECRET, " ".join(secrets))
    return len(secrets)
