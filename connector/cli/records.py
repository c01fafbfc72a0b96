"""`connector records`: the audit table, one row per record."""

from collections.abc import Mapping
from typing import Any

import typer
from rich.text import Text

from connector.cli.arguments import AsJson, Name, ProblemOption, StageOption
from connector.cli.context import current
from connector.cli.output import note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted, money, problems, state_cell
from connector.store import views

# A list that leaves some out without a word is worse than a long one.
ALL = 10**9


def records(
    ctx: typer.Context,
    name: Name,
    stage: StageOption = None,
    problem: ProblemOption = None,
    as_json: AsJson = False,
) -> None:
    """List a connection's records.

    Example: connector records acme --stage held
    """
    context = current(ctx)
    found = context.connection(name)
    with context.runtime.database.begin() as tx:
        rows = views.listing(tx, found.id, stage=stage, limit=ALL)
    if problem is not None:
        rows = [row for row in rows if any(one["code"] == problem for one in row["problems"])]
    if as_json:
        print_json([summary(row) for row in rows])
    elif not rows:
        say("No such record." if stage or problem else "No record yet.")
    else:
        _print(rows)
        note(f"{counted(len(rows))}.")


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record for programs; its amount in major units."""
    return {**row, "problems": problems(row["problems"])}


def _print(rows: list[dict[str, Any]]) -> None:
    table(
        [
            Column("Record"), Column("Stage"), Column("Type", leave=6), Column("Posting date", leave=3),
            Column("Amount", right=True, leave=2), Column("Journal", leave=4), Column("Voucher", leave=5),
            Column("In Brex", leave=7), Column("In F&O", leave=8), Column("Problems", wrap=True, leave=1),
        ],
        [
            [
                row["record_id"], state_cell(row["stage"]), row["record_type"],
                "" if row["posting_date"] is None else row["posting_date"].isoformat(),
                money(row["amount"], row["currency"]), row["journal"], row["voucher"], row["export_status"],
                row["ledger_status"], _why(row),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _why(row: Mapping[str, Any]) -> Text | str:
    codes = dict.fromkeys(one["code"] for one in row["problems"])
    return Text(" ".join(codes), style="yellow") if codes else row["reason"]
