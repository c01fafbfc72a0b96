"""`connector fields`: F&O's accounts and dimensions as fields in Brex, so that people code with what the ledger has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from connector.brex.errors import BrexError
from connector.cli.arguments import AsJson, Name
from connector.cli.asking import confirm
from connector.cli.context import current
from connector.cli.failures import Failure
from connector.cli.output import complain, err, note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted
from connector.pipeline.push.diff import Kind
from connector.pipeline.push.look import Look, NotAllowed, Survey, client
from connector.pipeline.push.push import Busy, Done, Push
from connector.pipeline.push.wanted import NotPossible
from connector.pipeline.runtime import Stop

app = typer.Typer(no_args_is_help=True, help="F&O's accounts and dimensions as fields in Brex.")
_INTERRUPTED = 130


@app.command("diff")
def diff_(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show what a push would change in Brex, and change nothing.

    What is pushed is named by brex.push in the connection file: {"accounts": true, "dimensions": ["BusinessUnit"]}.

    Example: connector fields diff acme
    """
    with _push(ctx, name) as push:
        found = _surveyed(push)
    if as_json:
        print_json([_for_programs(look) for look in found.looks])
        return
    _print(found)


@app.command("push")
def push_(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring Brex's fields to what F&O has: new, renamed, enabled and disabled values. Nothing is ever deleted.

    The changes are shown first. It may be stopped (Ctrl-C) and run again: it reads Brex and goes on.

    Example: connector fields push acme
    """
    if as_json and not yes:
        raise typer.BadParameter("with --json nobody is shown the changes and asked: add --yes.")
    with _push(ctx, name) as push:
        found = _surveyed(push)
        if not as_json:
            _print(found)
        if found.changes and not yes:
            confirm("Push this to Brex?")
        done = _done(push, found)
    if as_json:
        refused = [{"remote_id": one, "reason": why} for one, why in done.refused]
        print_json({"changed": done.changed, "refused": refused, "unknown": done.unknown})
    else:
        say(f"{counted(done.changed, 'change')} made in Brex.")
    for one, why in done.refused:
        complain(f"{one}: {why}")
    if done.unknown:
        note(f"What became of {counted(done.unknown, 'call')} is not known: run it again, it reads Brex first.")
    if done.refused or done.unknown:
        raise typer.Exit(1)


@contextmanager
def _push(ctx: typer.Context, name: str) -> Iterator[Push]:
    """A push with its turn; what was to be expected becomes a sentence."""
    context = current(ctx)
    connection = context.connection(name)
    push = Push(context.runtime, connection, client(context.runtime, connection))
    try:
        with push.turn():
            yield push
    except (Busy, NotAllowed, NotPossible) as error:
        said = str(error)
        raise Failure(f"{said[:1].upper()}{said[1:]}.") from None


def _surveyed(push: Push) -> Survey:
    with _bar(TextColumn("{task.completed:,.0f} options")) as bar:
        task = bar.add_task("Reading Brex", total=None)
        return push.survey(lambda number: bar.update(task, completed=number))


def _done(push: Push, found: Survey) -> Done:
    try:
        with _bar(BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn()) as bar:
            task = bar.add_task("Pushing to Brex", total=found.changes)
            return push.run(found, lambda done, of: bar.update(task, completed=done, total=of))
    except KeyboardInterrupt:
        complain(f"Stopped after {counted(push.done.changed, 'change')}; the same command goes on.")
        raise typer.Exit(_INTERRUPTED) from None
    except (Stop, BrexError):
        if push.done.changed:
            note(f"Broken off after {counted(push.done.changed, 'change')}; the same command goes on.")
        raise


def _bar(*columns: Any) -> Progress:
    console = err()
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), *columns, console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip


def _print(found: Survey) -> None:
    numbers = [Column(title, right=True) for title in ("In Brex", "New", "Renamed", "Enabled", "Disabled")]
    rows = [
        [
            look.wanted.remote_id,
            look.wanted.name,
            f"{look.present:,}" if look.brex_id else "no field yet",
            *(f"{look.counts[kind]:,}" if look.counts[kind] else "" for kind in Kind),
        ]
        for look in found.looks
    ]
    table([Column("Field"), Column("Name", leave=1), *numbers], rows)
    for look in found.looks:
        _print_examples(look)
        if look.left_out:
            some = ", ".join(look.left_out[:5])
            left = counted(len(look.left_out), "value")
            note(f"{left} of {look.wanted.name} left out, as Brex takes ASCII only: {some}")
    if found.unknown:
        note(f"What became of {counted(found.unknown, 'call')} of an earlier push is not known; a push looks first.")
    if not found.changes:
        say("Nothing to change.")


def _print_examples(look: Look) -> None:
    if not look.changes:
        return
    again = " the field is enabled again" if look.brex_id and look.disabled else ""
    say(f"{look.wanted.remote_id}:{again}")
    for kind, examples in look.examples.items():
        for one in examples:
            to = f" -> {one.value}" if one.was and one.value else ""
            say(f"  {kind:<8}{one.was or one.value}{to}")
        if look.counts[kind] > len(examples):
            say(f"  {'':<8}… and {look.counts[kind] - len(examples):,} more")


def _for_programs(look: Look) -> dict[str, Any]:
    examples = [
        {"change": one.kind, "remote_id": one.remote_id, "value": one.value, "was": one.was}
        for some in look.examples.values()
        for one in some
    ]
    return {
        "field": look.wanted.remote_id,
        "name": look.wanted.name,
        "in_brex": bool(look.brex_id),
        "disabled": look.disabled,
        "options": look.present,
        **{kind: look.counts[kind] for kind in Kind},
        "left_out": look.left_out,
        "examples": examples,
    }
