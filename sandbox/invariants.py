"""What must be true of Brex and the ledger whatever has happened. Pure; judges what the two systems show.

The connector's own rows are only compared with that, in `sandbox.agreement`.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from connector.domain.reference import linked_id
from sandbox import agreement, pending
from sandbox.books import ENTRY, REVERSAL, Allowed, Books, Identity, Ledger, legs, place, totals


def broken(books: Books, allowed: Allowed | None = None, *, settled: bool = False) -> list[str]:
    """Which invariants do not hold, in sentences; empty where all do.

    `settled`: nothing is on its way any more, so the connector's rows must also say how things stand.
    """
    ledger = Ledger(books, allowed or Allowed())
    found = [*_once_and_whole(ledger), *_invoices(ledger), *_taken_back(ledger), *_explained(ledger)]
    found += [*_told(ledger), *_pairs(ledger), *_receipts(ledger), *books.trails]
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
    for record_id in (name for one in ledger.records for name in (one, linked_id(one))):
        standing = ledger.standing(record_id)
        if len(standing) > 1 and record_id not in ledger.allowed.by_hand:
            yield f"{record_id}: its entries of epochs {[epoch for _, epoch in standing]} all stand"


def _invoices(ledger: Ledger) -> Iterator[str]:
    """Each record and epoch has at most one vendor invoice, whole, and then no lines in a journal."""
    for identity, found in ledger.invoices.items():
        if identity[0] in ledger.allowed.by_hand:
            continue
        name = _name(ENTRY, identity)
        for one in found:
            if told := one.fault(ledger.worth(identity[0])):
                yield f"{name}: {told}"
        if len(found) > 1:
            yield f"{name}: it stands {len(found)} times, as {', '.join(one.told for one in found)}"
        if ledger.sets[ENTRY].get(identity):
            yield f"{name}: it stands in a journal and as {found[0].told}"


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
    for one in ledger.strange_invoices:
        yield f"no record explains {one.told} ({one.document})"


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


def _pairs(ledger: Ledger) -> Iterator[str]:
    """A second entry stands only beside its first; Brex is told of a record only once both stand."""
    told = {str(result["accounting_record_id"]) for result in ledger.books.reported if "success" in result}
    needed = ledger.pairs()
    for record_id in ledger.records:
        second = linked_id(record_id)
        touched = {record_id, second} & {*ledger.allowed.by_hand}
        if touched or ledger.taken_back(record_id) or ledger.taken_back(second):
            continue
        one, other = ledger.standing(record_id), ledger.standing(second)
        if other and not one:
            yield f"{second} stands in F&O, and the first entry of {record_id} does not"
        if record_id in told and record_id in needed and not other:
            yield f"{record_id}: Brex was told EXPORTED, and its second entry does not stand in F&O"
        if one and other:
            yield from _of_one_worth(ledger, one[-1], other[-1])


def _of_one_worth(ledger: Ledger, one: Identity, other: Identity) -> Iterator[str]:
    """Within one company the second clears the first to the cent; between two it is a part of it."""
    first, second = (ledger.sets[ENTRY].get(key, ()) for key in (one, other))
    if first and second and place(first[0])[0] == place(second[0])[0]:
        sums = [{code: both[0] for code, both in totals(lines).items()} for lines in (first, second)]
        if sums[0] != sums[1]:
            yield f"{_name(ENTRY, other)}: it comes to {sums[1]}, and what it clears to {sums[0]}"


def _receipts(ledger: Ledger) -> Iterator[str]:
    for document, sentence in pending.attached_twice(ledger.books.documents):
        _, identity = ledger.names.get(document, (ENTRY, ("", 0)))
        if identity[0] not in ledger.allowed.by_hand:
            yield f"{identity[0] or document}: {sentence}"


def _name(kind: str, identity: Identity) -> str:
    return f"{identity[0]} (epoch {identity[1]}, {kind})"
