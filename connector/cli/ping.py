"""`connector ping`: does a connection reach both sides, and is all there that it needs?"""

from collections import Counter
from dataclasses import asdict

import typer

from connector.cli.arguments import AsJson, Name
from connector.cli.context import current
from connector.cli.output import Cell, note, print_json
from connector.cli.tables import Column, table
from connector.cli.words import state_cell
from connector.pipeline import ping as climbing
from connector.pipeline.ping import Rung, State


def ping(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Try both sides of a connection, step by step, and say what to do where one fails.

    Green is well, amber wants a look, red must be mended first; any red ends with 1. Works on a paused connection
    too, and changes nothing. --json has what was tried at every step.

    Example: connector ping acme
    """
    context = current(ctx)
    connection = context.connection(name)
    rungs = climbing.run(context.runtime, connection)
    if as_json:
        print_json([asdict(rung) for rung in rungs])
    else:
        rows: list[list[Cell]] = [[one.side, one.rung, state_cell(one.state), _told(one)] for one in rungs]
        table([Column("Side"), Column("Step"), Column(""), Column("What came back", wrap=True)], rows)
    count = Counter(rung.state for rung in rungs)
    note(", ".join(f"{count[state]} {state}" for state in State if count[state]) + ".")
    if count[State.RED]:
        raise typer.Exit(1)
    if not connection.active:
        note(f"{name} is paused ({connection.state_reason}): `connector resume {name}` lets it go on.")


def _told(rung: Rung) -> str:
    """What came back; where that is not well, what to do and what was tried, too."""
    more = [("→ ", rung.fix), ("  tried: ", rung.tried)] if rung.state in (State.AMBER, State.RED) else []
    return "\n".join([rung.sentence, *(f"{mark}{text}" for mark, text in more if text)])
