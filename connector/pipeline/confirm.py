"""What F&O answered, compared with what was intended. Pure: no I/O, no clock.

Only an inner 201 with a body that says what we sent counts as written; only an inner error for exactly that
changeset counts as refused; everything else is unknown, and unknown means uncertain.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

Row = Mapping[str, Any]

# What makes a ledger line ours. F&O may cut Text and fills in much else; these it must keep as sent.
_COMPARED = (
    "AccountType",
    "AccountDisplayValue",
    "DefaultDimensionDisplayValue",
    "OffsetAccountType",
    "OffsetAccountDisplayValue",
    "OffsetDefaultDimensionDisplayValue",
    "DebitAmount",
    "CreditAmount",
    "CurrencyCode",
    "TransDate",
    "Document",
    "SalesTaxGroup",
    "ItemSalesTaxGroup",
    "SalesTaxCode",
    "Invoice",
    "InvoiceDate",
    "DueDate",
    "MarkedInvoice",
    "MarkedInvoiceCompany",
    "FinTagDisplayValue",
    "OffsetFinTagDisplayValue",
)
_DAYS = frozenset({"TransDate", "InvoiceDate", "DueDate"})
# Of a posted payment they may be cleared: what it settles is settled then.
_CLEARED = frozenset({"MarkedInvoice", "MarkedInvoiceCompany"})
# Facts (Microsoft, financial tags): they are no part of an account, a feature that is switched off hides them all, and
# rules and the journal's header fill in those that were left blank. How a line shows them is not recorded. So one that
# is not there is no difference, nor are others around it; another one in its place is.
_TAGS = frozenset({"FinTagDisplayValue", "OffsetFinTagDisplayValue"})
_TAG_DELIMITERS = "-._|~"
_LONGEST = 200
# Without these in the answer nothing can be said about a line. Facts: each is a property of every journal line,
# whatever the journal's form (metadata), and of every line that was recorded.
_ESSENTIAL = ("AccountDisplayValue", "DebitAmount", "CreditAmount", "CurrencyCode", "TransDate", "Document")
_DIMENSION_STRINGS = frozenset(name for name in _COMPARED if name.endswith("DisplayValue")) - _TAGS


class InnerError(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def message(self) -> str: ...
    @property
    def clear(self) -> bool: ...


class Part(Protocol):
    """One changeset's part of a `$batch` answer."""

    @property
    def content_ids(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Sequence[Row] | None: ...
    @property
    def error(self) -> InnerError | None: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one entry: `written` (rows), `refused` (message) or `unknown` (message)."""

    outcome: str
    rows: tuple[Row, ...] = ()
    message: str = ""
    differences: tuple[str, ...] = ()
    vouchers: tuple[str, ...] = ()
    ledger: dict[str, Any] = field(default_factory=dict)


def verdicts(
    intents: Sequence[Sequence[Row]],
    parts: Sequence[Part],
    content_ids: Sequence[Sequence[str]],
    *,
    complete: bool,
    delimiter: str = "-",
) -> list[Verdict]:
    """One verdict per intent, in order. `content_ids` are those sent, per changeset; ids are unique in the batch."""
    references = {str(intent[0]["Document"]): index for index, intent in enumerate(intents)}
    believe_order = complete and _in_order(parts, references)
    found: dict[int, Verdict] = {}
    for position, part in enumerate(parts):
        if part.rows is not None:
            index = _written_index(part.rows, references)
            if index is not None and index not in found:
                found[index] = judge(intents[index], part.rows, delimiter)
        elif part.error is not None and part.error.clear and believe_order and _is_for(parts, position, content_ids):
            found.setdefault(position, Verdict("refused", message=part.error.message.strip()))
    missing = Verdict("unknown", message="F&O's answer has no part for this entry")
    return [found.get(index, missing) for index in range(len(intents))]


def _written_index(rows: Sequence[Row], references: Mapping[str, int]) -> int | None:
    """Which entry these lines are: they say so themselves, by our reference in Document."""
    documents = {str(row.get("Document", "")) for row in rows}
    return references.get(documents.pop()) if len(documents) == 1 else None


def _in_order(parts: Sequence[Part], references: Mapping[str, int]) -> bool:
    """A refusal carries no reference, so its place is all there is: believed only where every success is in place."""
    return len(parts) <= len(references) and all(
        part.rows is None or _written_index(part.rows, references) == place for place, part in enumerate(parts)
    )


def _is_for(parts: Sequence[Part], position: int, content_ids: Sequence[Sequence[str]]) -> bool:
    """Whether the refusal at this place is for the changeset at this place: by its Content-ID, else by counting.

    Fact: a failed changeset was recorded collapsing into one part with Content-ID 1. Whether that is the changeset's
    first id or always 1 is unknown, so 1 says nothing: then every changeset must have its part, else one that was
    written may be missing in front of it.
    """
    named = set(parts[position].content_ids) - {"1", ""}
    if named:
        return position < len(content_ids) and named <= set(content_ids[position])
    return len(parts) == len(content_ids)


def judge(intent: Sequence[Row], rows: Sequence[Row], delimiter: str = "-", *, posted: bool = False) -> Verdict:
    """Compare an entry as sent with the lines F&O shows for it. `posted`: their journal is, or may be by now."""
    if len(rows) != len(intent) or any(name not in row for row in rows for name in _ESSENTIAL):
        return Verdict("unknown", message=f"F&O showed {len(rows)} of {len(intent)} lines, or not all of each line")
    if told := _not_ours(intent, rows):
        return Verdict("unknown", message=told)
    vouchers = tuple(sorted({_name(row["Voucher"]) for row in rows if row.get("Voucher")}))
    ledger = {
        "data_area": _name(rows[0].get("dataAreaId", "")),
        "journal": _name(rows[0].get("JournalBatchNumber", "")),
        "lines": [row.get("LineNumber") for row in rows],
        "voucher": vouchers[0] if len(vouchers) == 1 else "",
    }
    return Verdict(
        "written",
        rows=tuple(rows),
        differences=tuple(differences(intent, rows, delimiter, posted=posted)),
        vouchers=vouchers,
        ledger=ledger,
    )


def _not_ours(intent: Sequence[Row], rows: Sequence[Row]) -> str:
    """Why these rows are not the entry's lines, each once; empty where nothing says so."""
    companies = {str(row.get("dataAreaId", line.get("dataAreaId"))).casefold() for line in intent[:1] for row in rows}
    if companies != {str(intent[0].get("dataAreaId")).casefold()}:
        return "F&O showed lines of another company"
    shown = [row["LineNumber"] for row in rows if row.get("LineNumber") is not None]
    if not all(isinstance(number, int | Decimal) for number in shown):
        return "F&O showed a line number that is none"
    return "" if len(set(shown)) == len(shown) else "F&O showed one line twice"


def _name(value: Any) -> str:
    return str(value)[:_LONGEST]


def differences(
    intent: Sequence[Row], rows: Sequence[Row], delimiter: str = "-", *, posted: bool = False
) -> list[str]:
    """Where F&O's lines differ from the intent, in words; lines are matched best first, whatever their order."""
    left = list(rows)
    told: list[str] = []
    for line in intent:
        best = min(left, key=lambda row: len(_line_differences(line, row, delimiter, posted)))
        left.remove(best)
        told += _line_differences(line, best, delimiter, posted)
    return told


def _line_differences(line: Row, row: Row, delimiter: str, posted: bool) -> list[str]:
    told = []
    for name in _COMPARED:
        if name not in line or name not in row:
            continue
        if name == "OffsetAccountType" and not line.get("OffsetAccountDisplayValue"):
            continue  # the type of an account that is not there means nothing
        if posted and name in _CLEARED and not row[name]:
            continue
        if name in _TAGS and (not row[name] or _tag(line[name]) in _tag(row[name])):
            continue
        if _normal(name, line[name], delimiter) != _normal(name, row[name], delimiter):
            told.append(f'{name} sent "{line[name]}", F&O has "{str(row[name])[:_LONGEST]}"')
    return told


def _tag(value: Any) -> str:
    """Without what may be another spelling, as of account strings: escapes, and the delimiters of blank tags."""
    return str(value).replace("\\", "").strip().strip(_TAG_DELIMITERS).casefold()


def _normal(name: str, value: Any, delimiter: str) -> Any:
    if name in ("DebitAmount", "CreditAmount"):
        return Decimal(value) if isinstance(value, int | Decimal) else value
    text = "" if value is None else str(value).strip().casefold()
    if name in _DAYS:
        return text[:10]
    if name in _DIMENSION_STRINGS:
        # Fact: F&O takes missing trailing segments as blank and may leave them out when it answers.
        while text.endswith(delimiter.casefold()) and not text.endswith("\\" + delimiter.casefold()):
            text = text[: -len(delimiter)]
    return text
