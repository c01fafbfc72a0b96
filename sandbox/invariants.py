"""What must be true of Brex and the ledger whatever has happened. Pure; judges what the two systems show.

The connector's own rows are only compared with that, in `sandbox.agreement`.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from sandbox import agreement
from sandbox.books import ENTRY, REVERSAL, Allowed, Books, Identity, Ledger, legs, place


def broken(books: Books, allowed: Allowed | None = None, *, settled: bool = False) -> list[str]:
    """Which invariants do not hold, in sentences; empty where all do.

    `settled`: nothing is on its way any more, so the connector's rows must also say how things stand.
    """
    ledger = Ledger(books, allowed or Allowed())
    found = [*_once_and_whole(ledger), *_taken_back(ledger), *_explained(ledger), *_told(ledger), *books.trails]
    if books.rows is not None:
        found += agreement.broken(ledger, books.rows, settled=settled)
    return found


def _once_and_whole(ledger: Ledger) -> Iterator[str]:
    holders: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for kind, sets in ledger.sets.items():
        for identity, lines in sets.items():
            if identity[0] in ledger.allowed.by_hand:
                continue
            if told := ledger.fault(identity, lines):
                yield f"{_name(kind, identity)}: {told}"
            for line in lines:
                holders[*place(line), str(line["Voucher"])].add(_name(kind, identity))
    for voucher, names in holders.items():
        if len(names) > 1:
            yield f"voucher {' '.join(voucher)} is shared by {', '.join(sorted(names))}"
    for record_id in ledger.records:
        standing = ledger.standing(record_id)
        if len(standing) > 1 and record_id not in ledger.allowed.by_hand:
            yield f"{record_id}: its entries of epochs {[epoch for _, epoch in standing]} all stand"


def _taken_back(ledger: Ledger) -> Iterator[str]:
    """A reversal and its entry sum to zero on every account."""
    for identity, lines in ledger.sets[REVERSAL].items():
        if identity[0] in ledger.allowed.by_hand:
            continue
        sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
        for line in [*lines, *ledger.sets[ENTRY].get(identity, ())]:
            for key, amount in legs(line):
                sums[key] += amount
        left = {key: amount for key, amount in sums.items() if amount}
        if left:
            told = "; ".join(f"{amount} on {' '.join(key)}" for key, amount in sorted(left.items()))
            yield f"{_name(REVERSAL, identity)}: with its entry it leaves {told}"


def _explained(ledger: Ledger) -> Iterator[str]:
    for line in ledger.strangers:
        where = f"journal {line['JournalBatchNumber']}, line {line['LineNumber']}"
        yield f"no record explains {where} (Document {line['Document'] or 'blank'})"


def _told(ledger: Ledger) -> Iterator[str]:
    """Brex is told EXPORTED of what stands in F&O (or was taken back by a person since), and once."""
    times: dict[str, int] = defaultdict(int)
    for result in ledger.books.reported:
        times[str(result["accounting_record_id"])] += "success" in result
    for record_id, count in times.items():
        if not count or record_id in ledger.allowed.by_hand:
            continue
        if not ledger.standing(record_id) and not ledger.taken_back(record_id):
            yield f"{record_id}: Brex was told EXPORTED, and no entry of it stands in F&O"
        if count > 1:
            yield f"{record_id}: Brex was told EXPORTED {count} times"


def _name(kind: str, identity: Identity) -> str:
    return f"{identity[0]} (epoch {identity[1]}, {kind})"
