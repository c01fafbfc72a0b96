"""Does the connector say what is? Its rows compared with the ledger and Brex: one half of `sandbox.invariants`."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from sandbox.books import ENTRY, EPOCHS, Identity, Json, Ledger, place

READY: Final = "READY_FOR_EXPORT"
EXPORTED: Final = "EXPORTED"
DONE: Final = frozenset({"written", "acknowledged"})
ENDS: Final = DONE | {"held", "skipped", "reversed"}


def broken(ledger: Ledger, rows: Sequence[Json], *, settled: bool) -> list[str]:
    """In sentences. `settled`: nothing is on its way, so every row must have come to an end that is true."""
    found = [told for row in rows for told in _always(ledger, row)]
    if settled:
        held = {row["record_id"] for row in rows if row["stage"] == "held"}
        found += [told for row in rows if not waits(row, held) for told in _at_the_end(ledger, row)]
        known = {str(row["record_id"]) for row in rows}
        found += [
            f"{record_id} is ready in Brex, and the connector has never heard of it"
            for record_id, record in ledger.records.items()
            if record_id not in known and record["review_status"] == READY
        ]
    return found


def waits(row: Json, held: Collection[str]) -> bool:
    """A second entry that was not sent, of a record that is held: it waits for the same person."""
    return row.get("linked_to") in held and row["stage"] in ("received", "fetched", "mapped")


def _always(ledger: Ledger, row: Json) -> Iterator[str]:
    record_id = str(row["record_id"])
    if row["export_status"] == EXPORTED and not _reported(ledger, record_id) and not _exported(ledger, record_id):
        yield f"{record_id} is EXPORTED here, and Brex was never told"
    if row["stage"] in DONE and not ledger.standing(record_id) and record_id not in ledger.allowed.by_hand:
        yield f"{record_id} is {row['stage']}, and no entry of it stands in F&O"


def _at_the_end(ledger: Ledger, row: Json) -> Iterator[str]:
    record_id, stage = str(row["record_id"]), row["stage"]
    standing = ledger.standing(record_id)
    if stage not in ENDS:
        yield f"{record_id} is still {stage}"
    if stage != "held" and (waits := _on_hold(ledger, record_id)):
        yield f"{record_id} is {stage}, and {waits} is on hold in F&O"
    if stage == "held" and not row["problems"]:
        yield f"{record_id} is held without a problem"
    if stage in ENDS - {"held"} and row["problems"]:
        yield f"{record_id} is {stage} with problems: {[one['code'] for one in row['problems']]}"
    if row["export_status"] != EXPORTED and _reported(ledger, record_id):
        yield f"{record_id} is {row['export_status']} here, and Brex was told EXPORTED"
    if stage in ("skipped", "reversed") and standing:
        yield f"{record_id} is {stage}, and an entry of it stands in F&O"
    if stage in DONE and standing:
        yield from _where(ledger, row, standing[-1])
    elif stage in DONE and record_id in ledger.allowed.by_hand and not _worked_on(ledger, record_id):
        yield f"{record_id} is {stage}, and what became of its lines was not noticed"


def _where(ledger: Ledger, row: Json, identity: Identity) -> Iterator[str]:
    status, journal, voucher = _shown(ledger, identity)
    unseen = ledger.allowed.unwatched and (row["ledger_status"], status) == ("unposted", "posted")
    if row["ledger_status"] != status and not unseen:
        yield f"{identity[0]} is {row['ledger_status']} here, and {status} in F&O"
    elif unseen and not journal:
        return  # nobody has looked since it was posted and got its voucher
    if row["voucher"] != voucher or journal not in ("", row["journal"]):
        yield f"{identity[0]} is in {row['journal']} {row['voucher']} here, and in {journal} {voucher} in F&O"


def _shown(ledger: Ledger, identity: Identity) -> tuple[str, str, str]:
    """Its status in F&O, its journal or pending invoice ("" where a posted one no longer says), its voucher."""
    if lines := ledger.sets[ENTRY].get(identity):
        status = "posted" if ledger.posted.get(place(lines[0])) else "unposted"
        return status, str(lines[0]["JournalBatchNumber"]), str(lines[0]["Voucher"])
    invoice = ledger.invoices[identity][0]
    return "posted" if invoice.voucher else "unposted", invoice.number, invoice.voucher


def _on_hold(ledger: Ledger, record_id: str) -> str:
    """An invoice of its that was never finished."""
    found = (one for epoch in range(EPOCHS) for one in ledger.invoices.get((record_id, epoch), ()))
    return next((one.told for one in found if one.on_hold), "") if record_id not in ledger.allowed.by_hand else ""


def _worked_on(ledger: Ledger, record_id: str) -> bool:
    """People change pending invoices and post them: the lines of such are compared by the nightly reconciliation."""
    return any(ledger.invoices.get((record_id, epoch)) for epoch in range(EPOCHS))


def _reported(ledger: Ledger, record_id: str) -> bool:
    return any(one["accounting_record_id"] == record_id and "success" in one for one in ledger.books.reported)


def _exported(ledger: Ledger, record_id: str) -> bool:
    record = ledger.records.get(record_id)
    return record is None or record["review_status"] == EXPORTED
