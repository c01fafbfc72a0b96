"""Brex's vendors: the client, and what a token that may not read or create them means."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import NAMESPACE_URL, uuid5

from connector.brex.errors import Unauthorized
from connector.brex.v1 import V1
from connector.brex.vendors import Vendors
from connector.domain import jsonio
from connector.pipeline.alignment.judging import Made, Standing
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from connector.store.vendor_writes import VendorWrite


class NotAllowed(Exception):
    """The token may not do this. Posting needs none of it, so nothing is paused: a dead token shows there."""


def client(runtime: Runtime, connection: Connection) -> Vendors:
    settings = connection.settings["brex"]
    with runtime.database.begin() as tx:
        token = connections.secrets(tx, runtime.vault, connection.id)["brex.token"]
    hosts = {"v1_base_url": settings["v1_base_url"], "base_url": settings["base_url"]}
    return Vendors(V1(runtime.outbound, token=token, **hosts))


@contextmanager
def calling(runtime: Runtime, connection: Connection, scope: str) -> Iterator[None]:
    """As `Runtime.calling`, except that a missing scope pauses nothing. Raises `NotAllowed`, `Stop`, `brex.errors`.

    Fact: the words for a missing scope are not documented, so no refusal of the token is taken for more than that.
    """
    refused: Unauthorized | None = None
    with runtime.calling(connection, "brex"):
        try:
            yield
        except Unauthorized as error:
            refused = error
    if refused is not None:
        raise NotAllowed(f"{refused}. This needs the scope {scope}") from refused


class BrexSide:
    """Creating in Brex: names are unique there, and a key makes a second request harmless."""

    name = "Brex"
    idempotent = True

    def __init__(self, runtime: Runtime, connection: Connection) -> None:
        self._runtime, self._connection = runtime, connection
        self._client = client(runtime, connection)

    def look(self, write: VendorWrite) -> Standing:
        """Fact: vendors carry nothing of ours, so the unique name tells: before sending it is another's, then ours."""
        with calling(self._runtime, self._connection, "vendors.readonly"):
            found = tuple(Made(one.id, one.name) for one in self._client.named(write.name))
        return Standing(ours=found) if write.sent else Standing(others=found)

    def there(self, write: VendorWrite) -> bool:
        """Among all of them, by its id: its name may be another by now."""
        with calling(self._runtime, self._connection, "vendors.readonly"):
            return any(one.id == write.account for page in self._client.pages() for one in page)

    @contextmanager
    def calling(self) -> Iterator[None]:
        with calling(self._runtime, self._connection, "vendors"):
            yield

    def send(self, write: VendorWrite) -> Made:
        made = self._client.create(write.body.encode(), write.reference)
        return Made(made.id, made.name)


def body_of(name: str, email: str) -> str:
    """Fact: company_name is required and unique, e-mail optional (Brex, Payments API)."""
    return jsonio.dumps({"company_name": name, **({"email": email} if email else {})})


def key_of(reference: str, body: str) -> str:
    """Derived from the request, and sent unchanged with every repetition. Fact: a UUID is suggested."""
    return str(uuid5(NAMESPACE_URL, f"vendor/{reference}/{jsonio.digest(body)}"))
