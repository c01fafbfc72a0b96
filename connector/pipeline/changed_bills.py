"""A bill that changes in Brex before its journal is posted in F&O: what is there is taken out and written anew.

By the machinery of `connector reverse --repost`, but only as long as nothing is posted: a bill that is posted stands as
it is, and is shown as changed. By the setting `posting.bills.changed` every changed bill is only shown.
"""

from collections.abc import Iterable
from typing import Any, Final

import structlog

from connector.brex.errors import BrexError
from connector.domain import changes as compare
from connector.domain import record
from connector.domain.stages import LedgerStatus, Stage
from connector.domain.writes import Outcome, WriteKind
from connector.pipeline import intake, people
from connector.pipeline.pages import Page
from connector.pipeline.runtime import Runtime, posting
from connector.store import changes, records, reversals, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move

log = structlog.get_logger()
BILL: Final = "BILL_EXPENSE"
MOST: Final = 500
GONE: Final = "Brex does not return it any more"
_FORMS: Final = ("general_journal", "invoice_journal", "pending_invoice")


def may_be_updated(connection: Connection, row: Any, item: dict[str, Any]) -> bool:
    """A standing row of `changes.standing`, and what Brex shows of it now."""
    if row.record_type != BILL or row.ledger_status != LedgerStatus.UNPOSTED or row.has_linked:
        return False  # a second entry would not follow
    if row.stage not in (Stage.WRITTEN, Stage.ACKNOWLEDGED) or posting(connection).bills.changed != "update":
        return False
    try:
        return not compare.withdrawn(record.parse(intake.without_links(item)))
    except record.Unreadable:
        return False


def lock(tx: Tx, record_pks: Iterable[int]) -> None:
    """Before their records are touched: what is locked first, as everywhere."""
    writes.lock(tx, sorted(record_pks))


def update(tx: Tx, connection: Connection, actor: str, changed: dict[int, tuple[Any, list[str]]]) -> set[int]:
    """Record → (its row, the differences): have their entries taken out and written anew; those that will be."""
    live, back = writes.live(tx, sorted(changed), WriteKind.ENTRY), reversals.live(tx, sorted(changed))
    wishes, moves = {}, []
    for pk, (row, told) in sorted(changed.items()):
        entry = live.get(pk)
        if entry is None or entry.outcome != Outcome.WRITTEN or entry.form not in _FORMS or pk in back:
            continue
        reason = f"changed in Brex: {'; '.join(told)}"[:500]
        wishes[pk] = {
            "reason": reason, "actor": actor, "date": None, "repost": True, "vendor_checked": True, "gone": False,
            "unposted_only": True,
        }  # fmt: skip
        why = f"to be taken back and written anew, {reason}"[:500]
        moves.append(Move(pk, Stage(row.stage), Stage.WRITING, why, data={"wish": wishes[pk]}, problems=[]))
    moved = move(tx, connection.id, actor, moves)
    reversals.ask(tx, connection.id, [people.removal(live[pk], wishes[pk]) for pk in sorted(moved)])
    reversals.hand_over(tx, [live[pk].id for pk in moved])
    reversals.forget_reports(tx, sorted(moved))
    return moved


def again(runtime: Runtime, connection: Connection) -> tuple[Any, Page, list[str]]:
    """Bills that may still be updated, as Brex shows them at this moment: since when, what it shows, and the ids that
    it does not return any more. Raises `Stop`; other errors only end this reading."""
    with runtime.database.begin() as tx:
        as_of = records.now(tx)
        ids = changes.unposted_bills(tx, connection.id, MOST)
    if not ids:
        return as_of, [], []
    try:
        with runtime.calling(connection, "brex"):
            items = runtime.clients(connection).brex.by_ids(ids)
    except BrexError as error:
        log.warning("unposted bills not read", connection=connection.name, reason=str(error))
        return as_of, [], []
    shown = {item.get("id") for item in items}
    return as_of, items, [one for one in ids if one not in shown]


def tell_gone(runtime: Runtime, connection: Connection, actor: str, as_of: Any, record_ids: list[str]) -> None:
    """Flag those that Brex does not return any more. A person decides what becomes of their entries."""
    if not record_ids:
        return
    with runtime.database.begin() as tx:
        rows = [
            row
            for row in changes.standing(tx, connection.id, record_ids)
            if GONE not in (row.changed_in_brex or {}).get("differences", [])
        ]
        why = f"changed in Brex after it was written: {GONE}"
        move(tx, connection.id, actor, [Move(row.id, None, None, why, data={"differences": [GONE]}, delay=None)
                                        for row in rows])  # fmt: skip
        kept = {"differences": [GONE], "seen_at": as_of.isoformat()}
        changes.note(tx, connection.id, [{"id": row.id, "changed": kept} for row in rows])
    for row in rows:
        log.warning("gone from Brex after it was written", connection=connection.name, record=row.record_id)
