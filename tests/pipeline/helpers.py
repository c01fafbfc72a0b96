"""What the pipeline's tests share: spend to post, time that moves on request, and the books read without our tables."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from connector.domain.reference import reference
from connector.pipeline import intake, stages
from connector.pipeline import poll as polling
from connector.pipeline.poll import Counts
from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.coding import ACCOUNTS, TRAVEL, UNITS
from sandbox.middleware import Faulty
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World

Json = dict[str, Any]

# As requests to break by `World.faults`.
SEND = "POST /data/$batch"
HEADER = "POST /data/LedgerJournalHeaders"
REPORT = "POST /v3/accounting/records/export-results"
RECORDS = "GET /v3/accounting/records"


def expense(maker: Maker, world: World, lines: int = 1, days: int = 0) -> Json:
    """A CARD_EXPENSE_POST, so many days old, in USD with so many coded lines; it maps without a problem."""
    coded = [maker.line(DEBIT, maker.amount(), "USD", (ACCOUNTS[2], UNITS[0])) for _ in range(lines)]
    total = sum((line["amount"]["amount"] for line in coded), Decimal(0))
    moment = world.clock() - timedelta(days=days)
    return maker.record("CARD_EXPENSE_POST", "USD", moment, [*coded, maker.line(CREDIT, total, "USD")])


def spend(world: World, *sizes: int, seed: int = 1, days: int = 1) -> list[str]:
    """Records of so many coded lines each, exported in Brex, spread over so many days; their ids."""
    maker = Maker(seed)
    return [world.brex.add_record(expense(maker, world, lines, number % days)) for number, lines in enumerate(sizes)]


def announce(runtime: Runtime, connection: Connection, ids: Iterable[str]) -> None:
    """As the webhook does it."""
    with runtime.database.begin() as tx:
        intake.announce(tx, connection.id, ids, actor="webhook", source="webhook")


def spend_and_announce(runtime: Runtime, connection: Connection, world: World, *sizes: int) -> list[str]:
    ids = spend(world, *sizes)
    announce(runtime, connection, ids)
    return ids


def poll(runtime: Runtime, connection: Connection) -> Counts | None:
    """The scheduled poll, now."""
    change(runtime.database, "UPDATE connections SET next_poll_at = now()")
    return polling.run(runtime, connection)


def run_chain(runtime: Runtime, connection: Connection, times: int = 1) -> None:
    for _ in range(times):
        for stage in stages.CHAIN:
            stages.run(runtime, stage, connection.id, seconds=60)


# Every deadline and waiting time of the tables. Postgres's clock is the only one, so they move instead of it.
_TIMES = (
    ("records", ("next_attempt_at",)),
    ("writes", ("not_before", "quiet_until", "absent_at", "next_look_at")),
    ("batches", ("started_at", "deadline")),
    ("pacing", ("not_before",)),
    ("receipts", ("next_at", "sent_until", "absent_at")),
)


def after_answer(world: World, system: str, match: str, do: Callable[[], object]) -> None:
    """Once, after the first request like this was carried out and before its answer is read: let the world move on."""
    method, _, part = match.partition(" ")
    faulty = world.apps[system]
    assert isinstance(faulty, Faulty)
    inner, waiting = faulty.app, [do]

    def app(environ: Any, start_response: Any) -> Any:
        answer = inner(environ, start_response)
        if waiting and environ["REQUEST_METHOD"] == method and part in environ["PATH_INFO"]:
            waiting.pop()()
        return answer

    faulty.app = app


def let_pass(database: Database, seconds: float) -> None:
    """As if so much time had gone by."""
    with database.begin() as tx:
        for table, columns in _TIMES:
            moved = ", ".join(f"{name} = {name} - :seconds * interval '1 second'" for name in columns)
            tx.execute(text(f"UPDATE {table} SET {moved}"), {"seconds": seconds})


def run_until_quiet(runtime: Runtime, connection: Connection, minutes: int = 15, most: int = 40) -> None:
    """Run the chain, and let time pass where it waits, until nothing is due within the next minutes."""
    for _ in range(most):
        run_chain(runtime, connection)
        seconds = stages.next_seconds(runtime, connection.id)
        if seconds is None or seconds > minutes * 60:
            return
        let_pass(runtime.database, seconds + 0.001)
    raise AssertionError("the work never ends")


def rows(runtime: Runtime, connection: Connection) -> dict[str, Json]:
    """Record id → the record's row as `connector records` shows it."""
    with runtime.database.begin() as tx:
        return {row["record_id"]: row for row in views.listing(tx, connection.id)}


def stages_of(runtime: Runtime, connection: Connection) -> dict[str, str]:
    return {record_id: row["stage"] for record_id, row in rows(runtime, connection).items()}


def record(runtime: Runtime, connection: Connection, record_id: str) -> Json:
    with runtime.database.begin() as tx:
        found = views.one(tx, connection.id, record_id)
    assert found is not None
    return found


def story(runtime: Runtime, connection: Connection, record_id: str) -> list[str]:
    """Why each step was taken, oldest first."""
    return [event["why"] for event in record(runtime, connection, record_id)["events"]]


def codes(row: Json) -> list[str]:
    return [problem["code"] for problem in row["problems"]]


def key(record_id: str) -> str:
    """The reference of a record's entry, epoch 0: derived from outside identities alone."""
    return reference(record_id, 0, "entry")


def scalar(database: Database, statement: str, **params: Any) -> Any:
    with database.begin() as tx:
        return tx.execute(text(statement), params).scalar()


def change(database: Database, statement: str, **params: Any) -> None:
    with database.begin() as tx:
        tx.execute(text(statement), params)


def problem_with(world: World, record_id: str) -> str:
    """What is wrong with a record's entry in the ledger; empty where it stands there once and whole.

    Reads Brex and F&O alone. Every line of `expense` is a debit; the last line of several balances them.
    """
    spent = world.brex.records.get(record_id)
    assert spent is not None
    lines = world.d365.lines(document=key(record_id))
    coded = [line for line in spent["line_items"] if line["accounting_field_values"]]
    expected = 1 if len(coded) == 1 else len(coded) + 1
    if len(lines) != expected:
        return f"{len(lines)} lines, not {expected}"
    totals = world.d365.totals(document=key(record_id))
    amount = Decimal(spent["amount"]["amount"])
    if totals != {spent["amount"]["currency"]: (amount, amount)}:
        return f"debits and credits are {totals}, not {amount}"
    if len({line["Voucher"] for line in lines}) != 1 or len({line["JournalBatchNumber"] for line in lines}) != 1:
        return "spread over vouchers or journals"
    return ""


def assert_books(world: World, written: Sequence[str], unwritten: Sequence[str] = ()) -> None:
    """The invariants, from Brex and F&O alone: each of `written` once, whole and EXPORTED; of the others nothing.

    Every line in the ledger belongs to one of `written`, and no two entries share a voucher.
    """
    statuses = world.brex.statuses()
    told = {one: problem for one in written if (problem := problem_with(world, one))}
    assert told == {}
    assert {one for one in written if statuses[one] != "EXPORTED"} == set()
    assert {one for one in unwritten if statuses.get(one) == "EXPORTED" or world.d365.lines(document=key(one))} == set()
    lines = world.d365.lines()
    assert {line["Document"] for line in lines} == {key(one) for one in written}
    assert len({(line["dataAreaId"], line["Voucher"]) for line in lines}) == len(written)
    reported = [result["accounting_record_id"] for result in world.brex.reported()]
    assert len(reported) == len(set(reported))


def assert_all_done(runtime: Runtime, connection: Connection, world: World, ids: Sequence[str]) -> None:
    """`assert_books`, and our own tables say the same."""
    assert_books(world, ids)
    found = rows(runtime, connection)
    ends = {(found[one]["stage"], found[one]["export_status"], tuple(codes(found[one]))) for one in ids}
    assert ends == {("acknowledged", "EXPORTED", ())}


def unbookable(world: World, seed: int = 7) -> str:
    """A record that plans well and that only F&O refuses: its account demands a department. Its id is the first."""
    maker = Maker(seed)
    amount = maker.amount()
    lines = [maker.line(DEBIT, amount, "USD", (TRAVEL, UNITS[0])), maker.line(CREDIT, amount, "USD")]
    spent = maker.record("CARD_EXPENSE_POST", "USD", world.clock(), lines)
    spent |= {"user": None, "id": "accr_000000000000000000000bad"}
    return world.brex.add_record(spent)
