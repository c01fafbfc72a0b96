"""Brex's payments, where they are used: may the token read vendors, and the one for transfers look at transfers?"""

from collections.abc import Iterator, Mapping
from typing import Final

from connector.brex import transfers as paying
from connector.brex import vendors as known
from connector.brex.errors import BrexError, Unauthorized
from connector.brex.v1 import V1
from connector.pipeline.ping.brex import tried
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung
from connector.pipeline.runtime import Runtime, posting
from connector.pipeline.transfers import SECRET
from connector.store.connections import Connection

_LADDER: Final = Ladder("Brex")


def climb(runtime: Runtime, connection: Connection, secrets: Mapping[str, str]) -> Iterator[Rung]:
    """One rung for each that this connection uses; none where it uses neither."""
    urls = connection.settings["brex"]
    hosts = {"v1_base_url": urls["v1_base_url"], "base_url": urls["base_url"]}
    if uses_vendors(connection):
        yield _vendors(connection, V1(runtime.outbound, token=secrets["brex.token"], **hosts))
    if urls.get("transfers") and not secrets.get(SECRET):
        fix = f"set brex.transfers_token, a token of its own with the scope transfers: {NEW_FILE}"
        yield _LADDER.red("transfers", "is there a token for transfers?", "brex.transfers has no token", fix)
    elif urls.get("transfers"):
        yield _transfers(V1(runtime.outbound, token=secrets[SECRET], **hosts))


def uses_vendors(connection: Connection) -> bool:
    """They are created, or bills are among the records: card transactions go by merchants' names alone."""
    settings = posting(connection)
    accounts = [*settings.accounts.values(), *(a for e in settings.entities.values() for a in e.accounts.values())]
    bills = connection.settings["brex"]["source"] == "accounting" and any(one.type == "Vend" for one in accounts)
    return settings.vendors.create != "off" or bool(settings.vendors.group) or bills


def _vendors(connection: Connection, v1: V1) -> Rung:
    attempt = f"GET {known.PATH}"
    found = tried(lambda: v1.get(known.PATH, [("limit", "1")]))
    creates = posting(connection).vendors.create in ("brex", "both")
    if not isinstance(found, BrexError):
        more = "; the scope vendors, to create them, shows when one is created" if creates else ""
        return _LADDER.green("vendors", attempt, f"vendors.readonly is there{more}")
    scopes = "vendors.readonly and vendors" if creates else "vendors.readonly"
    fix = f"give the token {scopes}; {NEW_FILE}" if isinstance(found, Unauthorized) else "try again"
    told = f"Brex's vendors cannot be read, so none is compared and merchants go by their names alone: {found}"
    return _LADDER.amber("vendors", attempt, told, fix)


def _transfers(v1: V1) -> Rung:
    """Fact: every transfer is looked for before it is sent, so reading is needed too (transfers.readonly)."""
    attempt = f"GET {paying.PATH}, with brex.transfers_token"
    found = tried(lambda: v1.get(paying.PATH, [("limit", "1")]))
    if not isinstance(found, BrexError):
        told = "transfers can be looked at; the scope transfers, to send them, shows when one is sent"
        return _LADDER.green("transfers", attempt, told)
    told = f"transfers cannot be looked at, so none is sent: {found}"
    if not isinstance(found, Unauthorized):
        return _LADDER.amber("transfers", attempt, told, "try again; ask Brex if it stays")
    fix = f"make a token with transfers and transfers.readonly for brex.transfers_token; {NEW_FILE}"
    return _LADDER.red("transfers", attempt, told, fix)
