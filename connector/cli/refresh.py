"""`connector refresh`: master data from F&O now, with what is new, changed and gone."""

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from connector.cli.arguments import AsJson, Name
from connector.cli.context import current
from connector.cli.output import err, note, print_json, say
from connector.cli.tables import Column, table
from connector.pipeline import refresh as master
from connector.pipeline.refresh import Outcome


def refresh(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Read the master data from F&O now: ledgers, accounts, dimensions, structures, periods, vendors …

    It happens by itself once a day. What is gone from F&O is kept as inactive. Held records that a change may mend are
    planned again.

    Example: connector refresh acme
    """
    context = current(ctx)
    found = context.active(name)
    console = err()
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24),
        TextColumn("{task.completed:.0f} of {task.total:.0f} sets"), TextColumn("{task.fields[rows]}"),
        console=console, transient=True, disable=not console.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task("Reading F&O", total=len(master.SETS), rows="")

        def show(entity_set: str, done: int, rows: int) -> None:
            bar.update(task, completed=done, description=f"Reading {entity_set}", rows=f"{rows:,} rows")

        outcome = master.run(context.runtime, found, show)
    if as_json:
        print_json(_for_programs(outcome))
    else:
        _print(outcome)
    for entity_set, reason in outcome.unread.items():
        note(f"{entity_set} could not be read ({reason}); what was not known before is left to F&O to judge.")
    context.woken(found)


def _for_programs(outcome: Outcome) -> dict[str, object]:
    return {
        "read": outcome.rows,
        "changes": {name: master.vars_of(one) for name, one in outcome.found.items()},
        "not_read": list(outcome.unread),
        "replanned": outcome.replanned,
    }


def _print(outcome: Outcome) -> None:
    numbers = [Column(title, right=True) for title in ("Rows", "New", "Changed", "Gone")]
    rows = []
    for name, count in outcome.rows.items():
        found = master.vars_of(outcome.found[name]).values()
        rows.append([name, f"{count:,}", *(f"{number:,}" if number else "" for number in found)])
    table([Column("Entity set"), *numbers], rows)
    if outcome.replanned:
        say("Something that plans depend on has changed: held records are planned again.")
