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


def retry(
    ctx: typer.Context,
    name: Name,
    record_ids: RecordIds = None,
    stage: StageOption = None,
    problem: ProblemOption = None,
    as_json: AsJson = False,
) -> None:
    """Let records go on: these, those in a stage, those with a problem; without any of it, all that are held.

    Safe from any stage: what was written, or may have been, is looked for in F&O before anything is sent.

    Example: connector retry acme --problem MAP-ACCOUNT-UNMAPPED
    """
    context = current(ctx)
    connection = context.connection(name)
    ids = _known(context, connection, record_ids)
    if not ids and stage is None and problem is None:
        stage = Stage.HELD
    done = people.retry(context.runtime, connection, actor=person(), record_ids=ids, stage=stage, problem=problem)
    _report(done, "retried", "nothing is left to do for", as_json=as_json)
    if done.changed:
        if not connection.active:
            note(f"{name} is paused; they go on after `connector resume {name}`.")
        context.woken(connection)


def skip(
    ctx: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the record's history.", show_default=False)],
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
    if not reason.strip():
        raise typer.BadParameter("--reason is empty.")
    context = current(ctx)
    connection = context.connection(name)
    ids = _known(context, connection, record_ids)
    dated = None if before is None else cutover.before(context.runtime, connection, before)
    done = people.skip(
        context.runtime, connection, actor=person(), reason=reason.strip(), record_ids=ids, stage=stage,
        problem=problem, among=None if dated is None else dated.ids,
    )  # fmt: skip
    refusal = "cannot be skipped (written, perhaps written, or done)"
    _report(done, "skipped", refusal, as_json=as_json)
    if dated is not None and dated.undated:
        note(f"{counted(dated.undated)} left alone: without a readable posting date (yet).")
    if ids and done.left_alone:
        raise typer.Exit(1)


def _known(context: Context, connection: Connection, record_ids: Sequence[str] | None) -> list[str]:
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


def _report(done: Done, verb: str, otherwise: str, *, as_json: bool) -> None:
    if as_json:
        print_json({verb: done.changed, "left_alone": done.left_alone})
    elif not done.changed and not done.left_alone:
        say("No record matches.")
    else:
        say(f"{counted(len(done.changed))} {verb}.")
    if done.left_alone:
        note(f"{counted(len(done.left_alone))} left alone; {otherwise}: {_some(done.left_alone)}.")


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more
