"""`connector record`: everything there is to know of one record, with its whole history."""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

import typer
from rich.text import Text

from connector.cli import story
from connector.cli.arguments import AsJson, Name, RecordId
from connector.cli.context import current, speakable
from connector.cli.entries import print_entry
from connector.cli.failures import Failure
from connector.cli.output import out, print_json, say
from connector.cli.receipts import print_receipts
from connector.cli.tables import Column, table
from connector.cli.words import counted, money, problems, state_cell, when, zone
from connector.domain import jsonio
from connector.domain.entry import from_json
from connector.domain.guide import anchor
from connector.domain.writes import Outcome, WriteKind
from connector.store import receipts, versions, views
from connector.store.connections import Connection


def record(ctx: typer.Context, name: Name, record_id: RecordId, as_json: AsJson = False) -> None:
    """Show one record: where it stands, its problems, its entry, what was written, and its history.

    With --json the body as Brex gave it is there too.

    Example: connector record acme accr_abc123
    """
    context = current(ctx)
    connection = context.connection(name)
    with context.runtime.database.begin() as tx:
        found = views.one(tx, connection.id, record_id) if speakable(record_id) else None
        attached = receipts.of_record(tx, connection.id, record_id) if found else []
        planned_with = versions.in_force(tx, connection.id, found["planned_rules"] or 0) if found else {}
    if found is None:
        raise Failure(
            f"{name} has no record {record_id}. What Brex has ready: "
            f"`connector backfill {name} --since DATE`; what it would become: `connector preview {name} RECORD_ID`."
        )
    if as_json:
        rules = {kind: asdict(one) for kind, one in planned_with.items()}
        print_json({**_for_programs(found), "receipts": attached, "planned_with": rules})
        return
    _print_summary(found, connection)
    _print_problems(found["problems"])
    _print_changes(found["changed_in_brex"])
    if found["entry"] is not None:
        _heading("Entry")
        print_entry(from_json(found["entry"]), found["reference"])
        for kind, one in planned_with.items():
            since = when(one.at, zone(connection, found["legal_entity"]))
            say(f"Planned with the {kind} of {since}, by {one.actor} (version {one.version}).")
    _print_writes(found["writes"], connection, found["legal_entity"])
    print_receipts(attached, zone(connection, found["legal_entity"]))
    _print_events(found["events"], connection, found["legal_entity"])
    if any(one["code"] == "RECORD-UNREADABLE" for one in found["problems"]):
        _heading("Body, as Brex gave it")
        say(found["body"] or "(none)")


def _for_programs(found: dict[str, Any]) -> dict[str, Any]:
    body = found["body"]
    with suppress(jsonio.NotJson):  # then its text, as it came
        body = jsonio.loads(body) if body else None
    rest = {key: value for key, value in found.items() if key != "id"}
    return {**rest, "body": body, "problems": problems(found["problems"])}


def _print_summary(found: dict[str, Any], connection: Connection) -> None:
    zone_name = zone(connection, found["legal_entity"])
    facts = {
        "Record": found["record_id"],
        "Stage": state_cell(found["stage"]),
        "Linked to": found["linked_to"] or "",
        "Linked entry": found["linked"] or "",
        "Type": found["record_type"],
        "Amount": money(found["amount"], found["currency"]),
        "Posting date": str(found["posting_date"] or ""),
        "Legal entity": found["legal_entity"],
        "Reference": found["reference"],
        "Journal": " ".join(filter(None, (found["journal"], found["voucher"]))),
        "In F&O": found["ledger_status"],
        "In Brex": found["export_status"],
        "Reason": found["reason"],
        "Epoch": f"{found['epoch']} (written anew)" if found["epoch"] else "",
        "Accepted": ", ".join(found["accepted"]),
        "Heard of": f"{when(found['created_at'], zone_name)}, {counted(found['times_heard'], 'time')}",
        "Written": when(found["written_at"], zone_name) if found["written_at"] else "",
        "Acknowledged": when(found["acknowledged_at"], zone_name) if found["acknowledged_at"] else "",
    }
    table([Column(""), Column("", wrap=True)], [[name, value] for name, value in facts.items() if value])


def _print_problems(found: list[dict[str, Any]]) -> None:
    if found:
        _heading("Problems")
    for one in found:
        say(f"{one['code']}: {one['sentence']}")
        say(f"  What to do: {one['fix']}")
        say(f"  More: {anchor(one['code'])}")


def _print_changes(found: dict[str, Any] | None) -> None:
    if not found:
        return
    _heading("Changed in Brex since it was written")
    for one in found["differences"]:
        say(one)
    if "settled" in found:
        say(f"  Seen to: {found['settled']}")
    else:
        say("  What to do: correct the entry in F&O by hand, then `connector settle`; nothing is posted by itself.")


def _print_writes(writes: list[dict[str, Any]], connection: Connection, legal_entity: str) -> None:
    if not writes:
        return
    _heading("Writes")
    zone_name = zone(connection, legal_entity)
    table(
        [
            Column("Write"), Column("Outcome"), Column("Reference", leave=1), Column("Journal"),
            Column("Attempts", right=True, leave=4), Column("Intended at", leave=3),
            Column("Evidence", wrap=True, leave=2),
        ],
        [
            [
                one["kind"] + (f" (epoch {one['epoch']})" if one["epoch"] else ""), _outcome(one),
                one["reference"], _place(one), str(one["attempts"]), when(one["created_at"], zone_name),
                one["evidence"],
            ]
            for one in writes
        ],
    )  # fmt: skip


def _outcome(one: dict[str, Any]) -> Text:
    """Of an entry that was taken out of its journal, that it was; of its removal, that it is done."""
    if one["kind"] == WriteKind.REMOVAL and one["outcome"] == Outcome.WRITTEN:
        return state_cell("done")
    return Text("written, removed") if one["removed_at"] is not None else state_cell(one["outcome"])


def _place(one: dict[str, Any]) -> str:
    ledger = one["ledger"] or {}
    return " ".join(filter(None, (ledger.get("journal") or one["journal"], ledger.get("voucher"))))


def _print_events(events: list[dict[str, Any]], connection: Connection, legal_entity: str) -> None:
    _heading("History")
    zone_name = zone(connection, legal_entity)
    table(
        [
            Column("#", right=True), Column("When"), Column("Who", leave=1), Column("To"), Column("Why", wrap=True),
            Column("Keys", wrap=True, leave=2), Column("Hash", leave=3),
        ],
        [
            [
                str(one["seq"]), when(one["at"], zone_name), one["actor"],
                state_cell(one["to_stage"]) if one["to_stage"] != one["from_stage"] else "", one["why"],
                story.keys(one["data"]), story.short(one["hash"]),
            ]
            for one in events
        ],
    )  # fmt: skip


def _heading(text: str) -> None:
    out().print(f"\n{text}", style="bold")
