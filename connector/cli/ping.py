"""`connector ping`: does a connection reach both sides, and is all there that it needs?"""

from dataclasses import asdict

import typer

from connector.cli.arguments import AsJson, Name
from connector.cli.context import current
from connector.cli.output import Cell, note, print_json
from connector.cli.tables import Column, table
from connector.cli.words import state_cell
from connector.pipeline import ping as climbing
from connector.pipeline.ping import State


def ping(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Try both sides of a connection, step by step, and say what to do where one fails.

    Ends with 1 where any step failed. Works on a paused connection too, and changes nothing.

    Example: connector ping acme
    """
    context = current(ctx)
    connection = context.connection(name)
    rungs = climbing.run(context.runtime, connection)
    if as_json:
        print_json([asdict(rung) for rung in rungs])
    else:
        rows: list[list[Cell]] = [[one.side, one.rung, state_cell(one.state), one.sentence, one.fix] for one in rungs]
        table(
            [
                Column("Side"), Column("Step"), Column(""), Column("What was found", wrap=True),
                Column("What to do", wrap=True, leave=1),
            ],
            rows,
        )  # fmt: skip
    failed = [rung for rung in rungs if rung.state is State.FAILED]
    if failed:
        note(f"{len(failed)} of {len(rungs)} steps failed.")
        raise typer.Exit(1)
    if not connection.active:
        note(f"{name} is paused ({connection.state_reason}): `connector resume {name}` lets it go on.")
