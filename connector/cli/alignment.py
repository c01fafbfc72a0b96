"""`connector vendors align|create|created`: Brex's vendors beside F&O's, and the missing one created."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from connector.cli.arguments import AsJson, Name
from connector.cli.asking import confirm
from connector.cli.context import Context, current, person
from connector.cli.failures import Failure
from connector.cli.output import note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.vendors import Entity, Merchant, app, book_of, entity_of
from connector.cli.words import counted, when, zone
from connector.pipeline.alignment import create as creating
from connector.pipeline.alignment import survey
from connector.pipeline.alignment.brex import NotAllowed
from connector.pipeline.alignment.create import NotPossible, Wish
from connector.store import brex_vendors, vendor_writes
from connector.store.connections import Connection
from connector.store.vendor_writes import VendorWrite
from connector.vendors.align import BrexVendor, Pair, Status

__all__ = ["app"]


class Where(StrEnum):
    D365 = "f&o"
    FO = "fo"  # a shell takes the & for itself
    BREX = "brex"


@app.command()
def align(
    ctx: typer.Context,
    name: Name,
    entity: Entity = None,
    kept: Annotated[bool, typer.Option("--kept", help="Compare what was last read; do not ask Brex now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare Brex's vendors with F&O's: matched, differing, suggested, only here, only there. Changes nothing.

    Example: connector vendors align acme
    """
    context = current(ctx)
    connection = context.connection(name)
    company = entity_of(connection, entity)
    if not kept:
        connection = survey.known_to_f_and_o(context.runtime, connection)
        _allowed(lambda: survey.read(context.runtime, connection))
    pairs = survey.compare(context.runtime, connection, company)
    if pairs is None:
        raise Failure(_unknown(connection, company))
    if as_json:
        print_json([_for_programs(company, pair) for pair in pairs])
        return
    for status, number in survey.counts(pairs).items():
        say(f"{number:>7,} {status}")
    columns = [Column("In Brex", leave=1), Column("In F&O", leave=1), Column("State"), Column("Why", wrap=True)]
    rows = [_cells(pair) for pair in pairs if pair.status is not Status.MATCHED]
    if rows:
        table(columns, rows)
    _note_age(context, connection, kept)


def _unknown(connection: Connection, company: str) -> str:
    return f"F&O's vendors of {company} are not known here: `connector refresh {connection.name}` reads them."


def _cells(pair: Pair) -> list[str]:
    vendor = f"{pair.vendor.account} {pair.vendor.name}" if pair.vendor else ""
    return [pair.brex.name if pair.brex else "", vendor, pair.status, "; ".join(pair.differs or (pair.why,))]


def _note_age(context: Context, connection: Connection, kept: bool) -> None:
    with context.runtime.database.begin() as tx:
        read_at = brex_vendors.read_at(tx, connection.id)
    if kept:
        note(f"Brex's vendors as of {read_at:%Y-%m-%d %H:%M}Z." if read_at else "Brex's vendors were never read.")


def _for_programs(company: str, pair: Pair) -> dict[str, Any]:
    brex, vendor = pair.brex, pair.vendor
    return {
        "status": pair.status.name.lower(), "legal_entity": company, "why": pair.why, "differs": pair.differs,
        "candidates": pair.candidates,
        "brex": {"id": brex.id, "name": brex.name, "email": brex.email} if brex else None,
        "f_and_o": {"account": vendor.account, "name": vendor.name, "email": vendor.email, "tax_id": vendor.tax_id,
                    "usable": vendor.usable} if vendor else None,
    }  # fmt: skip


@app.command()
def create(
    ctx: typer.Context,
    name: Name,
    merchant: Merchant,
    where: Annotated[Where, typer.Option("--in", help="Where to: fo (or 'f&o'), or brex.", show_default=False)],
    entity: Entity = None,
    called: Annotated[str, typer.Option("--called", help="The new vendor's name; left out: as it is.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create the vendor that one side lacks. For Brex, MERCHANT is the vendor's account in F&O.

    Run it again where the outcome was not known: it looks first, and never creates a second one.

    Example: connector vendors create acme "Joe's Coffee" --in fo
    """
    if as_json and not yes:
        raise typer.BadParameter("with --json nobody is asked: add --yes.")
    context = current(ctx)
    connection = survey.known_to_f_and_o(context.runtime, context.active(name))
    company = entity_of(connection, entity)
    wish = _wish(context, connection, where, company, merchant, called)
    if not yes:
        to = f"F&O ({company})" if wish.side == "d365" else "Brex"
        confirm(f'Create the vendor "{wish.name}" in {to}?')
    made = _allowed(lambda: creating.create(context.runtime, connection, wish, person()))
    if as_json:
        print_json(_written(made))
    _tell(made, as_json=as_json)
    context.woken(connection)


def _wish(
    context: Context, connection: Connection, where: Where, company: str, merchant: str, called: str
) -> Wish:  # fmt: skip
    book = book_of(context, connection)
    if company not in book.registers:
        raise Failure(_unknown(connection, company))
    if where is Where.BREX:
        vendor = book.vendor(company, merchant)
        if vendor is None:
            raise Failure(f"{company} has no vendor account {merchant} in F&O, as last read.")
        return survey.in_brex(company, vendor.account, vendor.name, vendor.email, called)
    choice = book.choice(company, merchant)
    if choice.account:
        raise Failure(f'"{merchant}" is vendor {choice.account} already ({choice.why}).')
    with context.runtime.database.begin() as tx:
        rows = brex_vendors.everything(tx, connection.id)
    same = [row for row in rows if row["name"].casefold() == merchant.strip().casefold()]
    email = same[0]["email"] if len(same) == 1 else ""
    return survey.in_d365(company, BrexVendor("", merchant.strip(), email), called)


def _tell(made: VendorWrite, *, as_json: bool) -> None:
    side = "F&O" if made.side == "d365" else "Brex"
    if made.outcome == "written":
        if not as_json:
            say(f'"{made.name}" is {made.account} in {side} ({made.evidence}).')
        return
    if made.outcome == "refused":
        raise Failure(f'"{made.name}" was not created in {side}: {made.evidence}.'.replace("..", "."))
    if made.held:
        raise Failure(
            f'What became of "{made.name}" in {side} cannot be told: {made.evidence}. Nothing is sent again: '
            "look there, and say which it is with `connector vendors confirm`."
        )
    why = f": {made.evidence}" if made.evidence else ", and somebody is at it now"
    raise Failure(
        f'It is not known yet whether "{made.name}" is there in {side}{why}. Nothing is sent twice: the workers look, '
        "and so does the same command."
    )


@app.command()
def created(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """List the vendors that were created on either side, or were to be, with what became of it.

    Example: connector vendors created acme
    """
    context = current(ctx)
    connection = context.connection(name)
    with context.runtime.database.begin() as tx:
        rows = vendor_writes.everything(tx, connection.id)
    if as_json:
        print_json([_written(row) for row in rows])
    elif not rows:
        say("No vendor was created here.")
    else:
        columns = [Column("When"), Column("Who", leave=2), Column("In"), Column("Name"), Column("Outcome"),
                   Column("Account"), Column("Why", wrap=True)]  # fmt: skip
        table(columns, [[when(row.created_at, zone(connection, row.legal_entity)), row.actor,
                         "Brex" if row.side == "brex" else row.legal_entity, row.name,
                         "held" if row.held else row.outcome, row.account, row.evidence] for row in rows])  # fmt: skip
        note(f"{counted(len(rows), 'vendor')}.")


def _written(row: VendorWrite) -> dict[str, Any]:
    return {
        "in": row.side, "legal_entity": row.legal_entity, "merchant": row.merchant, "name": row.name,
        "outcome": row.outcome, "held": row.held, "account": row.account, "why": row.evidence, "actor": row.actor,
        "reference": row.reference, "attempts": row.attempts, "created_at": row.created_at,
    }  # fmt: skip


def _allowed(work: Any) -> Any:
    try:
        return work()
    except (NotAllowed, NotPossible) as error:
        said = str(error)
        raise Failure(f"{said[:1].upper()}{said[1:]}.") from None
