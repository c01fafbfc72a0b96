"""What `connector probe` learns of each kind of F&O environment, and that nobody takes its lines for entries."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connector.d365.errors import NoAnswer, NotSent
from connector.domain.reference import PATTERN, probe_reference
from connector.pipeline import probe, reconcile, recover
from connector.pipeline.runtime import Runtime
from connector.store import connections, facts
from connector.store.connections import Connection
from sandbox.world import World
from tests.conftest import store_connection

BATCH = "POST /data/$batch"


def learn(runtime: Runtime, connection: Connection) -> dict[str, Any]:
    return probe.run(runtime, connection, datetime.now(UTC)).answers


def known(runtime: Runtime, connection: Connection) -> dict[str, Any]:
    with runtime.database.begin() as tx:
        return {one.fact: one.answer for one in facts.known(tx, connection.id)}


def test_it_learns_what_a_strict_environment_does(runtime: Runtime, connection: Connection, world: World) -> None:
    learned = probe.run(runtime, connection, datetime.now(UTC))

    assert learned.unknown == {}
    assert learned.answers == {
        "vouchers_per_entry": "one",
        "filled_when_sent_empty": {},
        "filled_when_left_out": {},
        "line_number": "refused",
        "batch_after_failure": "continues",
    }
    place = {"company": "usmf", "journal": learned.journal, "description": learned.description}
    assert known(runtime, connection) == learned.answers | {"probed_in": place}


@pytest.mark.parametrize(
    ("switches", "fact", "answer"),
    [
        ({"line_number": "ignored"}, "line_number", "ignored"),
        ({"line_number": "kept"}, "line_number", "kept"),
        ({"continue_on_error": False}, "batch_after_failure", "stops"),
        ({"trailing_blanks": False}, "vouchers_per_entry", "one"),
        ({"changeset_status": 400}, "batch_after_failure", "continues"),
    ],
)
def test_it_learns_what_differs_between_environments(
    runtime: Runtime, connection: Connection, world: World, switches: dict[str, Any], fact: str, answer: str
) -> None:
    world.d365.set(**switches)

    assert learn(runtime, connection)[fact] == answer


def test_it_learns_that_one_voucher_is_shared(runtime: Runtime, connection: Connection, world: World) -> None:
    world.d365.journal_name("BREX", NewVoucher="OneVoucher")

    assert learn(runtime, connection)["vouchers_per_entry"] == "shared"


def test_it_learns_that_entries_are_split_and_what_is_filled_in(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.journal_name("BREX", OffsetAccountDisplayValue="110180", IsFixedOffsetAccount="Yes")
    answers = learn(runtime, connection)

    assert answers["vouchers_per_entry"] == "split"
    assert answers["filled_when_sent_empty"] == {"OffsetAccountDisplayValue": "110180---"}


def test_it_learns_what_is_filled_in_only_when_left_out(runtime: Runtime, connection: Connection, world: World) -> None:
    world.d365.journal_name("BREX", OffsetAccountDisplayValue="110180")
    answers = learn(runtime, connection)

    assert answers["filled_when_left_out"] == {"OffsetAccountDisplayValue": "110180---"}
    assert answers["filled_when_sent_empty"] == {}


def test_every_probe_has_a_journal_of_its_own_that_nets_to_nothing_and_stays(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first, second = (probe.run(runtime, connection, datetime.now(UTC)) for _ in range(2))

    assert first.journal != second.journal
    headers = {row["JournalBatchNumber"]: row for row in world.d365.headers()}
    assert set(headers) == {first.journal, second.journal}
    assert all(row["Description"].startswith("connector probe ") for row in headers.values())
    assert all(row["JournalTotalDebit"] == row["JournalTotalCredit"] for row in headers.values())
    assert not [seen for seen in world.traffic.latest if seen.method == "DELETE"]


def test_neither_reconcile_nor_recover_takes_its_lines_for_entries(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    learn(runtime, connection)
    documents = {row["Document"] for row in world.d365.lines()}
    assert documents
    assert not any(PATTERN.fullmatch(one) for one in documents)

    assert recover.scan(runtime, connection).references == {}
    today = datetime.now(UTC).date()
    assert reconcile.run(runtime, connection, today.replace(year=today.year - 1), today).clean


def test_its_references_fit_the_field_and_no_wildcard() -> None:
    one = probe_reference(bytes(9))

    assert len(one) <= 20
    assert "*" not in one
    assert not PATTERN.fullmatch(one)


def test_an_answer_that_is_lost_leaves_the_question_open_and_the_older_answer(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    learn(runtime, connection)
    world.d365.set(line_number="kept")
    world.faults.add("d365", BATCH, "reset_after", containing="LineNumber")
    learned = probe.run(runtime, connection, datetime.now(UTC))

    assert list(learned.unknown) == ["line_number"]
    assert known(runtime, connection)["line_number"] == "refused"
    assert learned.answers["batch_after_failure"] == "continues"


def test_an_environment_that_takes_nonsense_leaves_the_question_open(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.add("Currencies", CurrencyCode=probe.NO_CURRENCY, Name="Nobody's")
    learned = probe.run(runtime, connection, datetime.now(UTC))

    assert "meant to fail" in learned.unknown["batch_after_failure"]


def test_lines_that_f_and_o_refuses_leave_the_questions_open_with_its_words(runtime: Runtime, world: World) -> None:
    stored = store_connection(runtime, world, accounts={"clearing": {"type": "Ledger", "account": "200130"}})
    learn(runtime, stored)  # reads the master data, which then is out of date
    with runtime.database.begin() as tx:
        connection = connections.by_id(tx, stored.id)
    assert connection is not None
    key = {"ChartOfAccounts": "Shared", "MainAccountId": "200130"}
    world.d365.change("MainAccounts", key, IsSuspended="Yes")
    learned = probe.run(runtime, connection, datetime.now(UTC))

    assert learned.answers == {}
    assert learned.unknown["vouchers_per_entry"] == "MainAccount is suspended."
    assert learned.unknown["line_number"] == "MainAccount is suspended."
    assert "did not take the good entry" in learned.unknown["batch_after_failure"]


def test_a_side_that_goes_away_ends_it_with_what_was_learned_kept(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", BATCH, "refuse", times=None, skip=1)
    with pytest.raises(NotSent):
        learn(runtime, connection)

    assert known(runtime, connection)["vouchers_per_entry"] == "one"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"legal_entity": "dat"}, "the ledger of dat is not known"),
        ({"accounts": {"cash": {"type": "Bank", "account": "USMF OPER"}}}, "no account role of type Ledger"),
        ({"accounts": {"clearing": {"type": "Ledger", "account": "600999"}}}, "600999"),
    ],
)
def test_without_a_usable_account_nothing_is_written(
    runtime: Runtime, world: World, changed: dict[str, Any], words: str
) -> None:
    stored = store_connection(runtime, world, **changed)
    with pytest.raises(probe.NotPossible, match=words):
        learn(runtime, stored)

    assert world.d365.headers() == []


def test_a_paused_connection_stays_paused(runtime: Runtime, connection: Connection) -> None:
    with runtime.database.begin() as tx:
        connections.pause(tx, connection.id, "not yet")
    learn(runtime, connection)

    with runtime.database.begin() as tx:
        found = connections.by_id(tx, connection.id)
    assert found is not None
    assert not found.active


def test_a_journal_whose_creation_was_not_answered_is_named(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", "POST /data/LedgerJournalHeaders", "reset_after")
    with pytest.raises(NoAnswer, match=r"an empty journal .connector probe "):
        learn(runtime, connection)

    assert len(world.d365.headers()) == 1
