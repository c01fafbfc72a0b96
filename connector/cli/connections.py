"""`connector connections`: which Brex account is joined to which F&O environment."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.arguments import AsJson, Name
from connector.cli.asking import confirm
from connector.cli.context import Context, current, speakable
from connector.cli.failures import Failure
from connector.cli.output import note, print_file, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import state_cell, when, zone
from connector.domain import jsonio
from connector.domain.connection import BadConnectionFile, ConnectionFile
from connector.pipeline import setup
from connector.store import connections, credentials, overview
from connector.store.connections import Connection, NameTaken

app = typer.Typer(no_args_is_help=True, help="Connections: one Brex account joined to one F&O environment.")


@app.command()
def add(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The connection file (JSON); - reads it from standard input.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the file in place of the one that is stored.")
    ] = False,
    paused: Annotated[
        bool, typer.Option("--paused", help="A new connection does nothing before `connector resume`.")
    ] = False,
) -> None:
    """Store a connection file, its secrets encrypted.

    The whole file is looked at first, and all its mistakes are told. With --replace a secret may be left as
    the mask that show prints.

    Example: connector connections add acme.json
    """
    context = current(ctx)
    data, doubled = _parsed(file)
    known = _known(context, data) if replace else None
    if known is not None:
        data = setup.unmasked(context.runtime, known, data)
    read = _valid(data, context.trusted_hosts, doubled)
    if known is not None:
        _replace(context, known, read)
    else:
        _add(context, read, paused)
    context.woken(context.connection(read.name))


def _add(context: Context, file: ConnectionFile, paused: bool) -> None:
    try:
        with context.runtime.database.begin() as tx:
            connection_id = connections.add(tx, context.runtime.vault, file)
            if paused:
                connections.pause(tx, connection_id, "added and not started yet")
    except NameTaken:
        raise Failure(
            f"A connection named {file.name} exists already: choose another name, or replace it with "
            "`connector connections add FILE --replace`."
        ) from None
    starts = f"it does nothing before `connector resume {file.name}`" if paused else "it starts reading Brex by itself"
    say(f"Connection {file.name} is stored; {starts}.")
    say(f"  connector ping {file.name}                          does it reach both sides?")
    say(f"  connector mappings import {file.name} mappings.csv  what Brex's values are in F&O")


def _replace(context: Context, known: Connection, file: ConnectionFile) -> None:
    try:
        setup.replace(context.runtime, known, file)
    except setup.NotReplaceable as error:
        raise Failure(f"{error}.") from None
    say(f"Connection {file.name} is replaced; what is not written yet is planned again.")
    if not known.active:
        note(
            f"It is still paused ({known.state_reason}): `connector ping {file.name}`, then "
            f"`connector resume {file.name}`."
        )


def _parsed(file: str) -> tuple[Any, list[str]]:
    """What the file says, and the names that it gives twice."""
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    if not raw.strip():
        raise Failure(f"{file} is empty; nothing was stored.")
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf")
        return jsonio.loads(text), jsonio.doubled(text)
    except jsonio.NotJson as error:
        raise Failure(f"{file} is not JSON: {error}.") from None


def _known(context: Context, data: Any) -> Connection | None:
    """The stored connection of the file's name, if there is one."""
    name = data.get("name") if isinstance(data, dict) else None
    with context.runtime.database.begin() as tx:
        return connections.by_name(tx, name) if isinstance(name, str) and speakable(name) else None


def _valid(data: Any, trusted_hosts: frozenset[str], doubled: list[str]) -> ConnectionFile:
    try:
        return setup.read(data, trusted_hosts, doubled)
    except BadConnectionFile as error:
        mistakes = "\n".join(f"  {mistake}" for mistake in error.mistakes)
        raise Failure(f"The connection file is not usable; nothing was stored.\n{mistakes}") from None


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show all connections.

    Example: connector connections list --json
    """
    context = current(ctx)
    with context.runtime.database.begin() as tx:
        found = connections.everyone(tx)
    if as_json:
        print_json([_summary(one) for one in found])
        return
    if not found:
        say("There is no connection yet; add one with `connector connections add FILE`.")
        return
    table(
        [
            Column("Name"), Column("State"), Column("Legal entity", leave=2), Column("F&O"),
            Column("Brex", leave=4), Column("Last poll", leave=3), Column("Reason", wrap=True, leave=1),
        ],
        [
            [
                one.name, state_cell(one.state), one.settings["posting"]["legal_entity"], _host(one, "d365", "host"),
                _host(one, "brex", "base_url"), when(one.polled_at, zone(one)), one.state_reason,
            ]
            for one in found
        ],
    )  # fmt: skip


def _summary(one: Connection) -> dict[str, Any]:
    return {
        "name": one.name,
        "state": one.state,
        "state_reason": one.state_reason,
        "legal_entity": one.settings["posting"]["legal_entity"],
        "d365_host": one.settings["d365"]["host"],
        "brex_base_url": one.settings["brex"]["base_url"],
        "company_id": one.company_id,
        "approved_types": one.approved_types,
        "polled_at": one.polled_at,
        "refreshed_at": one.refreshed_at,
    }


def _host(one: Connection, side: str, key: str) -> str:
    return str(one.settings[side][key]).removeprefix("https://")


@app.command()
def show(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:  # noqa: ARG001 - it always is JSON
    """Print the connection file, secrets masked.

    Edited, it can be given back: connections add FILE --replace keeps the secrets that still are masked.

    Example: connector connections show acme
    """
    context = current(ctx)
    found = context.connection(name)
    with context.runtime.database.begin() as tx:
        kinds = credentials.kinds(tx, found.id)
    file = setup.shown(found, kinds)
    print_file(file)


@app.command()
def remove(
    ctx: typer.Context, name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Forget a connection's secrets and stop its work; its records and their history stay.

    Example: connector connections remove acme
    """
    context = current(ctx)
    found = context.connection(name)
    with context.runtime.database.begin() as tx:
        unfinished = overview.unfinished(tx, found.id)
    if unfinished:
        note(
            f"{unfinished} of its records may stand in F&O without Brex knowing. Added again, under any name, "
            "the connection would not know them and could write them a second time."
        )
    if not yes:
        confirm(f"Remove {name}?")
    with context.runtime.database.begin() as tx:
        connections.remove(tx, found.id)
    say(f"Connection {name} is removed.")
