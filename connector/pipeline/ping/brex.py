"""Brex: reachable, token, the company it belongs to, accounting records, and the other host."""

from collections.abc import Iterator
from typing import Any, Final

from connector.brex.client import LONG_AGO, BrexClient
from connector.brex.errors import BrexError, Unauthorized, Unavailable
from connector.brex.wire import Company
from connector.domain import record
from connector.pipeline.ping.rung import NEW_FILE, Rung, State, skipped
from connector.pipeline.runtime import Runtime
from connector.store import connections, overview
from connector.store.connections import Connection

SCOPES: Final = "accounting.record.read, accounting.record.write and companies.readonly"
SIDE: Final = "Brex"
Rows = list[dict[str, Any]]


def climb(runtime: Runtime, connection: Connection, token: str) -> Iterator[Rung]:
    settings = connection.settings["brex"]
    base, v1 = settings["base_url"], settings["v1_base_url"]
    client = BrexClient(runtime.outbound, token=token, base_url=base, v1_base_url=v1)
    company = _company(client)
    if isinstance(company, Unavailable):
        yield Rung(SIDE, "reachable", State.FAILED, str(company), "look at the network, or at brex.base_url")
        yield from (skipped(SIDE, rung) for rung in ("token", "records", "v1 host"))
        return
    yield Rung(SIDE, "reachable", State.OK, f"{base} answers")
    waiting = _waiting(client)
    yield _token(company, waiting)
    if isinstance(company, Company):
        yield from _known(runtime, connection, company)
    yield _records(waiting)
    if v1 != base:
        yield _v1(_company(BrexClient(runtime.outbound, token=token, base_url=v1, v1_base_url=v1)), v1)


def _company(client: BrexClient) -> Company | BrexError:
    try:
        return client.company()
    except BrexError as error:
        return error


def _waiting(client: BrexClient) -> Rows | BrexError:
    """At most one record of the queue."""
    try:
        pages = client.pages(review_status=record.READY, source_type="CARD", updated_after=LONG_AGO, limit=1)
        return next(pages, [])
    except BrexError as error:
        return error


def _token(company: Company | BrexError, waiting: Rows | BrexError) -> Rung:
    if isinstance(company, Company):
        return Rung(SIDE, "token", State.OK, f"it belongs to {company.legal_name} ({company.id})")
    if isinstance(company, Unauthorized) and not isinstance(waiting, BrexError):
        sentence = "it works, but may not say to which company it belongs"
        return Rung(SIDE, "token", State.WARNING, sentence, "give it the scope companies.readonly too")
    return Rung(SIDE, "token", State.FAILED, str(company), f"make a token with {SCOPES}; {NEW_FILE}")


def _known(runtime: Runtime, connection: Connection, company: Company) -> Iterator[Rung]:
    """The company that webhooks will name: noted, unless it is another one than before."""
    if connection.company_id not in ("", company.id):
        sentence = f"the token is of another Brex company than before ({connection.company_id})"
        yield Rung(SIDE, "company", State.FAILED, sentence, "use that company's token, or add a new connection")
        return
    with runtime.database.begin() as tx:
        connections.saw_company(tx, connection.id, company.id)
        others = overview.same_company(tx, connection.id, company.id)
    if others:
        sentence = f"{', '.join(others)} reads the same Brex company: its records would be booked by both"
        yield Rung(SIDE, "company", State.WARNING, sentence, "remove one of the connections")


def _records(waiting: Rows | BrexError) -> Rung:
    if isinstance(waiting, Unauthorized):
        fix = f"make a token with {SCOPES}, and ask Brex to enable the Accounting API"
        return Rung(SIDE, "records", State.FAILED, str(waiting), fix)
    if isinstance(waiting, BrexError):
        return Rung(SIDE, "records", State.FAILED, str(waiting), "try again; ask Brex if it stays")
    told = "at least one waits" if waiting else "none waits"
    return Rung(SIDE, "records", State.OK, f"accounting records can be read; {told} for export")


def _v1(company: Company | BrexError, v1: str) -> Rung:
    """The records come from the other host: this one is only told of."""
    if isinstance(company, Company):
        return Rung(SIDE, "v1 host", State.OK, f"{v1} answers")
    return Rung(SIDE, "v1 host", State.WARNING, str(company), "set brex.v1_base_url to the host that answers")
