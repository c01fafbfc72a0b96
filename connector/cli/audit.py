"""`connector audit verify`: is every record's history as it was written?"""

import re
from dataclasses import asdict
from typing import Annotated, Any

import typer

from connector.cli.arguments import AsJson, MaybeName
from connector.cli.context import current
from connector.cli.output import complain, print_json, say
from connector.cli.words import counted
from connector.pipeline import trail
from connector.pipeline.trail import Report
from connector.store import connections

app = typer.Typer(no_args_is_help=True, help="The history of records.")
_HEX = re.compile(r"[0-9a-f]{64}")


@app.callback()
def group() -> None:
    """The history of records: append-only events, each with the hash of the one before."""


def _digest(text: str) -> str:
    digest = text.strip().lower()
    if not _HEX.fullmatch(digest):
        raise typer.BadParameter("a digest has 64 hexadecimal digits, as the log and `audit verify` show it.")
    return digest


@app.command()
def verify(
    ctx: typer.Context,
    name: MaybeName = None,
    digest: Annotated[
        str | None,
        typer.Option("--digest", parser=_digest, metavar="HEX", show_default=False,
                     help="A digest kept elsewhere, from the log for one: is it one of these?"),
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Compute every event's hash and every nightly digest again, and say which record's history breaks, and where.

    Who can change the whole database can make its hashes fit again: then a digest that was kept elsewhere (--digest,
    the servers log one each night) is not found here any more. Ends with 1 where anything is not as it was.

    Example: connector audit verify acme
    """
    context = current(ctx)
    if name is not None:
        chosen = [context.connection(name)]
    else:
        with context.runtime.database.begin() as tx:
            chosen = connections.everyone(tx)
    reports = [trail.verify(context.runtime, one) for one in chosen]
    kept = None if digest is None else trail.known(reports, digest)
    if as_json:
        print_json([_for_programs(one, digest) for one in reports])
    else:
        for one in reports:
            _print(one)
        if kept is not None:
            say(f"The digest is that of {kept[0]} up to {kept[1]:%Y-%m-%d}, midnight UTC: nothing before was changed.")
    if any(one.breaks for one in reports):
        complain("The history is not what was written: someone changed it in the database.")
        raise typer.Exit(1)
    if digest is not None and kept is None:
        complain("No digest here is the one given: the history was rewritten since, or it is of another database.")
        raise typer.Exit(1)


def _print(one: Report) -> None:
    say(
        f"{one.name}: {counted(one.records)}, {counted(one.events, 'event')}, {counted(len(one.days), 'digest')}, "
        f"{counted(len(one.breaks), 'break')}."
    )
    for each in one.breaks:
        place = f"{each.record_id}{f', event {each.seq}' if each.seq else ''}: " if each.record_id else ""
        say(f"  {place}{each.sentence}")
    if one.days:
        newest = list(one.days)[-1]
        say(f"  The newest digest, up to {one.days[newest]:%Y-%m-%d}, midnight UTC: {newest}")


def _for_programs(one: Report, digest: str | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "records": one.records,
        "events": one.events,
        "breaks": [asdict(each) for each in one.breaks],
        "digests": [{"until": until, "digest": hex_} for hex_, until in one.days.items()],
        **({} if digest is None else {"digest_known": digest in one.days}),
    }
