"""`connector retry` and `skip`: what a person decides about records that do not go on by themselves."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer

from connector.cli.arguments import AsJson, Name, ProblemOption, RecordIds, StageOption, day_option
from connector.cli.context import Context, current, person, speakable
from connector.cli.failures import Failure
from connector.cli.output import note, print_json, say
from connector.cli.words import counted
from connector.domain.stages import Stage
from connector.pipeline import cutover, people
from connector.pipeline.people import Done
from connector.store import views
from connector.store.connections import Connection

SHOWN = 10
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the record's history.", show_default=False)]


def retry(
    ctx: typer.Context,
    name: Name,
    record_ids: RecordIds = None,
    stage: StageOption = None,
    problem: ProblemOption = None,
    reason: Reason = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Accept what these are held for as it stands; wants --reason.")
    ] = False,
    repost: Annotated[
        bool, typer.Option("--repost", help="Write reversed records anew, from what Brex has now; wants --reason.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let records go on: these, those in a stage, those with a problem; without any of it, all that are held.

    Safe from any stage: what was written, or may have been, is looked for in F&O before anything is sent. Records that
    were taken back (`connector reverse`) are left alone unless --repost says so.

    Example: connector retry acme --problem MAP-ACCOUNT-UNMAPPED
    """
    chosen = bool(record_ids) or stage is not None or problem is not None
    if (anyway or repost) and not (chosen and reason.strip()):
        raise typer.BadParameter("--anyway and --repost want --reason, and to know which records.")
    if anyway and repost:
        raise typer.BadParameter("--anyway is about held records, --repost about reversed ones.")
    context = current(ctx)
    connection = context.connection(name)
    ids = known(context, connection, record_ids)
    done = people.retry(
        context.runtime, connection, actor=person(), record_ids=ids, stage=stage if chosen else Stage.HELD,
        problem=problem, reason=reason.strip(), anyway=anyway, repost=repost,
    )  # fmt: skip
    report(done, "retried", "nothing is left to do for", as_json=as_json)
    if done.changed:
        if not connection.active:
            note(f"{name} is paused; they go on after `connector resume {name}`.")
        context.woken(connection)
    elif ids:
        raise typer.Exit(1)


def skip(
    ctx: typer.Context,
    name: Name,
    reason: Reason,
    record_ids: RecordIds = None,
    stage: StageOption = None,
    problem: ProblemOption = None,
    before: Annotated[
        date | None, day_option("--before", "Records dated before this day, in the legal entity's time zone.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Never write these records to the ledger, for a reason. What stands or may stand in F&O cannot be skipped.

    With --before at a cut-over: everything from before that day that is not done with, in bulk.

    Example: connector skip acme --before 2026-11-01 --reason "keyed by hand until October"
    """
    if not record_ids and stage is None and problem is None and before is None:
        raise typer.BadParameter("say which records: RECORD_ID..., --stage, --problem or --before.")
    context, connection, ids = named(ctx, name, record_ids, reason)
    dated = None if before is None else cutover.before(context.runtime, connection, before)
    done = people.skip(
        context.runtime, connection, actor=person(), reason=reason.strip(), record_ids=ids, stage=stage,
        problem=problem, among=None if dated is None else dated.ids,
    )  # fmt: skip
    refusal = "cannot be skipped (written, perhaps written, or done)"
    report(done, "skipped", refusal, as_json=as_json)
    if dated is not None and dated.undated:
        note(f"{counted(dated.undated)} left alone: without a readable posting date (yet).")
    if ids and done.left_alone:
        raise typer.Exit(1)


def named(
    ctx: typer.Context, name: str, record_ids: Sequence[str] | None, reason: str
) -> tuple[Context, Connection, list[str]]:
    """Whose records, and which by their ids. Raises `BadParameter` without a reason, else as `known` does."""
    if not reason.strip():
        raise typer.BadParameter("--reason is empty.")
    context = current(ctx)
    connection = context.connection(name)
    return context, connection, known(context, connection, record_ids)


def known(context: Context, connection: Connection, record_ids: Sequence[str] | None) -> list[str]:
    """The ids, each once. Raises `Failure` where one is no record here: then nothing is done to the others."""
    ids = list(dict.fromkeys(record_ids or ()))
    askable = [one for one in ids if speakable(one)]
    if not ids:
        return []
    with context.runtime.database.begin() as tx:
        rows = views.ids(tx, connection.id, record_ids=askable) if askable else []
    missing = sorted(set(ids) - {row.record_id for row in rows})
    if missing:
        raise Failure(f"{connection.name} has no record {_some(missing)}; nothing was done.")
    return ids


def report(done: Done, verb: str, otherwise: str, *, as_json: bool, said: str = "") -> None:
    """`verb` is the key for programs; `said` is said of the records instead."""
    if as_json:
        print_json({verb: done.changed, "left_alone": done.left_alone} | ({"why": done.why} if done.why else {}))
    elif not done.changed and not done.left_alone:
        say("No record matches.")
    else:
        say(f"{counted(len(done.changed))} {said or verb}.")
    for why in dict.fromkeys(done.why.values()):
        ids = [record_id for record_id, told in done.why.items() if told == why]
        note(f"{counted(len(ids))} left alone, {_some(ids)}: {why}.")
    rest = [record_id for record_id in done.left_alone if record_id not in done.why]
    if rest:
        note(f"{counted(len(rest))} left alone; {otherwise}: {_some(rest)}.")


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more
