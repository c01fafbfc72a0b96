"""`connector backfill`: take in what waits in Brex, from a day on, without waiting for the next poll."""

from datetime import date
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connector.cli.arguments import AsJson, Name, day_option
from connector.cli.context import current, person
from connector.cli.output import err, note, print_json, say
from connector.cli.words import counted
from connector.pipeline import poll
from connector.pipeline.poll import Counts


def backfill(
    ctx: typer.Context,
    name: Name,
    since: Annotated[date, day_option("--since", "The first day.")],
    until: Annotated[date | None, day_option("--until", "The last posting date; left out: no limit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take in all records that are ready for export in Brex.

    Without --until: those changed on or after the day given. With it: those with a posting date within the days given.
    Records that are known already are counted and left alone.

    Example: connector backfill acme --since 2026-11-01
    """
    if until is not None and until < since:
        raise typer.BadParameter("--until lies before --since.")
    context = current(ctx)
    connection = context.active(name)
    with _progress() as progress:
        task = progress.add_task("Reading Brex", total=None, words="")

        def show(counts: Counts) -> None:
            progress.update(task, words=_words(counts))

        counts = poll.take(
            context.runtime, connection, since=since, until=until, actor=person(), source="backfill", progress=show
        )
        progress.update(task, total=1, completed=1, description="Read Brex")
    if as_json:
        print_json({"seen": counts.seen, "new": counts.new, "known": counts.known, "without_id": counts.without_id})
    else:
        say(_words(counts) + ".")
    if counts.without_id:
        note(f"{counted(counts.without_id)} had no id and could not be kept; ask Brex support.")
    context.woken(connection)


def _words(counts: Counts) -> str:
    return f"{counted(counts.seen)} seen: {counts.new:,} new, {counts.known:,} known"


def _progress() -> Progress:
    """How many there will be Brex does not say, so the bar only moves."""
    console = err()
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
