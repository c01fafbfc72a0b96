"""`connector keys rotate`: stored credentials under the first of CONNECTOR_SECRET_KEYS."""

import typer

from connector.cli.context import current
from connector.cli.output import say
from connector.cli.words import counted
from connector.store import credentials

app = typer.Typer(no_args_is_help=True, help="The keys that encrypt stored credentials.")


@app.callback()
def group() -> None:
    """The keys that encrypt stored credentials (CONNECTOR_SECRET_KEYS)."""


@app.command()
def rotate(ctx: typer.Context) -> None:
    """Encrypt every stored credential anew with the first key of CONNECTOR_SECRET_KEYS.

    Put the new key first, restart web, worker and beat, run this, then take the old key out.

    Example: connector keys rotate
    """
    context = current(ctx)
    vault = context.runtime.vault
    with context.runtime.database.begin() as tx:
        changed = credentials.reseal(tx, vault)
    say(f"{counted(changed, 'credential')} encrypted anew; all are under key {vault.key_id} now.")
