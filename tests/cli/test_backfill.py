import signal
from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from connector.cli.backfill import progress_bar
from connector.pipeline import poll
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, stages_of
from tests.pipeline.helpers import RECORDS, after_answer
from tests.pipeline.helpers import spend as spent


def test_it_counts_what_is_new_and_what_is_known(cli: Cli, connection: Connection, spend: Spending) -> None:
    ids = {spend.expense(), spend.refund()}

    first = cli.json("backfill", "acme", "--since", "2025-01-01")
    second = cli.json("backfill", "acme", "--since", "2025-01-01")

    assert first == {"seen": 2, "new": 2, "known": 0, "without_id": 0}
    assert second == {"seen": 2, "new": 0, "known": 2, "without_id": 0}
    assert set(stages_of(cli)) == ids
    assert cli.woken == [connection.id, connection.id]


def test_it_takes_in_only_the_days_that_were_asked_for(cli: Cli, connection: Connection, spend: Spending) -> None:
    spend.expense(erp_posting_date="2025-03-31T23:59:59Z")
    inside = spend.expense(erp_posting_date="2025-04-30T23:59:59Z")
    spend.expense(erp_posting_date="2025-05-01T00:00:00Z")

    assert cli("backfill", "acme", "--since", "2025-04-01", "--until", "2025-04-30").exit_code == 0

    assert set(stages_of(cli)) == {inside}


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--since", "01/02/2026"],
        ["--since", "2026-02-30"],
        ["--since", "2026-02-01", "--until", "tomorrow"],
        ["--since", "2026-02-02", "--until", "2026-02-01"],
    ],
)
def test_a_wrong_date_is_wrong_usage(cli: Cli, connection: Connection, options: list[str]) -> None:
    result = cli("backfill", "acme", *options)

    assert (result.exit_code, result.stdout) == (2, "")


def test_a_paused_connection_is_refused_with_its_reason(cli: Cli, connection: Connection, spend: Spending) -> None:
    spend.expense()
    cli("pause", "acme", "--reason", "month-end close")

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert (result.exit_code, stages_of(cli)) == (1, {})
    assert "month-end close" in result.stderr
    assert "connector resume acme" in result.stderr


def test_a_refused_token_pauses_the_connection_and_says_so(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.revoke_token()

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert result.exit_code == 1
    assert "paused" in result.stderr
    assert "connector ping" in result.stderr
    assert cli.json("connections", "list")[0]["state"] == "paused"


def test_where_brex_asks_to_wait_it_says_so(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v3", "throttle", retry_after=120)

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert result.exit_code == 1
    assert "connector status" in result.stderr
    waits = cli.json("status", "acme")["connections"][0]["waits"]
    assert list(waits) == ["brex"]


def test_where_brex_is_not_reached_it_says_so(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v3", "refuse")

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert result.exit_code == 1
    assert "api.brex.com was not reached" in result.stderr


def test_a_strange_answer_is_told_with_its_trace(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v3", "malformed_after")

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "Brex answered 200" in result.stderr


def test_ctrl_c_stops_it_with_a_sentence_and_the_next_run_takes_the_rest(
    cli: Cli, connection: Connection, world: World
) -> None:
    ids = many(world, 700)
    after_answer(world, "brex", RECORDS, lambda: after_answer(world, "brex", RECORDS, interrupt))

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert (result.exit_code, result.stdout) == (130, "")
    assert "Stopped after 500 records seen: 500 new, 0 known." in result.stderr
    assert "the same command takes the rest" in result.stderr
    assert len(stages_of(cli)) == 500
    assert cli.woken == [connection.id]

    assert cli.json("backfill", "acme", "--since", "2025-01-01") == {
        "seen": 700, "new": 200, "known": 500, "without_id": 0,
    }  # fmt: skip
    assert set(stages_of(cli)) == set(ids)


def test_one_that_breaks_off_says_what_it_has_done(cli: Cli, connection: Connection, world: World) -> None:
    many(world, 700)
    world.faults.add("brex", RECORDS, "reset_after", skip=1)

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert result.exit_code == 1
    assert "Broken off after 500 records seen" in result.stderr
    assert "The same command goes on." in result.stderr
    assert len(stages_of(cli)) == 500


def test_how_many_there_will_be_is_asked_with_one_small_call_for_each_source(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    many(world, 3)
    assert poll.waiting(runtime, connection, date(2025, 1, 1)) == 3
    assert world.requests["brex"] == 2
    world.brex.options.set(total_count=False)
    assert poll.waiting(runtime, connection, date(2025, 1, 1)) is None


def test_progress_is_told_of_all_that_was_read_also_of_what_is_not_wanted(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    many(world, 700)
    told: list[tuple[int, int]] = []
    last = date(2025, 1, 2)
    poll.take(runtime, connection, since=date(2025, 1, 1), until=last, actor="x", source="backfill",
              progress=lambda counts, read: told.append((counts.seen, read)))  # fmt: skip
    assert told == [(0, 500), (0, 700), (0, 700)]


@pytest.mark.parametrize(("total", "shown"), [(12_100, "1,600 of 12,100, 150/s 0:01:10"), (None, "1,600, 150/s")])
def test_the_bar_shows_count_rate_and_time_left_and_without_a_total_count_and_rate(
    total: int | None, shown: str
) -> None:
    terminal = Console(file=StringIO(), force_terminal=True, width=160, color_system=None)
    seconds = [0.0]
    with progress_bar(terminal, clock=lambda: seconds[0]) as progress:
        task = progress.add_task("Reading Brex", total=total, words="")
        for seconds[0], read in ((1.0, 100), (11.0, 1600)):
            progress.update(task, completed=read, words="7 new")
        text = "".join(segment.text for segment in terminal.render(progress.get_renderable()))
    assert shown in text
    assert "7 new" in text


def many(world: World, number: int) -> list[str]:
    return spent(world, *[1] * number)


def interrupt() -> None:
    """As Ctrl-C does it."""
    signal.raise_signal(signal.SIGINT)
