"""The constraints that keep one effect one: they hold in PostgreSQL, whatever the code above them does."""

from collections.abc import Callable

import pytest
from sqlalchemy.exc import IntegrityError

from connector.store import batches, journals, open_writes, writes
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.store.journals import Key
from tests.store.conftest import Sql, intent, pks

KEY = Key("usmf", "BREX", "2026-11-20")


@pytest.fixture
def record(database: Database, both: tuple[Connection, Connection]) -> int:
    return pks(database, both[0])[0]


@pytest.fixture
def intend(database: Database, connection: Connection, record: int) -> Callable[..., int | None]:
    """Store an intent for the record; its id, or None where another one stands in the way."""

    def store(**changes: object) -> int | None:
        with database.begin() as tx:
            return writes.intend(tx, connection.id, [intent(record, **changes)]).get(record)  # type: ignore[arg-type]

    return store


@pytest.mark.parametrize("outcome", ["open", "written", "uncertain"])
def test_a_second_write_is_not_taken_while_the_first_one_may_stand(
    database: Database, intend: Callable[..., int | None], sql: Sql, outcome: str
) -> None:
    first = intend()
    sql("UPDATE writes SET outcome = :outcome", outcome=outcome)
    assert (first is not None, intend()) == (True, None)
    assert len(sql("SELECT FROM writes")) == 1


@pytest.mark.parametrize("outcome", ["open", "written", "uncertain"])
def test_not_even_by_hand_can_a_second_one_be_stored(
    connection: Connection, intend: Callable[..., int | None], sql: Sql, outcome: str
) -> None:
    intend()
    sql("UPDATE writes SET outcome = :outcome", outcome=outcome)
    again = (
        "INSERT INTO writes (connection_id, record_pk, kind, reference, intent, intent_hash, outcome) "
        "SELECT connection_id, record_pk, kind, 'ANOTHER', intent, intent_hash, 'written' FROM writes"
    )
    with pytest.raises(IntegrityError, match="writes_once"):
        sql(again)


def test_after_a_refusal_another_one_may_be_stored(
    database: Database, intend: Callable[..., int | None], sql: Sql
) -> None:
    first = intend()
    with database.begin() as tx:
        writes.refused(tx, [{"id": first, "evidence": "F&O's words"}])
    second = intend()
    assert second not in (None, first)
    with pytest.raises(IntegrityError, match="writes_once"):
        sql("UPDATE writes SET outcome = 'open' WHERE id = :id", id=first)  # a refused one cannot come back beside it


def test_another_kind_and_another_epoch_are_other_writes(intend: Callable[..., int | None]) -> None:
    assert None not in (intend(), intend(kind="acknowledge"), intend(epoch=1))


def test_an_answer_that_comes_late_does_not_reopen_what_is_decided(
    database: Database, intend: Callable[..., int | None], sql: Sql
) -> None:
    """Only what is open or uncertain can become uncertain or open."""
    found = intend()
    assert found is not None
    for decided in ("written", "refused"):
        sql("UPDATE writes SET outcome = :outcome", outcome=decided)
        with database.begin() as tx:
            writes.uncertain(tx, [found], "late", 0)
            writes.reopen(tx, [found], again=True, forget_journal=False)
        assert [row.outcome for row in sql("SELECT outcome FROM writes")] == [decided]


@pytest.fixture
def journal(database: Database, connection: Connection) -> int:
    with database.begin() as tx:
        found = journals.begin_opening(tx, connection.id, KEY, "marker")
        assert found is not None
        journals.opened(tx, found, "000001")
    return found


@pytest.mark.parametrize("status", ["sending", "uncertain"])
def test_a_journal_has_one_writer(
    database: Database, connection: Connection, journal: int, sql: Sql, status: str
) -> None:
    with database.begin() as tx:
        assert batches.begin(tx, connection.id, journal, [], 45) is not None
    sql("UPDATE batches SET status = :status", status=status)
    with database.begin() as tx:
        assert batches.begin(tx, connection.id, journal, [], 45) is None
    second = (
        "INSERT INTO batches (connection_id, journal_id, deadline) SELECT connection_id, journal_id, now() FROM batches"
    )
    with pytest.raises(IntegrityError, match="batches_one_writer"):
        sql(second)


@pytest.mark.parametrize("status", ["settled", "unsent"])
def test_a_batch_that_is_over_lets_the_next_one_in(
    database: Database, connection: Connection, journal: int, status: str
) -> None:
    with database.begin() as tx:
        first = batches.begin(tx, connection.id, journal, [], 45)
        assert first is not None
        batches.end(tx, first, status)
        assert batches.begin(tx, connection.id, journal, [], 45) not in (None, first)


def test_acknowledgements_have_no_journal_to_wait_for(database: Database, connection: Connection) -> None:
    with database.begin() as tx:
        assert None not in {batches.begin(tx, connection.id, None, [], 45) for _ in range(2)}


def test_a_batch_with_a_write_that_another_worker_took_is_not_begun(
    database: Database, connection: Connection, journal: int, intend: Callable[..., int | None], sql: Sql
) -> None:
    write = intend()
    assert write is not None
    with database.begin() as tx:
        assert batches.begin(tx, connection.id, journal, [write], 45) is not None
    with pytest.raises(batches.Taken), database.begin() as tx:
        batches.begin(tx, connection.id, None, [write], 45)
    assert [tuple(row) for row in sql("SELECT attempts, (SELECT count(*) FROM batches) FROM writes")] == [(1, 1)]


def test_one_worker_opens_a_journal_at_a_time(database: Database, connection: Connection) -> None:
    with database.begin() as tx:
        first = journals.begin_opening(tx, connection.id, KEY, "one")
        assert first is not None
        assert journals.begin_opening(tx, connection.id, KEY, "two") is None
        journals.close(tx, first, "refused")
        assert journals.begin_opening(tx, connection.id, KEY, "three") is not None


def test_an_open_journal_has_a_number(connection: Connection, sql: Sql) -> None:
    with pytest.raises(IntegrityError, match="journals_check"):
        sql(
            "INSERT INTO journals (connection_id, legal_entity, journal_name, period, marker, status) "
            "VALUES (:id, 'usmf', 'BREX', 'x', 'm', 'open')",
            id=connection.id,
        )


def test_workers_that_claim_side_by_side_get_different_writes(
    database: Database, connection: Connection, both: tuple[Connection, Connection]
) -> None:
    with database.begin() as tx:
        writes.intend(tx, connection.id, [intent(one, f"REF{one}") for one in pks(database, connection)])
    with database.begin() as one, database.begin() as another:
        mine = open_writes.claim_open(one, connection.id, "entry", 2, key=KEY)
        theirs = open_writes.claim_open(another, connection.id, "entry", 100, key=KEY)
    assert (len(mine), len(theirs)) == (2, 1)
    assert {write.id for write in mine}.isdisjoint(write.id for write in theirs)
