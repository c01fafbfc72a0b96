"""`connector settle`: a person has seen to a record that changed in Brex after it was written."""

from typing import Annotated

import typer

from connector.cli.arguments import AsJson, Name
from connector.cli.context import current, person, speakable
from connector.cli.failures import Failure
from connector.cli.output import print_json, say
from connector.cli.words import counted
from connector.pipeline import updates


def settle(
    ctx: typer.Context,
    name: Name,
    record_ids: Annotated[list[str], typer.Argument(metavar="RECORD_ID", help="These records.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="What was done; kept in the history.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say that a change in Brex after the write was seen to. A later change is shown anew; nothing is posted.

    Example: connector settle acme accr_abc123 --reason "corrected in journal USMF-000123"
    """
    if not reason.strip():
        raise typer.BadParameter("--reason is empty.")
    context = current(ctx)
    connection = context.connection(name)
    ids = [one for one in dict.fromkeys(record_ids) if speakable(one)]
    done = (
        updates.settle(context.runtime, connection, actor=person(), reason=reason.strip(), record_ids=ids)
        if ids
        else []
    )
    if as_json:
        print_json({"settled": done})
    elif done:
        say(f"{counted(len(done))} settled.")
    missing = [one for one in record_ids if one not in done]
    if missing:
        raise Failure(
            f"Not shown as changed: {', '.join(missing)}; `connector records {name} --changed` lists those that are."
        )
