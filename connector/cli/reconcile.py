"""`connector reconcile`: is the ledger what Brex and our records say? Both read afresh, not from our tables."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import typer

from connector.cli.arguments import AsJson, Name, day_option
from connector.cli.context import current
from connector.cli.kept import show_kept
from connector.cli.output import complain, note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted, money
from connector.pipeline import nightly
from connector.pipeline import reconcile as reading
from connector.pipeline.balance import Finding, Result


def reconcile(
    ctx: typer.Context,
    name: Name,
    first: Annotated[date | None, day_option("--from", "The first posting date.")] = None,
    last: Annotated[date | None, day_option("--to", "The last posting date.")] = None,
    kept: Annotated[bool, typer.Option("--kept", help="What the nightly reconciliations found.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare Brex, our records and the ledger for a time, entry by entry and in total. Changes nothing.

    Brex's total is the sum of what is written, held, skipped, reversed, on its way, not exported yet and not known
    here; what is written is what F&O shows under our references. Ends with 1 where there is any difference or finding.

    Example: connector reconcile acme --from 2026-11-01 --to 2026-11-30
    """
    context = current(ctx)
    if kept:
        if first or last:
            raise typer.BadParameter("--kept shows every night that is kept: leave out --from and --to.")
        show_kept(context, context.connection(name), as_json=as_json)
        return
    if first is None or last is None:
        raise typer.BadParameter("--from and --to are both needed (or --kept).")
    if last < first:
        raise typer.BadParameter("--to lies before --from.")
    result = reading.run(context.runtime, context.connection(name), first, last)
    if as_json:
        print_json(for_programs(result))
    else:
        _print(result)
    if not result.clean:
        complain(_verdict(result))
        raise typer.Exit(1)
    if not as_json:
        say("Everything agrees.")


def for_programs(result: Result) -> dict[str, Any]:
    return {
        "reconciliation_difference": result.difference,
        "clean": result.clean,
        "from": result.first,
        "to": result.last,
        "records": result.records,
        "by_stage": result.by_stage,
        "not_judged": result.moving,
        "totals": nightly.totals(result),
        "findings": [nightly.as_json(one) for one in result.findings],
    }


def _print(result: Result) -> None:
    stages = ", ".join(f"{number:,} {stage}" for stage, number in sorted(result.by_stage.items()))
    say(f"{counted(result.records)} with a posting date in this time{f': {stages}' if stages else ''}.")
    for key in result.keys:
        say()
        _print_brex(result, *key)
        _print_ledger(result, *key)
    if result.findings:
        say()
        print_findings(result.findings)
    if result.moving:
        note(f"{counted(result.moving)} went on meanwhile and was not judged: run it again.")


def _print_brex(result: Result, entity: str, currency: str) -> None:
    parts = sorted(result.parts.get((entity, currency), {}).items(), key=_place)
    rows = [[f"  {part}", f"{one.records:,}", money(one.amount, currency)] for part, one in parts]
    number = sum(one.records for _, one in parts)
    left = result.unaccounted[entity, currency]
    table(
        [Column("In Brex"), Column("Records", right=True), Column("Amount", right=True)],
        [
            *rows,
            ["Brex's total", f"{number:,}", money(result.brex.get((entity, currency), Decimal(0)), currency)],
            ["Difference to its parts", "", money(left, currency)],
        ],
        title=" ".join(filter(None, (entity or "(no legal entity)", currency))),
    )  # fmt: skip


def _place(part: tuple[str, Any]) -> tuple[int, str]:
    order = ("written", "held", "skipped", "reversed", "in flight", "not exported", "not known", "before")
    return next((number for number, word in enumerate(order) if part[0].startswith(word)), len(order)), part[0]


def _print_ledger(result: Result, entity: str, currency: str) -> None:
    key = (entity, currency)
    sums = (result.planned.get(key, 0), result.ledger.get(key, 0), result.differences[key])
    table(
        [
            Column("In the ledger"), Column("Written by us", right=True), Column("In F&O", right=True),
            Column("Difference", right=True),
        ],
        [["lines with our references", *(money(Decimal(one), currency) for one in sums)]],
    )  # fmt: skip


def print_findings(findings: list[Finding]) -> None:
    for one in findings:
        told = ", ".join(
            filter(
                None,
                (
                    one.record_id or "(no record)",
                    one.reference and f"reference {one.reference}",
                    one.journal and f"journal {one.journal}",
                    "" if one.amount is None else money(one.amount, one.currency),
                    one.day.isoformat() if one.day else "",
                ),
            )
        )
        say(f"{one.kind}: {told}: {one.sentence}.")
        say(f"  What to do: {one.todo}")


def _verdict(result: Result) -> str:
    found = counted(len(result.findings), "finding")
    if result.difference == 0:
        return f"The totals agree, with {found}: look at each with `connector record`."
    return f"Brex, records and ledger differ, with {found}: look at each with `connector record`."
