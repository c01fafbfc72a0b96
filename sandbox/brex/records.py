"""Accounting records: keeping them, moving them through the review, and showing them as the API does."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sandbox.brex.answers import Json, accounting
from sandbox.brex.options import Options
from sandbox.brex.query import STATUSES, Query
from sandbox.brex.receipts import Receipts
from sandbox.clock import Clock, parse, stamp
from sandbox.state import Store

KIND: Final = "brex_record"

# Fact: required by the schema AccountingRecordDetailed (review_status, updated_at and version are filled in).
_REQUIRED: Final = ("id", "amount", "type", "source_type", "erp_posting_date", "posted_at", "line_items")
_NULLABLE: Final = (
    "original_amount",
    "source_id",
    "receipts",
    "user",
    "vendor",
    "memo",
    "due_at",
    "invoice_number",
)


class Records:
    def __init__(self, store: Store, clock: Clock, options: Options, receipts: Receipts) -> None:
        self._store = store
        self._clock = clock
        self._options = options
        self._receipts = receipts

    def add(self, record: Json) -> str:
        """Keep a record as given, with nulls where the schema allows them. Raises ValueError."""
        for name in _REQUIRED:
            if record.get(name) is None:
                raise ValueError(f"a record needs {name}")
        if self._store.get(KIND, record["id"]) is not None:
            raise ValueError(f"{record['id']} is there already")
        doc: Json = dict.fromkeys(_NULLABLE) | {
            "review_status": "REVIEW",
            "updated_at": stamp(self._clock()),
            "version": 1,
        }
        self._put(doc | record)
        return str(record["id"])

    def remove(self, record_id: str) -> None:
        """It is not there any more. Fact: such ids are a 404 of export-results; when that happens is not told."""
        self._store.delete(KIND, record_id)

    def get(self, record_id: str) -> Json | None:
        return self._store.get(KIND, record_id)

    def all(self) -> list[Json]:
        return self._store.all(KIND)

    def change(self, record_id: str, **changes: Any) -> None:
        """As a person or Brex itself would: newer updated_at, next version. Raises KeyError, ValueError."""
        with self._store.transaction():
            record = self._store.get(KIND, record_id)
            if record is None:
                raise KeyError(record_id)
            # Two changes within the clock's grain must still be in order.
            moment = stamp(max(self._clock(), parse(record["updated_at"])))
            self._put(record | {"updated_at": moment, "version": record["version"] + 1} | changes)

    def move(self, record_ids: Iterable[str], origins: tuple[str, ...], status: str) -> None:
        """Raises ValueError where one is not in one of the `origins`; then none is moved."""
        with self._store.transaction():
            for record_id in record_ids:
                record = self._store.get(KIND, record_id)
                if record is None:
                    raise KeyError(record_id)
                if record["review_status"] not in origins:
                    raise ValueError(f"{record_id} is in {record['review_status']}")
                self.change(record_id, review_status=status)

    def query(self, query: Query) -> Json:
        """The body of GET /v3/accounting/records."""
        window = self._options.default_window
        found = self._store.all(KIND, query.fits)
        if window is not None and not query.bounds:
            earliest = self._clock() - window
            found = [record for record in found if parse(record["updated_at"]) > earliest]
        if self._options.newest_first:
            found.sort(key=lambda record: parse(record["updated_at"]), reverse=True)
        if self._options.most_per_page is not None:
            query = replace(query, limit=min(query.limit, self._options.most_per_page))
        end = query.offset + query.limit
        more = end < len(found)
        return {
            "items": [self.show(record, query.single_entry) for record in found[query.offset : end]],
            "next_cursor": query.next_cursor() if more else None,
            "has_next_page": more,
            "total_count": len(found) if self._options.total_count else None,
        }

    def one(self, record_id: str, single_entry: bool) -> Json:
        record = self._store.get(KIND, record_id)
        if record is None:
            raise accounting(404, "NOT_FOUND", "Accounting record not found.")
        return self.show(record, single_entry)

    def show(self, record: Json, single_entry: bool = False) -> Json:
        """As the API shows it. `single_entry` leaves out the offsetting lines: those that carry no coding."""
        if single_entry:
            coded = [line for line in record["line_items"] if line["accounting_field_values"]]
            record = record | {"line_items": coded or record["line_items"]}
        record = record | {"receipts": self._receipts.shown(record["receipts"])}
        return _with_unknowns(record) if self._options.unknown_fields else record

    def _put(self, record: Json) -> None:
        if record["review_status"] not in STATUSES:
            raise ValueError(f"no such review status: {record['review_status']}")
        self._store.put(KIND, record["id"], _plain(record))


def _plain(value: Any) -> Any:
    """Numbers as Brex writes them: 100.50 is sent as 100.5 and 100.00 as 100."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _with_unknowns(record: Json) -> Json:
    """Fields and enum constants nobody has documented; a client must live with them."""
    lines = [
        line
        | {
            "tax_treatment": {"kind": "UNSEEN"},
            "accounting_field_values": [value | {"origin": "UNSEEN"} for value in line["accounting_field_values"]],
        }
        for line in record["line_items"]
    ]
    user = record["user"] and record["user"] | {"role": "UNSEEN_ROLE", "badge": None}
    return record | {"line_items": lines, "user": user, "ledger_hint": ["UNSEEN"], "status": "UNSEEN"}
