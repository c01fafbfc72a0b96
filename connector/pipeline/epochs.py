"""reversed → received, one epoch on: the deliberate re-post of a record whose entry was taken back.

Every reference is derived from the epoch, so nothing of the earlier one can be taken for the new entry, nor block it.
What Brex was told before stays as it is: a record that Brex shows EXPORTED is not reported again.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from connector.domain.reference import reference
from connector.domain.stages import LedgerStatus, Stage
from connector.domain.writes import WriteKind
from connector.store import records, reversals, writes
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.writes import Write

# A record is written anew by a person's word only; nobody does that so often.
MOST: Final = 20


class InLedger(NamedTuple):
    """What a reading of the whole ledger shows of a record: the latest epoch, and whether it is cancelled again."""

    epoch: int
    reversed: bool


def references(record_id: str, first: int) -> list[str]:
    """All that the ledger may hold of a record from this epoch on: its entries, and what cancels them."""
    kinds = (WriteKind.ENTRY, WriteKind.REVERSAL)
    return [reference(record_id, epoch, kind) for epoch in range(first, MOST + 1) for kind in kinds]


def in_ledger(record_id: str, first: int, found: Collection[str]) -> InLedger | None:
    """The latest epoch, from `first` on, whose entry is among the references found; None where none is.

    An entry that was removed leaves nothing behind. Its epoch is known here only where a later one stands.
    """
    for epoch in range(MOST, first - 1, -1):
        if reference(record_id, epoch, WriteKind.ENTRY) in found:
            return InLedger(epoch, reference(record_id, epoch, WriteKind.REVERSAL) in found)
    return None


def begin(tx: Tx, connection_id: int, actor: str, next_epochs: dict[int, int], why: str) -> set[int]:
    """Record → its next epoch; those that moved. It is read from Brex anew, planned anew and written anew."""
    moves = [
        Move(
            pk, Stage.REVERSED, Stage.RECEIVED, why, data={"epoch": epoch}, epoch=epoch, problems=[], reason="",
            ledger_status=LedgerStatus.NONE, journal="", voucher="", reference="",
        )
        for pk, epoch in next_epochs.items()
    ]  # fmt: skip
    writes.live(tx, sorted(next_epochs), WriteKind.ACKNOWLEDGE)  # locked before their records, as everywhere
    moved = move(tx, connection_id, actor, moves)
    reversals.forget_reports(tx, sorted(moved))
    reversals.begin_epoch(tx, sorted(moved))
    records.look_anew(tx, connection_id, sorted(moved))
    return moved


def lock(tx: Tx, done: Sequence[Write]) -> None:
    """Before the records of these removals and reversals are moved: what is locked first, where they are to be written
    anew. Reports lock their write and then the record."""
    writes.live(tx, sorted(_wished(done)), WriteKind.ACKNOWLEDGE)


def as_wished(tx: Tx, connection_id: int, actor: str, done: Sequence[Write]) -> None:
    """Of these removals and reversals, just done, those whose record is to be written anew."""
    begin(tx, connection_id, actor, _wished(done), "to be written anew, as was asked when it was taken back")


def _wished(done: Sequence[Write]) -> dict[int, int]:
    return {one.record_pk: one.epoch + 1 for one in done if one.wish.get("repost") and one.record_pk is not None}
