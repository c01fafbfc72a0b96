"""`connector transfers`: money to bill-pay vendors, asked for by one person and approved by another."""

import os
import pwd
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from connector.cli.arguments import AsJson, Name
from connector.cli.asking import confirm
from connector.cli.context import Context, current
from connector.cli.failures import Failure
from connector.cli.output import note, print_json, say
from connector.cli.tables import Column, table
from connector.domain.money import Money
from connector.pipeline import transfers as pipeline
from connector.pipeline.alignment.brex import NotAllowed
from connector.pipeline.transfers import NotPossible, Wish
from connector.store import brex_vendors
from connector.store import transfers as store
from connector.store.connections import Connection
from connector.store.transfers import TransferRow

app = typer.Typer(no_args_is_help=True, help="Transfers to vendors in Brex: two persons, and a daily limit.")


def actor() -> str:
    """The account this process runs under: unlike a variable of the shell's, nobody chooses it."""
    try:
        return f"person:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # an account without a name, as containers have them
        return f"person:{os.getuid()}"


@app.command()
def request(
    ctx: typer.Context,
    name: Name,
    vendor: Annotated[str, typer.Argument(metavar="VENDOR", help="The vendor's name or id in Brex.")],
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="Such as 120.50.")],
    currency: Annotated[str, typer.Option("--currency", metavar="USD", help="Of the amount.")] = "USD",
    memo: Annotated[str, typer.Option("--memo", help="What the vendor sees, up to 19 characters.")] = "",
    instrument: Annotated[str, typer.Option("--instrument", help="Which of the vendor's payment instruments.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for a transfer to a vendor. Nothing is sent before another person approves it.

    Example: connector transfers request acme "Joe's Coffee" 120.50 --memo INV-12
    """
    context = current(ctx)
    connection = context.active(name)
    _said(lambda: pipeline.settings_of(connection))
    vendor_id, called = _vendor(context, connection, vendor)
    money = Money(_amount(amount), currency.upper())
    chosen = _said(lambda: pipeline.instrument_of(context.runtime, connection, vendor_id, instrument))
    row = _said(lambda: pipeline.request(context.runtime, connection, Wish(called, chosen, money, memo), actor()))
    if as_json:
        print_json(_for_programs(row))
    else:
        say(f"{row.reference}: {money} to {called}. Another person approves it: "
            f"connector transfers approve {name} {row.reference}")  # fmt: skip


@app.command()
def approve(
    ctx: typer.Context,
    name: Name,
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="As `transfers list` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Approve a transfer that another person asked for, and send it.

    Where no answer came, the same command looks in Brex first, and sends the same request again if need be.

    Example: connector transfers approve acme BXABCDEFGHIJKLMNOPQR
    """
    if as_json and not yes:
        raise typer.BadParameter("with --json nobody is asked: add --yes.")
    context = current(ctx)
    connection = context.active(name)
    with context.runtime.database.begin() as tx:
        row = store.one(tx, connection.id, reference)
    if row is None:
        raise Failure(f"There is no transfer {reference}: `connector transfers list {name}` shows those there are.")
    if not yes:
        confirm(f"Send {Money(row.amount, row.currency)} to {row.vendor}?")
    row = _said(lambda: pipeline.approve(context.runtime, connection, reference, actor()))
    if as_json:
        print_json(_for_programs(row))
    if row.state != "written":
        raise Failure(_trouble(row))
    if not as_json:
        say(f"{row.reference}: {row.brex_id}, {row.status} in Brex ({row.evidence}).")


@app.command("list")
def list_(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """List transfers with who asked, who approved, and what became of them.

    Example: connector transfers list acme
    """
    context = current(ctx)
    connection = context.connection(name)
    with context.runtime.database.begin() as tx:
        rows, spent = store.everything(tx, connection.id), store.spent(tx, connection.id)
        told = {row.reference: store.events(tx, connection.id, row.reference) for row in rows} if as_json else {}
    if as_json:
        print_json([_for_programs(row) | {"events": told[row.reference]} for row in rows])
    elif not rows:
        say("No transfer was asked for.")
    else:
        columns = [Column("Reference"), Column("Amount", right=True), Column("To"), Column("State"),
                   Column("Asked", leave=1), Column("Approved", leave=1), Column("Why", wrap=True)]  # fmt: skip
        table(columns, [[row.reference, str(Money(row.amount, row.currency)), row.vendor,
                         "held" if row.held else row.state, row.requested_by, row.approved_by or "",
                         row.evidence] for row in rows])  # fmt: skip
        for currency, amount in sorted(spent.items()):
            note(f"Approved today: {Money(amount, currency)}.")


def _vendor(context: Context, connection: Connection, asked: str) -> tuple[str, str]:
    with context.runtime.database.begin() as tx:
        rows = brex_vendors.everything(tx, connection.id)
    found = [row for row in rows if asked == row["brex_id"] or asked.casefold() == row["name"].casefold()]
    if len(found) != 1:
        known = "no vendor" if not found else "several vendors"
        reads = f"`connector vendors align {connection.name}` reads them"
        raise Failure(f'Brex has {known} "{asked}", as last read: {reads}.')
    return found[0]["brex_id"], found[0]["name"]


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f'"{text}" is no amount, such as 120.50.') from None


def _trouble(row: TransferRow) -> str:
    if row.state == "refused":
        return f"It was not sent: {row.evidence}."
    if row.held:
        return f"What became of it cannot be told: {row.evidence}."
    return (
        f"It is not known whether Brex has it: {row.evidence or 'somebody is at it now'}. Run the same command again: "
        "it looks first, and sends nothing else than the same request under the same key."
    )


def _for_programs(row: TransferRow) -> dict[str, Any]:
    return {
        "reference": row.reference, "vendor": row.vendor, "amount": row.amount, "currency": row.currency,
        "memo": row.memo, "state": row.state, "held": row.held, "requested_by": row.requested_by,
        "requested_at": row.requested_at, "approved_by": row.approved_by, "brex_id": row.brex_id, "status": row.status,
        "why": row.evidence, "attempts": row.attempts,
    }  # fmt: skip


def _said(work: Any) -> Any:
    try:
        return work()
    except (NotAllowed, NotPossible) as error:
        said = str(error)
        raise Failure(f"{said[:1].upper()}{said[1:]}.") from None
