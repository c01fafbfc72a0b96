"""`connector statement`: a card statement of Brex against the card liability account in F&O."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import typer

from connector.cli.arguments import AsJson, Name, day_option
from connector.cli.context import current
from connector.cli.failures import Failure
from connector.cli.output import complain, note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted, money
from connector.pipeline import statement as reading
from connector.pipeline.card_view import View


def statement(
    ctx: typer.Context,
    name: Name,
    of: Annotated[
        date | None, day_option("--of", "The statement that has this day; without, the newest finalised one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a card statement: opening + activity - payments = closing, and what of it stands in the ledger.

    What is held, on its way or not exported yet is shown as what explains the difference. Ends with 1 where something
    is left unexplained. The token needs statements.card.readonly, and transactions.card.readonly for the activity.

    Example: connector statement acme --of 2026-10-15
    """
    context = current(ctx)
    try:
        found = reading.run(context.runtime, context.connection(name), of)
    except reading.NoStatement as error:
        raise Failure(str(error)) from error
    if as_json:
        print_json(_for_programs(found))
    else:
        _print(found)
    if not found.clean:
        complain("Not everything is explained: `connector reconcile` for the same days names what differs.")
        raise typer.Exit(1)
    if not as_json:
        say("Everything is explained.")


def _for_programs(found: View) -> dict[str, Any]:
    opening, closing = found.statement.opening, found.statement.closing
    return {
        "statement": found.statement.id,
        "from": found.statement.first,
        "to": found.statement.last,
        "currency": found.currency,
        "opening": None if opening is None else opening.amount,
        "activity": found.activity,
        "payments": found.payments,
        "closing": None if closing is None else closing.amount,
        "brex_difference": found.brex_difference,
        "movement": found.movement,
        "ledger": {"records": found.ledger.records, "amount": found.ledger.amount},
        "waiting": {part: {"records": one.records, "amount": one.amount} for part, one in found.waiting.items()},
        "unexplained": found.unexplained,
        "other_currencies": found.elsewhere,
        "clean": found.clean,
        "notes": found.notes,
    }


def _print(found: View) -> None:
    def amount(value: Decimal | None) -> str:
        return "(not told)" if value is None else money(value, found.currency)

    opening, closing = found.statement.opening, found.statement.closing
    table(
        [Column("In Brex"), Column("Amount", right=True)],
        [
            ["Opening balance", amount(opening.amount if opening else None)],
            ["+ activity", amount(found.activity)],
            ["- payments", amount(found.payments)],
            ["Closing balance", amount(closing.amount if closing else None)],
            ["Difference", amount(found.brex_difference)],
        ],
        title=f"Statement {found.statement.first} to {found.statement.last} (UTC)",
    )
    say()
    table(
        [Column("Card liability account"), Column("Records", right=True), Column("Amount", right=True)],
        [
            ["Movement by Brex", "", amount(found.movement)],
            ["- in F&O, by our lines", f"{found.ledger.records:,}", amount(found.ledger.amount)],
            *([f"- {part}", f"{one.records:,}", amount(one.amount)] for part, one in sorted(found.waiting.items())),
            ["Not explained", "", amount(found.unexplained)],
        ],
    )
    for currency, number in sorted(found.elsewhere.items()):
        note(f"{counted(number)} in {currency or 'an unreadable currency'} not counted: the statement is in "
             f"{found.currency}.")  # fmt: skip
    for one in found.notes:
        note(one)
