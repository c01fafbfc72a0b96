"""How a record differs from the one that was written to the ledger, in words. Pure."""

from collections.abc import Iterable

from connector.domain.record import Line, Record

_LONGEST = 60
_MOST = 20
# Brex documents no status of a bill; these words would say that it is no bill any more.
_WITHDRAWN = ("CANCEL", "VOID", "DELETE", "REJECT", "DRAFT")


def withdrawn(record: Record) -> bool:
    """By its status the bill is no bill any more, or not yet one again."""
    return record.source_type == "BILL" and any(word in record.status.upper() for word in _WITHDRAWN)


def differences(written: Record, shown: Record) -> list[str]:
    """What matters to the ledger: amounts, dates, codings, texts. Not versions, receipts, or the employee's job."""
    told = [
        f"{name}: {_text(before)} → {_text(after)}"
        for name, before, after in (
            ("type", written.type, shown.type),
            ("amount", written.amount, shown.amount),
            ("posting date", written.posting_time.isoformat(), shown.posting_time.isoformat()),
            ("vendor", written.vendor_name or written.vendor_id, shown.vendor_name or shown.vendor_id),
            ("memo", written.memo, shown.memo),
            ("invoice number", written.invoice_number, shown.invoice_number),
            ("due date", written.due_at, shown.due_at),
            ("status", written.status if withdrawn(shown) else shown.status, shown.status),
        )
        if before != after
    ]
    told += _lines(written.lines, shown.lines)
    return told if len(told) <= _MOST else [*told[:_MOST], f"and {len(told) - _MOST} more"]


def _lines(written: tuple[Line, ...], shown: tuple[Line, ...]) -> Iterable[str]:
    before, after = {line.id: line for line in written}, {line.id: line for line in shown}
    for line in written:
        if line.id not in after:
            yield f"line {line.id} ({line.direction} {line.amount}) is gone"
        else:
            yield from _line(line, after[line.id])
    for line in shown:
        if line.id not in before:
            yield f"line {line.id} ({line.direction} {line.amount}) is new"


def _line(before: Line, after: Line) -> Iterable[str]:
    for name, old, new in (
        ("direction", before.direction, after.direction),
        ("amount", before.amount, after.amount),
        ("billing amount", before.billing_amount, after.billing_amount),
        ("memo", before.memo, after.memo),
    ):
        if old != new:
            yield f"line {before.id}, {name}: {_text(old)} → {_text(new)}"
    if _chosen(before) != _chosen(after):
        yield f"line {before.id}, coding: {_text(_coding(before))} → {_text(_coding(after))}"


def _chosen(line: Line) -> set[tuple[str, str]]:
    """By Brex's own ids: names and remote ids change without a change of coding."""
    return {(one.field_id or one.field_remote_id, one.value_id or one.value_remote_id) for one in line.fields}


def _coding(line: Line) -> str:
    return ", ".join(
        f"{one.field_name or one.field_remote_id or one.field_id} "
        f"{one.value_remote_id or one.value_name or one.value_id}"
        for one in line.fields
    )


def _text(value: object) -> str:
    text = str(value) if value not in (None, "") else "(none)"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
