"""`connector backfill`: take in what waits in Brex, from a day on, without waiting for the next poll."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from connector.brex.errors import BrexError
from connector.cli.arguments import AsJson, Name, day_option
from connector.cli.context import current, person
from connector.cli.output import complain, err, note, print_json, say
from connector.cli.words import counted
from connector.pipeline import poll
from connector.pipeline.poll import Counts
from connector.pipeline.runtime import Stop

# As a shell tells that Ctrl-C ended a command.
INTERRUPTED = 130


def backfill(
    ctx: typer.Context,
    name: Name,
    since: Annotated[date, day_option("--since", "The first day.")],
    until: Annotated[date | None, day_option("--until", "The last posting date; left out: no limit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take in all records that are ready for export in Brex.

    Without --until: those changed on or after the day given. With it: those with a posting date within the days given.
    Records that are known already are counted and left alone, so it may be stopped (Ctrl-C) and run again.

    Example: connector backfill acme --since 2026-11-01
    """
    if until is not None and until < since:
        raise typer.BadParameter("--until lies before --since.")
    context = current(ctx)
    connection = context.active(name)
    console, done, stopped = err(), Counts(), False
    try:
        with progress_bar(console) as progress:
            total = poll.waiting(context.runtime, connection, since) if console.is_terminal else None
            task = progress.add_task("Reading Brex", total=total, words="")

            def show(counts: Counts, read: int) -> None:
                nonlocal done
                done = counts
                progress.update(task, completed=read, total=None if total is None else max(total, read),
                                words=_words(counts))  # fmt: skip

            done = poll.take(
                context.runtime, connection, since=since, until=until, actor=person(), source="backfill", progress=show
            )
    except KeyboardInterrupt:
        stopped = True
    except (Stop, BrexError):
        if done.seen:
            note(f"Broken off after {_words(done)}; they are stored. The same command goes on.")
        raise
    if as_json:
        print_json({"seen": done.seen, "new": done.new, "known": done.known, "without_id": done.without_id})
    elif not stopped:
        say(_words(done) + ".")
    if done.without_id:
        note(f"{counted(done.without_id)} had no id and could not be kept; ask Brex support.")
    context.woken(connection)
    if stopped:
        complain(
            f"Stopped after {_words(done)}. They are stored and go on by themselves; the same command takes the rest."
        )
        raise typer.Exit(INTERRUPTED)


def _words(counts: Counts) -> str:
    return f"{counted(counts.seen)} seen: {counts.new:,} new, {counts.known:,} known"


class _Figures(ProgressColumn):
    """How many of how many, and how fast."""

    def render(self, task: Task) -> Text:
        of = "" if task.total is None else f" of {task.total:,.0f}"
        rate = "" if task.finished_speed or task.speed is None else f", {task.speed:,.0f}/s"
        return Text(f"{task.completed:,.0f}{of}{rate}")


def progress_bar(console: Console, clock: Callable[[], float] | None = None) -> Progress:
    """Count, rate and time left. Where Brex does not say how many there are, the bar only moves."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        _Figures(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[words]}"),
        console=console,
        get_time=clock,
        transient=True,
        disable=not console.is_terminal,
    )
