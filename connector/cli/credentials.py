"""`connector credentials`: how old a connection's credentials are, and when they end. Never a secret itself."""

from datetime import date
from typing import Annotated

import typer

from connector.cli.arguments import AsJson, Name, day_option
from connector.cli.context import current
from connector.cli.output import print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import when, zone
from connector.pipeline import tokens
from connector.store import tokens as lives
from connector.store.tokens import Life

app = typer.Typer(no_args_is_help=True, help="Credentials: how old they are and when they end; never a secret itself.")


@app.command("list")
def list_(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show when each credential was stored, when it was last good for a call, and when it ends.

    Example: connector credentials list acme
    """
    context = current(ctx)
    found = context.connection(name)
    with context.runtime.database.begin() as tx:
        known = lives.lives(tx, found.id)
    if as_json:
        print_json(
            [
                {
                    "credential": one.kind, "stored_at": one.updated_at, "used_at": one.used_at,
                    "expires_on": one.expires_on, "warning": tokens.sentence(one),
                }
                for one in known
            ]
        )  # fmt: skip
        return
    zone_name = zone(found)
    table(
        [
            Column("Credential"), Column("Stored", leave=1), Column("Last good call"), Column("Expires"),
            Column("Warning", wrap=True),
        ],
        [
            [
                one.kind, when(one.updated_at, zone_name), _last_call(one, zone_name), str(one.expires_on or ""),
                tokens.sentence(one),
            ]
            for one in known
        ],
    )  # fmt: skip


def _last_call(one: Life, zone_name: str) -> str:
    """Kept of the Brex token alone: it ends when it is not used."""
    return when(one.used_at, zone_name) if one.kind == lives.BREX else ""


@app.command()
def expires(
    ctx: typer.Context,
    name: Name,
    d365: Annotated[date, day_option("--d365", "The last day of F&O's client secret, as Entra ID shows it.")],
) -> None:
    """Tell when the client secret of F&O ends; it is warned of 30, 14 and 3 days before.

    Entra ID does not let an application read this date. A new secret forgets it.

    Example: connector credentials expires acme --d365 2027-05-31
    """
    context = current(ctx)
    found = context.connection(name)
    with context.runtime.database.begin() as tx:
        lives.expires(tx, found.id, lives.D365, d365)
        known = next((one for one in lives.lives(tx, found.id) if one.kind == lives.D365), None)
    say(f"The client secret of {name} ends on {d365}.")
    if known is not None and tokens.sentence(known):
        say(tokens.sentence(known))
