"""Transfers: off by default, two persons, a daily limit, one effect; and a token that never shows."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.brex.errors import BrexError
from connector.cli.transfers import actor
from connector.domain import jsonio
from connector.domain.connection import BadConnectionFile, read
from connector.domain.money import Money
from connector.outbound.session import Outbound
from connector.pipeline import transfers
from connector.pipeline.alignment import survey
from connector.pipeline.runtime import Runtime
from connector.pipeline.transfers import NotPossible, Wish
from connector.store import connections, rules
from connector.store.connections import Connection
from connector.store.transfers import TransferRow
from connector.vault import Vault
from sandbox.brex.transfers import ACCOUNT
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.conftest import mapping_rows
from tests.pipeline.crashing import Crash, CrashingCalls, CrashingDatabase, Fuse
from tests.pipeline.helpers import change
from tests.pipeline.test_twice import at_once

JOE, POST = "Joe's Coffee", "POST /v1/transfers"
ANN, BOB = "person:ann", "person:bob"
Pay = Callable[..., TransferRow]


def file_of(world: World) -> dict[str, Any]:
    data = world.connection("acme")
    token = world.brex.new_token("transfers", "transfers.readonly")
    limits = {"USD": Decimal("1000.00"), "EUR": Decimal(5)}
    data["brex"] |= {"transfers_token": token, "transfers": {"account_id": ACCOUNT, "daily_limits": limits}}
    return data


@pytest.fixture
def data(world: World) -> dict[str, Any]:
    return file_of(world)


@pytest.fixture
def connection(runtime: Runtime, world: World, data: dict[str, Any]) -> Connection:
    world.brex.vendors.add_instrument(world.brex.vendors.add(JOE), "pi_1")
    with runtime.database.begin() as tx:
        connection_id = connections.add(tx, runtime.vault, read(data))
        rules.replace_mappings(tx, connection_id, mapping_rows())
        found = connections.by_id(tx, connection_id)
    assert found is not None
    survey.read(runtime, found)
    return found


@pytest.fixture
def ask(runtime: Runtime, connection: Connection) -> Pay:
    def asked(amount: str = "120.50", memo: str = "INV-12", currency: str = "USD") -> TransferRow:
        wish = Wish(JOE, "pi_1", Money(Decimal(amount), currency), memo)
        return transfers.request(runtime, connection, wish, ANN)

    return asked


def paid(world: World) -> list[int]:
    return [doc["amount"]["amount"] for doc in world.brex.transfers.all()]


def later(runtime: Runtime, hours: int = 0) -> None:
    change(runtime.database, "UPDATE transfers SET busy_until = now() - interval '1 second', "
           "sent_at = sent_at - :hours * interval '1 hour'", hours=hours)  # fmt: skip


def test_one_asks_another_approves_and_the_vendor_is_paid_once(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, ask: Pay
) -> None:
    asked = cli.json("transfers", "request", "acme", JOE.upper(), "120.50", "--memo", "INV-12")
    assert (asked["state"], asked["requested_by"], paid(world)) == ("requested", actor(), [])
    row = transfers.approve(runtime, connection, asked["reference"], BOB)
    again = transfers.approve(runtime, connection, asked["reference"], BOB)

    assert (row.state, again, paid(world)) == ("written", row, [12050])
    [sent] = world.brex.transfers.all()
    assert (sent["external_memo"], sent["id"]) == (f"INV-12 {row.reference}", row.brex_id)
    [told] = cli.json("transfers", "list", "acme")
    assert [(one["actor"], one["what"].split(" ")[0]) for one in told["events"]] == [
        (actor(), "asked"), (BOB, "approved"), (BOB, "sent"), (BOB, "written:")
    ]  # fmt: skip
    assert len({one["body_hash"] for one in told["events"]}) == 1
    assert "Approved today: 120.50 USD." in cli("transfers", "list", "acme").stderr


def test_the_command_line_approves_what_another_person_asked_for(cli: Cli, world: World, ask: Pay) -> None:
    row = ask()
    result = cli("transfers", "approve", "acme", row.reference, stdin="y\n")
    assert "PROCESSING in Brex" in result.stdout
    assert paid(world) == [12050]


def test_nobody_approves_what_they_asked_for(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, ask: Pay, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotPossible, match="another person"):
        transfers.approve(runtime, connection, ask().reference, ANN)
    asked = cli.json("transfers", "request", "acme", JOE, "5")
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):  # a variable of the shell's makes nobody another person
        monkeypatch.setenv(name, "somebody-else")
    result = cli("transfers", "approve", "acme", asked["reference"], "--yes")
    assert (result.exit_code, paid(world)) == (1, [])
    assert "It takes another person than the one who asked" in result.stderr
    with pytest.raises(DBAPIError), runtime.database.begin() as tx:  # and the database itself keeps to it
        tx.execute(text("UPDATE transfers SET approved_by = requested_by"))


def test_the_daily_limit_counts_all_that_was_approved(
    runtime: Runtime, connection: Connection, world: World, ask: Pay
) -> None:
    first, second, third = ask("600.00"), ask("400.01"), ask("400.00")
    transfers.approve(runtime, connection, first.reference, BOB)
    with pytest.raises(NotPossible, match=r"more than 1,000.00 USD; nothing was approved"):
        transfers.approve(runtime, connection, second.reference, BOB)
    transfers.approve(runtime, connection, third.reference, BOB)
    assert paid(world) == [60000, 40000]
    change(runtime.database, "UPDATE transfer_days SET day = day - 1")  # the next day
    transfers.approve(runtime, connection, second.reference, BOB)
    assert paid(world) == [60000, 40000, 40001]


def test_two_approvals_at_once_do_not_pass_the_limit_together(
    runtime: Runtime, connection: Connection, world: World, ask: Pay
) -> None:
    rows = [ask("300.00", f"M{number}") for number in range(6)]
    refused: list[str] = []

    def approve(reference: str) -> None:
        try:
            transfers.approve(runtime, connection, reference, BOB)
        except NotPossible as error:
            refused.append(str(error))

    at_once(*[lambda one=row.reference: approve(one) for row in rows])
    assert (paid(world), len(refused)) == ([30000] * 3, 3)


def test_one_approved_by_two_at_once_is_sent_once(
    runtime: Runtime, connection: Connection, world: World, ask: Pay
) -> None:
    row = ask()

    def approve(who: str) -> None:
        with suppress(NotPossible):
            transfers.approve(runtime, connection, row.reference, who)

    at_once(*[lambda one=number: approve(f"person:{one}") for number in range(4)])
    assert paid(world) == [12050]


@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "truncate_after"])
def test_a_lost_answer_is_looked_for_and_the_repetition_is_the_same_request(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, ask: Pay, fault: str
) -> None:
    row = ask()
    world.faults.add("brex", POST, fault, **({"bytes": 10} if fault == "truncate_after" else {}))
    first = transfers.approve(runtime, connection, row.reference, BOB)
    assert (first.state, first.held) == ("uncertain", False)
    result = cli("transfers", "approve", "acme", row.reference, "--yes")
    assert result.exit_code == 0
    assert paid(world) == [12050]
    [told] = cli.json("transfers", "list", "acme")
    assert told["attempts"] == (2 if fault == "reset_before" else 1)
    assert (told["approved_by"], len({one["body_hash"] for one in told["events"]})) == (BOB, 1)


def test_after_a_day_nothing_is_sent_again_under_the_same_key(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, ask: Pay
) -> None:
    row = ask()
    world.faults.add("brex", POST, "reset_before")
    transfers.approve(runtime, connection, row.reference, BOB)
    later(runtime, hours=25)
    result = cli("transfers", "approve", "acme", row.reference, "--yes")
    assert "cannot be told" in result.stderr
    assert (paid(world), cli.json("transfers", "list", "acme")[0]["held"]) == ([], True)


def test_killed_at_any_point_it_is_sent_once(
    runtime: Runtime, connection: Connection, world: World, database_url: str, vault: Vault, ask: Pay
) -> None:
    for point in range(1, 60):
        row, fuse = ask("1.00", f"P{point}"), Fuse()
        database = CrashingDatabase(database_url, fuse)
        worker = Runtime(database, vault, Outbound(adapter=CrashingCalls(world.adapter(), fuse)), quiet_seconds=0)
        fuse.light(point)
        try:
            transfers.approve(worker, connection, row.reference, BOB)
            whole = True
        except Crash:
            whole = False
        fuse.put_out()
        database.dispose()
        later(runtime)
        done = transfers.approve(runtime, connection, row.reference, BOB)
        assert (done.state, paid(world)) == ("written", [100] * point)
        if whole:
            assert point > 10
            return
    raise AssertionError("it never ends")


def test_what_brex_refuses_is_told_and_does_not_count_against_the_day(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    wish = Wish(JOE, "pi_gone", Money(Decimal("900.00"), "USD"), "")
    row = transfers.request(runtime, connection, wish, ANN)
    done = transfers.approve(runtime, connection, row.reference, BOB)
    assert (done.state, "payment_instrument_id is invalid" in done.evidence) == ("refused", True)
    once_more = transfers.request(runtime, connection, replace(wish, instrument="pi_1"), ANN)
    assert transfers.approve(runtime, connection, once_more.reference, BOB).state == "written"
    assert paid(world) == [90000]


def test_a_token_without_the_scope_sends_nothing_and_pauses_nothing(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, ask: Pay, data: dict[str, Any]
) -> None:
    row = ask()
    world.brex.revoke_token(data["brex"]["transfers_token"])
    with pytest.raises(BrexError):
        transfers.approve(runtime, connection, row.reference, BOB)
    [told] = cli.json("transfers", "list", "acme")
    assert (told["state"], told["attempts"], paid(world)) == ("approved", 0, [])
    assert cli.json("connections", "list")[0]["state"] == "active"


def test_the_same_is_not_asked_for_twice_while_it_waits(
    runtime: Runtime, connection: Connection, world: World, ask: Pay
) -> None:
    first = ask()
    with pytest.raises(NotPossible, match="asked for already"):
        ask()
    transfers.approve(runtime, connection, first.reference, BOB)
    second = ask()  # a second bill of the same amount is another transfer
    assert (second.reference != first.reference, second.key != first.key) == (True, True)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((JOE, "0"), "no amount"),
        ((JOE, "-5"), ""),
        ((JOE, "1.005"), "no amount"),
        ((JOE, "NaN"), "no amount"),
        ((JOE, "1000.01"), "more than the daily limit of 1,000.00 USD"),
        ((JOE, "5", "--currency", "GBP"), "has none for GBP"),
        ((JOE, "5", "--memo", "x" * 20), "19 ASCII characters"),
        ((JOE, "5", "--instrument", "pi_9"), "no payment instrument pi_9; it has: pi_1 (ACH)"),
        (("Nobody", "5"), "no vendor"),
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence(
    cli: Cli, connection: Connection, args: tuple[str, ...], words: str
) -> None:
    result = cli("transfers", "request", "acme", *args)
    assert result.exit_code in (1, 2)
    assert words in result.stderr
    assert cli.json("transfers", "list", "acme") == []


def test_it_is_off_unless_the_connection_enables_it(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, ask: Pay
) -> None:
    row = ask()
    change(runtime.database, "UPDATE connections SET settings = settings #- '{brex,transfers}'")
    for args in (("request", "acme", JOE, "5"), ("approve", "acme", row.reference, "--yes")):
        result = cli("transfers", *args)
        assert (result.exit_code, paid(world)) == (1, [])
        assert "Transfers are off for acme: set brex.transfers and brex.transfers_token." in result.stderr


def test_the_settings_are_strict_and_the_token_is_one_of_its_own(data: dict[str, Any]) -> None:
    token = data["brex"]["transfers_token"]
    for brex, words in (
        ({"transfers_token": None}, r"brex\.transfers_token: is required"),
        ({"transfers_token": data["brex"]["token"]}, "another token"),
        ({"transfers": {"account_id": "", "daily_limits": {}, "colour": 1}}, "account_id.*daily_limits.*colour"),
        ({"transfers": {"account_id": "x", "daily_limits": {"USD": Decimal(-1)}}}, "daily_limits"),
        ({"transfers": {"account_id": "x", "daily_limits": {"dollars": Decimal(1)}}}, "daily_limits"),
    ):
        with pytest.raises(BadConnectionFile, match=words) as caught:
            read({**data, "brex": data["brex"] | brex})
        assert token not in str(caught.value)


def test_the_token_never_shows(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, ask: Pay, data: dict[str, Any],
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    token = data["brex"]["transfers_token"]
    caplog.set_level(logging.DEBUG)
    row = ask()
    world.faults.add("brex", POST, "status_after", code=400, body=f'{{"type":"X","message":"bad token {token}"}}')
    transfers.approve(runtime, connection, row.reference, BOB)
    shown = [cli("connections", "show", "acme"), cli("connections", "list", "--json"), cli("credentials", "list"),
             cli("transfers", "list", "acme", "--json"), cli("vendors", "align", "acme"), cli("ping", "acme"),
             cli("transfers", "approve", "acme", row.reference, "--yes")]  # fmt: skip
    assert '"transfers_token": "********"' in shown[0].stdout
    assert [one for one in shown if token in one.output] == []
    assert token not in caplog.text + "".join(capsys.readouterr())
    with runtime.database.begin() as tx:
        names = tx.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        count = "SELECT count(*) FROM {} t WHERE CAST(t AS text) LIKE :token"
        stored = {name: tx.execute(text(count.format(name)), {"token": f"%{token}%"}).scalar() for name in names}
    assert {name for name, number in stored.items() if number} == set()


def test_what_was_done_can_only_be_added_to(runtime: Runtime, ask: Pay) -> None:
    ask()
    for statement in ("UPDATE transfer_events SET actor = 'x'", "DELETE FROM transfer_events"):
        with pytest.raises(DBAPIError, match="append-only"):
            change(runtime.database, statement)


def test_a_file_without_the_token_makes_it_forgotten(
    cli: Cli, runtime: Runtime, connection: Connection, data: dict[str, Any]
) -> None:
    data["brex"] = {key: value for key, value in data["brex"].items() if not key.startswith("transfers")}
    assert cli("connections", "add", "-", "--replace", stdin=jsonio.dumps(data)).exit_code == 0
    with runtime.database.begin() as tx:
        assert "brex.transfers_token" not in connections.secrets(tx, runtime.vault, connection.id)
