"""`connector data purge`: what is kept no longer."""

from typing import Annotated

import typer

from connector.cli.arguments import AsJson, MaybeName
from connector.cli.context import current
from connector.cli.output import note, print_json, say
from connector.cli.tables import Column, table
from connector.store import connections, nights
from connector.store import purge as store
from connector.store.engine import Database

# Younger records may still be compared line by line for a period that is not closed, and Brex may repeat a webhook.
LEAST_DAYS = 30
AT_ONCE = 1000


def _days(text: str) -> int:
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if days < LEAST_DAYS:
        raise typer.BadParameter(f'"{text}" is no number of days from {LEAST_DAYS} on.')
    return days


app = typer.Typer(no_args_is_help=True, help="What is stored, and for how long.")


@app.callback()
def group() -> None:
    """What is stored, and for how long."""


@app.command()
def purge(
    ctx: typer.Context,
    days: Annotated[
        int, typer.Option("--older-than", parser=_days, metavar="DAYS", help="Nothing happened to it for so long.",
                          show_default=False)
    ],
    name: MaybeName = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without, only show what would be removed.")] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Remove the contents of old records that are done: Brex's bodies, entries as planned and as sent, webhooks; and
    what nightly reconciliations found.

    Kept are the history with its hashes, amounts, dates, references, journals and vouchers: such a record can still be
    reconciled, by its amount.

    Example: connector data purge --older-than 400 --yes
    """
    context = current(ctx)
    if name is not None:
        chosen = [context.connection(name)]
    else:
        with context.runtime.database.begin() as tx:
            chosen = connections.everyone(tx)

    database = context.runtime.database
    with database.begin() as tx:
        found = {one.name: store.count(tx, one.id, days) for one in chosen}
        old_nights = {one.name: nights.old(tx, one.id, days) for one in chosen}
    if yes:
        for one in chosen:
            _purge(database, one.id, days)
    if as_json:
        print_json(
            [
                {"name": of, "purged": yes, "records": n.records, "webhooks": n.webhooks,
                 "reconciliations": old_nights[of], "still_followed": n.followed}
                for of, n in found.items()
            ]
        )  # fmt: skip
        return
    table(
        [Column("Connection"), Column("Records", right=True), Column("Webhooks", right=True),
         Column("Reconciliations", right=True), Column("Still followed", right=True)],
        [
            [of, f"{n.records:,}", f"{n.webhooks:,}", f"{old_nights[of]:,}", f"{n.followed:,}"]
            for of, n in found.items()
        ],
    )  # fmt: skip
    say("Their contents were removed." if yes else "Nothing was removed: --yes removes the contents of these.")
    if any(n.followed for n in found.values()):
        note("Kept whole: records whose journal F&O has not posted yet, or whose change in Brex nobody has seen to.")


def _purge(database: Database, connection_id: int, days: int) -> None:
    """In short transactions: the workers go on beside it."""
    done = AT_ONCE
    while done == AT_ONCE:
        with database.begin() as tx:
            done = store.records(tx, connection_id, days, AT_ONCE)
    with database.begin() as tx:
        store.webhooks(tx, connection_id, days)
        nights.forget(tx, connection_id, days)
