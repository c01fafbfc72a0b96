"""`connector pause`, `resume` and `recover`: a connection at rest, at work, and after its database was restored."""

from typing import Annotated

import typer

from connector.cli.arguments import AsJson, Name
from connector.cli.context import current, person
from connector.cli.failures import Failure
from connector.cli.output import note, print_json, say
from connector.pipeline import recover as recovery
from connector.store import connections, facts, successions


def pause(
    ctx: typer.Context,
    name: Name,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; shown wherever the connection is.", show_default=False)
    ] = "",
) -> None:
    """Stop all work of a connection; its records wait, webhooks are still taken in.

    Example: connector pause acme --reason "month-end close"
    """
    context = current(ctx)
    found = context.connection(name)
    words = reason.strip() or f"paused by {person().removeprefix('person:')}"
    with context.runtime.database.begin() as tx:
        paused = connections.pause(tx, found.id, words)
    say(
        f"{name} is paused: {words}."
        if paused
        else f"{name} was paused already: {found.state_reason or 'no reason given'}."
    )


def resume(ctx: typer.Context, name: Name) -> None:
    """Let a paused connection go on where it stopped.

    Example: connector resume acme
    """
    context = current(ctx)
    found = context.connection(name)
    with context.runtime.database.begin() as tx:
        if follower := successions.followed_by(tx, found.id):
            raise Failure(f"{name} has ended: {follower} goes on in its place.")
        connections.resume(tx, found.id)
        vouchers = next((one.answer for one in facts.known(tx, found.id) if one.fact == "vouchers_per_entry"), "one")
    if vouchers != "one":
        note(
            f"The last probe found that F&O does not give each entry a voucher of its own ({vouchers}): what is "
            f"written now will be held as D365-VOUCHER. Mend the journal name, then `connector probe {name}` again."
        )
    say(f"{name} goes on." if not found.active else f"{name} was at work already; it looks for work now.")
    context.woken(context.connection(name))


def recover(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Read the whole ledger after the database was restored or copied, adopt what stands there, and go on.

    Nothing is posted before: a database that is behind its ledger would write again what it has forgotten.

    Example: connector recover acme
    """
    context = current(ctx)
    found = context.connection(name)
    try:
        done = recovery.run(context.runtime, found)
    except recovery.TooEarly as error:
        raise Failure(f"{name} stays paused: {error}.") from None
    if as_json:
        print_json({"references_in_ledger": done.found, "records_new": done.new, "records_known": done.known})
    else:
        say(f"Entries of ours in the ledger: {done.found}. Records taken in from Brex: {done.new + done.known}.")
        say(f"{name} goes on: what stands in the ledger is looked at, not sent.")
    context.woken(context.connection(name))
