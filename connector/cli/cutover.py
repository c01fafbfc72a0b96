"""`connector cut-over`: from card transactions to accounting records, and nothing booked by both."""

from typing import Annotated

import typer

from connector.cli.arguments import AsJson
from connector.cli.context import current, person
from connector.cli.failures import Failure
from connector.cli.output import note, print_json, say
from connector.cli.words import counted
from connector.pipeline import succession


def cut_over(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The connection of source transactions; it ends.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The one of source accounting that follows it.")],
    book: Annotated[
        list[str] | None,
        typer.Option("--book", metavar="RECORD_ID", help="This record is one of its own; may be repeated.",
                     show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Let a connection of accounting records go on where one of card transactions ends.

    What the old one has not written is left to the new one; what it has written is found again through its expense, and
    skipped. May be run again at any time: it then only compares. Ends with 1 where something stands in F&O twice.

    Example: connector cut-over acme acme-accounting
    """
    context = current(ctx)
    before, after = context.connection(old), context.connection(new)
    try:
        proof = succession.cut_over(context.runtime, before, after, person())
    except succession.NotNow as error:
        raise Failure(f"Nothing was changed: {error}.") from None
    booked = succession.book(context.runtime, after, book, person()) if book else 0
    if book and booked < len(set(book)):
        raise Failure("Not all of these are held on account of the cut-over: see `connector records " + new + "`.")
    if as_json:
        print_json({"left": proof.left, "booked": proof.booked, "new": proof.new, "unsure": proof.unsure,
                    "doubled": proof.doubled})  # fmt: skip
    else:
        say(f"{old} has ended; {counted(proof.left)} of it are left to {new}.")
        say(f"Ready in Brex: {counted(proof.booked)} that {old} booked (skipped), {proof.new:,} new.")
        for name, told in proof.unsure.items():
            say(f"  {name} waits for a person; perhaps it was booked as {told}.")
        say("Nothing stands in F&O twice." if not proof.doubled else f"{counted(len(proof.doubled))} stand twice:")
        for name, twin in proof.doubled:
            say(f"  {name} and {twin}")
    if not after.active:
        note(f"{new} is paused: `connector resume {new}` lets it go on.")
    context.woken(after)
    if proof.doubled:
        raise typer.Exit(1)
