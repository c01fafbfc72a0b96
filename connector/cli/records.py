"""`connector records`: the audit table, one row per record."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from connector.cli.arguments import AsJson, Name, ProblemOption, StageOption, day_option
from connector.cli.context import current
from connector.cli.output import note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted, money, problems, state_cell
from connector.domain.stages import Stage
from connector.pipeline import cutover
from connector.store import views

# A list that leaves some out without a word is worse than a long one.
ALL = 10**9
BILLS_WAIT: Final = "TREATMENT-UNCONFIRMED"


def records(
    ctx: typer.Context,
    name: Name,
    stage: StageOption = None,
    problem: ProblemOption = None,
    before: Annotated[
        date | None, day_option("--before", "Records dated before this day, in the legal entity's time zone.")
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Records that changed in Brex after they were written.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List a connection's records.

    Bills of a type that nobody has approved yet are counted, not listed, unless asked for by --problem.

    Example: connector records acme --stage held
    """
    context = current(ctx)
    found = context.connection(name)
    dated = None if before is None else cutover.before(context.runtime, found, before)
    with context.runtime.database.begin() as tx:
        rows = views.listing(tx, found.id, stage=stage, limit=ALL)
    if problem is not None:
        rows = [row for row in rows if any(one["code"] == problem for one in row["problems"])]
    if dated is not None:
        rows = [row for row in rows if row["record_id"] in dated.ids]
    if changed:
        rows = [row for row in rows if row["changed_in_brex"] and "settled" not in row["changed_in_brex"]]
    if as_json:
        print_json([summary(row) for row in rows])
    else:
        _list(name, rows, narrowed=bool(stage or problem or dated or changed), bills=problem is not None)
    if dated is not None and dated.undated:
        note(f"{counted(dated.undated)} without a readable posting date (yet): not looked at.")


def _list(name: str, rows: list[dict[str, Any]], *, narrowed: bool, bills: bool) -> None:
    shown = rows if bills else [row for row in rows if not _only_a_bill(row)]
    if shown:
        _print(shown)
        note(f"{counted(len(shown))}.")
    elif not rows:
        say("No such record." if narrowed else "No record yet.")
    if len(shown) < len(rows):
        number = counted(len(rows) - len(shown), "bill")
        note(f"{number} held, not listed: `connector records {name} --problem {BILLS_WAIT}`.")


def _only_a_bill(row: Mapping[str, Any]) -> bool:
    """Held because bills of this type are not wanted (yet): there may be more of them than of all else."""
    codes = {one["code"] for one in row["problems"]}
    return row["source_type"] == "BILL" and row["stage"] == Stage.HELD and BILLS_WAIT in codes


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record for programs; its amount in major units."""
    return {**row, "problems": problems(row["problems"])}


def _print(rows: list[dict[str, Any]]) -> None:
    table(
        [
            Column("Record"), Column("Stage"), Column("Type", leave=6), Column("Posting date", leave=3),
            Column("Amount", right=True, leave=2), Column("Journal", leave=4), Column("Voucher", leave=5),
            Column("In Brex", leave=7), Column("In F&O", leave=8), Column("Problems, reasons", wrap=True, leave=1),
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
    changed, pair = row["changed_in_brex"] or {}, _pair(row)
    if changed and "settled" not in changed:
        return Text(" ".join([*codes, f"changed in Brex: {'; '.join(changed['differences'])}"]), style="yellow")
    return Text(" ".join(codes), style="yellow") if codes else "; ".join(filter(None, (row["reason"], pair)))


def _pair(row: Mapping[str, Any]) -> str:
    """Two linked entries name each other."""
    if row["linked_to"]:
        return f"linked to {row['linked_to']}"
    return f"with {row['linked']}" if row["linked"] else ""
