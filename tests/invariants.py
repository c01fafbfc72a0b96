"""The invariants of the product, asserted of the sandbox's Brex and ledger, and of our tables only where they agree.

For tests with the world in process:

    assert_kept(world, runtime.database, connection)                # at any moment
    assert_kept(world, runtime.database, connection, settled=True)  # once nothing is on its way any more

`by_hand`, `documents`, `former`, `taken_back`: what the test itself did to the books, as
`sandbox.books.Allowed` explains. `paired`: records that by the settings have a second entry.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal

from connector.store import audit, views
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.books import Allowed, Books
from sandbox.invariants import broken as broken_in
from sandbox.world import World

NOTHING: Mapping[str, Collection[Decimal]] = {}


def broken(
    world: World,
    database: Database | None = None,
    connection: Connection | None = None,
    *,
    settled: bool = False,
    by_hand: Collection[str] = (),
    documents: Collection[str] = (),
    former: Mapping[str, Collection[Decimal]] = NOTHING,
    taken_back: Collection[str] = (),
    paired: Collection[str] = (),
) -> list[str]:
    """What does not hold, in sentences; empty where all does. Without a database our tables are not looked at."""
    books = books_of(world, database, connection, paired)
    return broken_in(books, Allowed(by_hand, documents, former, taken_back), settled=settled)


def assert_kept(
    world: World,
    database: Database | None = None,
    connection: Connection | None = None,
    *,
    settled: bool = False,
    by_hand: Collection[str] = (),
    documents: Collection[str] = (),
    former: Mapping[str, Collection[Decimal]] = NOTHING,
    taken_back: Collection[str] = (),
    paired: Collection[str] = (),
) -> None:
    """As `broken`, for tests."""
    told = broken(
        world,
        database,
        connection,
        settled=settled,
        by_hand=by_hand,
        documents=documents,
        former=former,
        taken_back=taken_back,
        paired=paired,
    )
    assert told == []


def books_of(
    world: World, database: Database | None, connection: Connection | None, paired: Collection[str] = ()
) -> Books:
    rows, trails = None, []
    if database is not None and connection is not None:
        with database.begin() as tx:
            rows = views.listing(tx, connection.id)
            part = audit.check(tx, connection.id)
        assert part.last is None, "more records than one look at their trails takes"
        trails = [f"{one.record_id}: event {one.seq} of its trail: {one.sentence}" for one in part.breaks]
    return Books(
        world.d365.lines(), world.d365.headers(), world.brex.records.all(), world.brex.reported(), rows, trails,
        **world.d365.payables.books(), paired=paired,
    )  # fmt: skip
