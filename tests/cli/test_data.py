"""`connector data purge`: what goes, what stays, and that what was purged is still reconciled."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.store import webhooks
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, stages_of

ALL = ("--from", "2025-01-01", "--to", "2030-12-31")


def execute(runtime: Runtime, statement: str, **params: Any) -> Any:
    with runtime.database.begin() as tx:
        found = tx.execute(text(statement), params)
        return found.all() if found.returns_rows else None


def grow_old(runtime: Runtime, days: int) -> None:
    """As if all of it had happened so long ago; the events, which nobody can change, too."""
    past = f"- interval '{days} days'"
    execute(runtime, f"UPDATE records SET heard_at = heard_at {past}, looked_at = looked_at {past}")
    execute(runtime, f"UPDATE webhooks SET received_at = received_at {past}")
    execute(runtime, "ALTER TABLE events DISABLE TRIGGER USER")
    execute(runtime, f"UPDATE events SET at = at {past}")
    execute(runtime, "ALTER TABLE events ENABLE TRIGGER USER")


@pytest.fixture
def posted(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World, runtime: Runtime
) -> list[str]:
    """Two records written, acknowledged and posted in F&O, 500 days ago."""
    ids = [spend.expense("12.30"), spend.refund("4.05")]
    taken_in()
    with runtime.database.begin() as tx:
        webhooks.first_time(tx, connection.id, "msg_1", "ACCOUNTING_RECORD_READY_FOR_EXPORT", "", 2)
    post(cli, connection, world, runtime, ids)
    grow_old(runtime, 500)
    return ids


def post(cli: Cli, connection: Connection, world: World, runtime: Runtime, ids: list[str]) -> None:
    for journal in sorted({cli.json("record", "acme", one)["journal"] for one in ids}):
        world.d365.post_journal(journal)
    execute(runtime, "UPDATE journals SET watch_at = now()")
    assert stages.watch_if_due(runtime, connection.id)


def contents(runtime: Runtime) -> dict[str, tuple[bool, bool, bool]]:
    """Record id → has it a body, an entry, an intent."""
    rows = execute(
        runtime,
        "SELECT r.record_id, r.body IS NOT NULL, r.entry IS NOT NULL, coalesce(bool_or(w.intent <> '[]'), false) "
        "FROM records r LEFT JOIN writes w ON w.record_pk = r.id AND w.kind = 'entry' GROUP BY r.id ORDER BY r.id",
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def test_it_shows_first_and_removes_nothing(cli: Cli, posted: list[str], runtime: Runtime) -> None:
    found = cli.json("data", "purge", "--older-than", "400")

    assert found == [
        {"name": "acme", "purged": False, "records": 2, "webhooks": 1, "reconciliations": 0, "still_followed": 0}
    ]
    assert "Nothing was removed" in cli("data", "purge", "--older-than", "400").stdout
    assert set(contents(runtime).values()) == {(True, True, True)}


def test_contents_go_and_the_history_amounts_hashes_and_references_stay(
    cli: Cli, posted: list[str], runtime: Runtime
) -> None:
    before = [cli.json("record", "acme", one) for one in posted]

    assert cli.json("data", "purge", "acme", "--older-than", "400", "--yes")[0]["records"] == 2

    assert set(contents(runtime).values()) == {(False, False, False)}
    assert execute(runtime, "SELECT count(*) FROM webhooks") == [(0,)]
    after = [cli.json("record", "acme", one) for one in posted]
    for was, now in zip(before, after, strict=True):
        for kept in ("stage", "export_status", "reference", "journal", "voucher", "amount", "posting_date", "events"):
            assert now[kept] == was[kept]
    hashes = execute(runtime, "SELECT count(*) FROM records r JOIN writes w ON w.record_pk = r.id AND w.kind = 'entry' "
                              "WHERE r.body_hash <> '' AND w.intent_hash <> ''")  # fmt: skip
    assert hashes == [(2,)]
    assert cli.json("data", "purge", "--older-than", "400")[0]["records"] == 0


def test_what_was_purged_still_agrees_with_the_ledger(cli: Cli, posted: list[str]) -> None:
    cli("data", "purge", "--older-than", "400", "--yes")

    found = cli.json("reconcile", "acme", *ALL)

    assert (found["clean"], found["totals"][0]["ledger"]) == (True, Decimal("16.35"))


@pytest.mark.parametrize(("change", "kind"), [({"DebitAmount": Decimal("99.00")}, "altered"), (None, "missing")])
def test_what_was_purged_and_differs_in_the_ledger_is_found(
    cli: Cli, posted: list[str], world: World, change: dict[str, Any] | None, kind: str
) -> None:
    cli("data", "purge", "--older-than", "400", "--yes")
    kept = cli.json("record", "acme", posted[0])
    line = next(line for line in world.d365.lines(document=kept["reference"]))
    if change is None:
        world.d365.delete_lines(document=kept["reference"])
    else:
        world.d365.change_line(kept["journal"], line["LineNumber"], **change)

    found = cli.json("reconcile", "acme", *ALL, code=1)

    assert [(one["kind"], one["record_id"]) for one in found["findings"]] == [(kind, posted[0])]


def test_the_young_the_held_and_those_still_followed_are_kept(
    cli: Cli, connection: Connection, posted: list[str], spend: Spending, taken_in: Work, runtime: Runtime
) -> None:
    followed, held = spend.expense("3.00"), spend.unmapped()
    taken_in()
    grow_old(runtime, 500)
    young = spend.expense("5.00")
    taken_in()
    assert stages_of(cli) == dict.fromkeys([*posted, followed, young], "acknowledged") | {held: "held"}

    result = cli("data", "purge", "--older-than", "400", "--yes")

    assert "Kept whole: records whose journal" in result.stderr
    whole = {one for one, has in contents(runtime).items() if has[0]}
    assert whole == {followed, held, young}


def test_a_change_in_brex_that_nobody_has_seen_to_keeps_the_record_whole(
    cli: Cli, posted: list[str], runtime: Runtime
) -> None:
    changed = """UPDATE records SET changed_in_brex = '{"differences": ["amount"]}' WHERE record_id = :id"""
    execute(runtime, changed, id=posted[0])

    found = cli.json("data", "purge", "--older-than", "400", "--yes")[0]

    assert (found["records"], found["still_followed"]) == (1, 1)
    assert contents(runtime)[posted[0]] == (True, True, True)


def test_a_skipped_record_goes_too_and_can_be_taken_up_again(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, work: Work, runtime: Runtime
) -> None:
    record_id = spend.unmapped()
    taken_in()
    assert cli("skip", "acme", record_id, "--reason", "keyed by hand").exit_code == 0
    grow_old(runtime, 500)
    assert cli.json("data", "purge", "--older-than", "400", "--yes")[0]["records"] == 1

    assert cli("retry", "acme", record_id).exit_code == 0
    work()

    assert (stages_of(cli)[record_id], contents(runtime)[record_id][0]) == ("held", True)


def test_a_purge_of_what_is_young_is_wrong_usage(cli: Cli, connection: Connection) -> None:
    assert cli("data", "purge", "--older-than", "29").exit_code == 2


def test_the_history_is_still_verified(cli: Cli, connection: Connection, spend: Spending, taken_in: Work,
                                       world: World, runtime: Runtime) -> None:  # fmt: skip
    ids = [spend.expense("12.30")]
    taken_in()
    post(cli, connection, world, runtime, ids)
    execute(runtime, "UPDATE records SET body = NULL, entry = NULL, purged_at = now()")
    execute(runtime, "UPDATE writes SET intent = '[]' WHERE kind = 'entry'")

    assert cli.json("audit", "verify", "acme")[0]["breaks"] == []
