"""Brex's vendors read and kept, compared with F&O's: daily after the master data, and whenever a person asks."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import structlog

from connector.brex.errors import BrexError
from connector.brex.errors import Unavailable as BrexUnavailable
from connector.d365.errors import D365Error
from connector.d365.errors import Unavailable as D365Unavailable
from connector.pipeline import map, refresh  # noqa: A004 - the stage's own name
from connector.pipeline.alignment import brex, create
from connector.pipeline.alignment.create import NotPossible, Wish
from connector.pipeline.runtime import Runtime, Stop, posting
from connector.pipeline.vendors import entities
from connector.store import brex_vendors, connections, records, vendor_writes
from connector.store.connections import Connection
from connector.vendors.align import BrexVendor, Pair, Status, align

log = structlog.get_logger()

ACTOR: Final = "schedule:vendors"
_IN_THE_WAY: Final = (Stop, brex.NotAllowed, BrexError, D365Error)
_MAY_PASS: Final = (Stop, BrexUnavailable, D365Unavailable)
MOST_A_DAY: Final = 50  # created by themselves, on either side: a wrong setting must not fill a ledger overnight


def read(runtime: Runtime, connection: Connection) -> int:
    """Read Brex's vendors whole and keep them; how many. What cannot be read to its end leaves nothing gone.

    Raises `brex.NotAllowed`, `Stop` and `brex.errors`.
    """
    with runtime.database.begin() as tx:
        started = records.now(tx)
    pages = brex.client(runtime, connection).pages()
    number = 0
    while True:
        with brex.calling(runtime, connection, "vendors.readonly"):
            page = next(pages, None)
        if page is None:
            break
        rows = {one.id: {"brex_id": one.id, "name": one.name, "email": one.email} for one in page}
        with runtime.database.begin() as tx:
            brex_vendors.see(tx, connection.id, list(rows.values()))
        number += len(rows)
    with runtime.database.begin() as tx:
        brex_vendors.seen_whole(tx, connection.id, started)
    return number


def compare(runtime: Runtime, connection: Connection, legal_entity: str) -> list[Pair] | None:
    """What is kept of Brex's vendors against F&O's of this company; None where those are not known. Reads our own
    tables alone, and remembers nothing."""
    with runtime.database.begin() as tx:
        # What was just read may have moved the rules' version.
        connection = connections.by_id(tx, connection.id) or connection
        rows = brex_vendors.everything(tx, connection.id)
    book = map.rules_of(runtime.database, connection).vendors
    if legal_entity not in book.registers:
        return None
    return align(legal_entity, (BrexVendor(row["brex_id"], row["name"], row["email"]) for row in rows), book)


def counts(pairs: Iterable[Pair]) -> dict[str, int]:
    found = Counter(pair.status for pair in pairs)
    return {str(status): found[status] for status in Status}


def daily(runtime: Runtime, connection: Connection) -> None:
    """What was begun goes on; and once after each reading of the master data: read, compare, and create what the
    settings ask for. Whatever stands in the way is noted, and stops nothing else."""
    if not all(runtime.ready(connection, side) for side in ("brex", "d365")):
        return
    with runtime.database.begin() as tx:
        begun = vendor_writes.unsettled(tx, connection.id)
        mine = brex_vendors.claim(tx, connection.id)
    for write_id in begun:
        try:
            create.go_on(runtime, connection, write_id)
        except _IN_THE_WAY as error:
            log.info("vendor not created", connection=connection.name, reason=str(error))
    if not mine:
        return
    try:
        _survey(runtime, connection)
    except _IN_THE_WAY as error:
        with runtime.database.begin() as tx:
            brex_vendors.unread(tx, connection.id, str(error), again=isinstance(error, _MAY_PASS))
        log.info("vendors not compared", connection=connection.name, reason=str(error))


def _survey(runtime: Runtime, connection: Connection) -> None:
    read(runtime, connection)
    compared = {entity: compare(runtime, connection, entity) for entity in entities(connection)}
    known = {entity: pairs for entity, pairs in compared.items() if pairs is not None}
    told = {entity: counts(pairs) for entity, pairs in known.items()}
    with runtime.database.begin() as tx:
        brex_vendors.counted(tx, connection.id, told)
    log.info("vendors compared", connection=connection.name, counts=told)
    own = posting(connection).legal_entity
    for wish in _wishes(connection, known.get(own, []), own)[:MOST_A_DAY]:
        try:
            create.create(runtime, connection, wish, ACTOR)
        except NotPossible as error:
            log.info("vendor not created", connection=connection.name, vendor=wish.name, reason=str(error))


def _wishes(connection: Connection, pairs: list[Pair], own: str) -> list[Wish]:
    """By policy: what one side has and the other lacks, without anything like it there."""
    policy = posting(connection).vendors.create
    wishes = []
    for pair in pairs:
        brex_one, vendor = pair.brex, pair.vendor
        if pair.status is Status.ONLY_BREX and brex_one and policy in ("f_and_o", "both"):
            wishes.append(in_d365(own, brex_one))
        if pair.status is Status.ONLY_D365 and vendor and vendor.usable and policy in ("brex", "both"):
            wishes.append(in_brex(own, vendor.account, vendor.name, vendor.email))
    return wishes


def in_d365(legal_entity: str, one: BrexVendor, called: str = "") -> Wish:
    return Wish("d365", legal_entity, one.name, called or one.name, one.email)


def in_brex(legal_entity: str, account: str, name: str, email: str, called: str = "") -> Wish:
    return Wish("brex", legal_entity, name, called or name, email, account)


def known_to_f_and_o(runtime: Runtime, connection: Connection) -> Connection:
    """The connection, its master data read at least once."""
    if connection.refreshed_at is None:
        refresh.run(runtime, connection)
        with runtime.database.begin() as tx:
            return connections.by_id(tx, connection.id) or connection
    return connection
