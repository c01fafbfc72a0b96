"""`connector reconcile --kept`: what each night found, and what has changed since the night before."""

from typing import Any

import typer

from connector.cli.context import Context
from connector.cli.output import complain, note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import money, when, zone
from connector.store import nights
from connector.store.connections import Connection
from connector.store.nights import Kept


def show_kept(context: Context, connection: Connection, *, as_json: bool) -> None:
    """Ends with 1 where the last night that was done found anything."""
    with context.runtime.database.begin() as tx:
        found = nights.kept(tx, connection.id)
    if as_json:
        print_json([_for_programs(one) for one in found])
    elif not found:
        say("No night was reconciled yet: it is done once a day, some hours after midnight.")
    else:
        _print(found, zone(connection))
    last = next((one for one in found if one.done_at is not None), None)
    if last is not None and not last.clean:
        complain(f"The last night that was done found {last.found}.")
        raise typer.Exit(1)


def _for_programs(one: Kept) -> dict[str, Any]:
    return {
        "from": one.first, "to": one.last, "done_at": one.done_at, "clean": one.clean, "found": one.found,
        "since_before": one.since_before, "totals": one.totals, "findings": one.findings, "problem": one.problem,
    }  # fmt: skip


def _print(found: list[Kept], zone_name: str) -> None:
    table(
        [
            Column("From", leave=2), Column("To"), Column("Done", leave=3), Column("Found", right=True),
            Column("New", right=True), Column("Still open", right=True), Column("Mended", right=True),
            Column("", wrap=True, leave=1),
        ],
        [
            [
                one.first.isoformat(), one.last.isoformat(), when(one.done_at, zone_name),
                f"{one.found:,}" if one.done_at else "",
                *(str(one.since_before.get(name, "")) for name in ("new", "still_open", "mended")), one.problem,
            ]
            for one in found
        ],
    )  # fmt: skip
    last = next((one for one in found if one.done_at is not None), None)
    if last is None:
        return
    if last.findings:
        say()
    for finding in last.findings:
        amount = money(finding["amount"], finding["currency"])
        place = ", ".join(filter(None, (finding["record_id"] or "(no record)", finding["reference"], amount)))
        say(f"{finding['kind']}: {place}: {finding['sentence']}.")
        say(f"  What to do: {finding['todo']}")
    if last.found > len(last.findings):
        note(f"{last.found - len(last.findings):,} more were found and not kept: `connector reconcile` shows all.")
