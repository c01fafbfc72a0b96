"""Whose an invoice number is: one connection's records alone, in any case, as long as they may stand in F&O."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from connector.store import bills
from connector.store.connections import Connection
from connector.store.engine import Database
from tests.store.conftest import Sql

ENTRY = "jsonb_build_object('form', '{form}', 'invoice', jsonb_build_object('vendor', 'v-1', 'number', 'Inv-7'))"
ASKED = {"id": 0, "legal_entity": "usmf", "vendor": "V-1", "number": "INV-7"}


def keep(sql: Sql, connection: Connection, record_id: str, stage: str, form: str = "invoice_journal") -> None:
    sql(
        "INSERT INTO records (connection_id, record_id, stage, legal_entity, entry) "
        f"VALUES (:connection, :id, :stage, 'usmf', {ENTRY.format(form=form)})",
        connection=connection.id, id=record_id, stage=stage,
    )  # fmt: skip


def holder(database: Database, connection: Connection, **asked: object) -> str | None:
    with database.begin() as tx:
        return bills.holders(tx, connection.id, [ASKED | asked]).get(0)


@pytest.mark.parametrize("stage", ["mapped", "writing", "written", "acknowledged"])
@pytest.mark.parametrize("form", ["invoice_journal", "pending_invoice"])
def test_a_number_is_taken_while_its_record_is_planned_or_written(
    database: Database, connection: Connection, sql: Sql, stage: str, form: str
) -> None:
    keep(sql, connection, "accr_1", stage, form)
    assert holder(database, connection) == "accr_1"
    assert holder(database, connection, number="INV-8") is None
    assert holder(database, connection, vendor="V-2") is None
    assert holder(database, connection, legal_entity="frrt") is None


@pytest.mark.parametrize("stage", ["received", "fetched", "held", "skipped", "reversed"])
def test_it_is_free_where_nothing_of_its_record_stands_or_is_to_be_sent(
    database: Database, connection: Connection, sql: Sql, stage: str
) -> None:
    keep(sql, connection, "accr_1", stage)
    assert holder(database, connection) is None


def test_a_held_record_keeps_its_number_while_its_entry_may_stand(
    database: Database, connection: Connection, sql: Sql
) -> None:
    keep(sql, connection, "accr_1", "held")
    sql(
        "INSERT INTO writes (connection_id, record_pk, kind, reference, intent, intent_hash, legal_entity, "
        "journal_name, period, outcome) SELECT connection_id, id, 'entry', 'REF', '[]', '', 'usmf', 'INV', "
        "'2026-11-20', 'uncertain' FROM records"
    )
    assert holder(database, connection) == "accr_1"


def test_a_payment_that_settles_an_invoice_does_not_take_its_number(
    database: Database, connection: Connection, sql: Sql
) -> None:
    keep(sql, connection, "accr_1", "written", "payment_journal")
    assert holder(database, connection) is None


def test_another_connection_s_numbers_are_its_own(
    database: Database, connection: Connection, other: Connection, sql: Sql
) -> None:
    keep(sql, other, "accr_1", "written")
    assert holder(database, connection) is None
    assert holder(database, other) == "accr_1"


def test_numbers_of_one_connection_are_settled_by_one_transaction_at_a_time(
    database: Database, connection: Connection, other: Connection
) -> None:
    with database.begin() as first:
        bills.lock(first, connection.id)
        with database.begin() as second:
            bills.lock(second, other.id)
        with database.begin() as second:
            second.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                bills.lock(second, connection.id)
