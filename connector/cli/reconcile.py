"""`connector reconcile`: is the ledger what our records say? Read from F&O, not from our tables."""

from datetime import date
from typing import Annotated, Any

import typer

from connector.cli.arguments import AsJson, Name, day_option
from connector.cli.context import current
from connector.cli.output import complain, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted, money
from connector.pipeline import reconcile as reading
from connector.pipeline.reconcile import Result


def reconcile(
    ctx: typer.Context,
    name: Name,
    first: Annotated[date, day_option("--from", "The first posting date.")],
    last: Annotated[date, day_option("--to", "The last posting date.")],
    as_json: AsJson = False,
) -> None:
    """Compare records with the ledger for a time, entry by entry and in total. Changes nothing.

    Ends with 1 where there is any difference or finding.

    Example: connector reconcile acme --from 2026-11-01 --to 2026-11-30
    """
    if last < first:
        raise typer.BadParameter("--to lies before --from.")
    context = current(ctx)
    connection = context.connection(name)
    result = reading.run(context.runtime, connection, first, last)
    if as_json:
        print_json(_for_programs(result, first, last))
    else:
        _print(result)
    if not result.clean:
        complain(_verdict(result))
        raise typer.Exit(1)
    if not as_json:
        say("Everything agrees.")


def _for_programs(result: Result, first: date, last: date) -> dict[str, Any]:
    return {
        "reconciliation_difference": result.difference,
        "clean": result.clean,
        "from": first,
        "to": last,
        "records": result.records,
        "by_stage": result.by_stage,
        "totals": [
            {
                "legal_entity": key[0],
                "currency": key[1],
                "planned": result.planned.get(key, 0),
                "ledger": result.ledger.get(key, 0),
                "difference": difference,
            }
            for key, difference in result.differences.items()
        ],
        "findings": [
            {"kind": one.kind, "record_id": one.record_id, "reference": one.reference, "sentence": one.sentence}
            for one in result.findings
        ],
    }


def _print(result: Result) -> None:
    stages = ", ".join(f"{number:,} {stage}" for stage, number in sorted(result.by_stage.items()))
    say(f"{counted(result.records)} with a posting date in this time{f': {stages}' if stages else ''}.")
    if result.differences:
        table(
            [
                Column("Legal entity"), Column("Written by us", right=True), Column("In the ledger", right=True),
                Column("Difference", right=True),
            ],
            [
                [
                    entity or "(none)", money(result.planned.get((entity, currency)), currency) or "-",
                    money(result.ledger.get((entity, currency)), currency) or "-", money(difference, currency),
                ]
                for (entity, currency), difference in result.differences.items()
            ],
        )  # fmt: skip
    for one in result.findings:
        say(f"{one.kind}: {one.record_id or '(no record)'}, reference {one.reference}: {one.sentence}.")


def _verdict(result: Result) -> str:
    found = counted(len(result.findings), "finding")
    if result.difference == 0:
        return f"The totals agree, with {found}: look at each with `connector record`."
    return f"Records and ledger differ, with {found}: look at each with `connector record`."
