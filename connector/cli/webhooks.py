"""`connector webhooks`: where Brex announces records, and the secrets that sign the announcements."""

from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlsplit

import typer

from connector.brex.webhooks import READY_EVENT
from connector.cli.arguments import AsJson, Name
from connector.cli.asking import confirm
from connector.cli.context import Context, current
from connector.cli.failures import Failure
from connector.cli.output import note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted
from connector.pipeline import webhooks
from connector.pipeline.webhooks import Occupied
from connector.store.connections import Connection

app = typer.Typer(no_args_is_help=True, help="Brex's webhook: where it delivers to, and what signs its messages.")


@app.command()
def register(
    ctx: typer.Context,
    name: Name,
    url: Annotated[
        str, typer.Option("--url", help="Where Brex reaches this connector; else by CONNECTOR_PUBLIC_URL.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before another URL is replaced.")] = False,
) -> None:
    """Let Brex announce records that are ready for export, and store the secrets it signs with.

    Brex has one endpoint per customer: where another URL stands there, it is replaced only after a question.

    Example: connector webhooks register acme --url https://connector.example.com/webhooks/brex/acme
    """
    context = current(ctx)
    found = context.connection(name)
    where = _address(context, found, url)
    try:
        done = webhooks.register(context.runtime, found, where)
    except Occupied as error:
        if not yes:
            note(f"{error}. Whoever listens there would hear no more of Brex.")
            confirm(f"Deliver to {where} instead?")
        done = webhooks.register(context.runtime, found, where, replace=True)
    say(f"{done.url} {done.change}; {counted(done.secrets, 'secret')} stored.")


def _address(context: Context, connection: Connection, url: str) -> str:
    if not url and not context.public_url:
        raise Failure("Give --url https://YOUR-HOST/webhooks/brex/NAME, or set CONNECTOR_PUBLIC_URL.")
    url = url or webhooks.address(context.public_url or "", connection.name)
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment:
        raise Failure(f"{url} is no https URL: Brex delivers to no other.")
    if not parts.path.endswith(f"/webhooks/brex/{connection.name}"):
        note(f"This connector listens under /webhooks/brex/{connection.name}: see that {url} leads there.")
    return url


@app.command("list")
def list_(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show where Brex delivers to, whoever registered it.

    Example: connector webhooks list acme
    """
    context = current(ctx)
    found = webhooks.endpoints(context.runtime, context.connection(name))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        say(f"Brex delivers nowhere yet: `connector webhooks register {name}`.")
        return
    rows = [[one.url, one.status, ", ".join(one.event_types), one.id] for one in found]
    table([Column("URL", wrap=True), Column("Status"), Column("Events", wrap=True, leave=2), Column("Id", leave=1)],
          rows)  # fmt: skip
    if not any(READY_EVENT in one.event_types for one in found):
        note(f"None of them hears {READY_EVENT}: `connector webhooks register {name}`.")


@app.command()
def rotate(ctx: typer.Context, name: Name) -> None:
    """Fetch the secrets that Brex signs with now, and store them in place of the old ones.

    Brex has no call that begins a rotation: it rotates by itself or through its support. Meanwhile it names two
    secrets and signs with both; run this once while it does, and nothing is turned away.

    Example: connector webhooks rotate acme
    """
    context = current(ctx)
    stored = webhooks.fetch_secrets(context.runtime, context.connection(name))
    say(f"{counted(stored, 'secret')} of Brex's stored for {name}.")
    if stored > 1:
        note("Brex is rotating: messages signed by either are taken. Run it again once Brex has ended the older one.")
