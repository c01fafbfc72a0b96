"""`connector reverse`: take entries back out of the ledger."""

from datetime import date
from typing import Annotated

import typer

from connector.cli.arguments import AsJson, Name, ProblemOption, RecordIds, StageOption, day_option
from connector.cli.asking import confirm
from connector.cli.context import person
from connector.cli.output import note, say
from connector.cli.people import Reason, named, report
from connector.cli.words import counted
from connector.pipeline import people
from connector.store import views


def reverse(
    ctx: typer.Context,
    name: Name,
    reason: Reason,
    record_ids: RecordIds = None,
    stage: StageOption = None,
    problem: ProblemOption = None,
    day: Annotated[
        date | None, day_option("--date", "Date of the reversing entry; left out: the date of the entry itself.")
    ] = None,
    repost: Annotated[
        bool, typer.Option("--repost", help="Then write the record anew, from what Brex has by then.")
    ] = False,
    vendor_checked: Annotated[
        bool, typer.Option("--vendor-checked", help="Its vendor line is not settled against a payment; I looked.")
    ] = False,
    gone: Annotated[
        bool, typer.Option("--gone", help="F&O has nothing of it any more, posted neither; I looked.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, for more than one record.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take entries back. Out of a journal that is not posted they are removed; posted ones get a reversing entry.

    F&O is looked at first, and again afterwards. In Brex the records stay as they are: EXPORTED, where Brex was told.

    Example: connector reverse acme accr_abc123 --reason "booked by hand as well"
    """
    if not record_ids and stage is None and problem is None:
        raise typer.BadParameter("say which records: RECORD_ID..., --stage or --problem.")
    context, connection, ids = named(ctx, name, record_ids, reason)
    with context.runtime.database.begin() as tx:
        chosen = [row.record_id for row in views.ids(tx, connection.id, record_ids=ids, stage=stage, problem=problem)]
    if not chosen:
        say("No record matches.")
        return
    if len(chosen) > 1 and not yes:
        confirm(f"Take the entries of {counted(len(chosen))} back?")
    done = people.reverse(
        context.runtime, connection, actor=person(), reason=reason.strip(), record_ids=chosen, day=day, repost=repost,
        vendor_checked=vendor_checked, gone=gone,
    )  # fmt: skip
    report(done, "reversing", "there is nothing to take back of", as_json=as_json, said="to be taken back")
    if done.changed:
        if not connection.active:
            note(f"{name} is paused; they go on after `connector resume {name}`.")
        context.woken(connection)
    if ids and done.left_alone:
        raise typer.Exit(1)
