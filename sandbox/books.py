"""Brex and the ledger as they stand, in plain data, read by reference: what `sandbox.invariants` judges.

Amounts are Decimal, major units. F&O's lines, headers and invoices come as OData shows them, Brex's records as its API
does.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from connector.domain.reference import LINKED, MARKER_PATTERN, PATTERN, linked_id, reference
from sandbox import pending
from sandbox.pending import Invoice

Json = dict[str, Any]
Identity = tuple[str, int]  # record id, epoch
Totals = dict[str, tuple[Decimal, Decimal]]  # currency → debits, credits

ENTRY: Final = "entry"
REVERSAL: Final = "reversal"
EPOCHS: Final = 16  # more deliberate re-posts of one record than any test makes


@dataclass(frozen=True, slots=True)
class Books:
    """`lines`, `headers`: of journals of every kind. `reported`: what Brex took by export-results, oldest first.
    `rows`: the connector's records as `connector records --json` lists them; None: they are not looked at. `trails`:
    what `connector audit verify` found broken, in sentences. `invoices`, `posted`: vendor invoices, as
    `sandbox.pending.invoices` takes them. `documents`: every attachment that was ever made. `paired`: ids of records
    that by the settings have a second entry.
    """

    lines: Sequence[Json]
    headers: Sequence[Json]
    records: Sequence[Json]
    reported: Sequence[Json] = ()
    rows: Sequence[Json] | None = None
    trails: Sequence[str] = ()
    invoices: Sequence[Json] = ()
    posted: Sequence[Json] = ()
    documents: Sequence[Json] = ()
    paired: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """What others than the connector have done.

    `by_hand`: ids of records of whose lines people (or F&O itself: a request that landed after every look) deleted,
    changed or doubled some. `documents`: Documents of people's own lines in our journals. `former`: amounts that
    records had before they were edited in Brex. `taken_back`: ids of records that a person had reversed.
    `unwatched`: journals were not looked at since people posted some.
    """

    by_hand: Collection[str] = ()
    documents: Collection[str] = ()
    former: Mapping[str, Collection[Decimal]] = field(default_factory=dict)
    taken_back: Collection[str] = ()
    unwatched: bool = False


def document_of(line: Mapping[str, Any]) -> str:
    """The reference on a line. Fact: lines of payment journals have no Document (metadata); it stands in their
    PaymentReference."""
    return str(line["Document"] or line.get("PaymentReference") or "")


class Ledger:
    """F&O's lines and invoices by the record, epoch and kind of write that explain them."""

    def __init__(self, books: Books, allowed: Allowed) -> None:
        self.books, self.allowed = books, allowed
        self.records = {str(one["id"]): one for one in books.records}
        self.sets: dict[str, dict[Identity, list[Json]]] = {ENTRY: defaultdict(list), REVERSAL: defaultdict(list)}
        self.invoices: dict[Identity, list[Invoice]] = defaultdict(list)
        self.strangers: list[Json] = []
        self.strange_invoices: list[Invoice] = []
        self.posted = {place(one): one["IsPosted"] == "Yes" for one in books.headers}
        ours = {place(one) for one in books.headers if MARKER_PATTERN.search(str(one.get("Description")))}
        names = self._names()
        for line in books.lines:
            document = document_of(line)
            if document in names:
                kind, identity = names[document]
                self.sets[kind][identity].append(line)
            elif PATTERN.fullmatch(document) or (place(line) in ours and document not in allowed.documents):
                self.strangers.append(line)
        vouchers = {(place(line)[0], str(line["Voucher"])) for line in books.lines}
        for one in pending.invoices(books.invoices, books.posted, vouchers):
            if one.document in names:
                self.invoices[names[one.document][1]].append(one)
            elif PATTERN.fullmatch(one.document):
                self.strange_invoices.append(one)
        self.names = names

    def _names(self) -> dict[str, tuple[str, Identity]]:
        """Every reference that a record we know of may have: derived again, from outside identities alone."""
        ids = {*self.records, *(f"{one}{LINKED}" for one in self.records)}
        ids |= {str(row["record_id"]) for row in self.books.rows or ()}
        return {key: identity for record_id in ids for key, identity in references_of(record_id).items()}

    def worth(self, record_id: str) -> set[tuple[str, Decimal]]:
        """(currency, amount): what an entry of the record may come to; empty where Brex no longer has it."""
        record = self.records.get(record_id)
        if record is None:
            return set()  # of a second entry, too: its record may be of two companies
        moneys = [money for key in ("amount", "billing_amount") if (money := record.get(key))]
        worth = {(str(money["currency"]), abs(Decimal(money["amount"]))) for money in moneys}
        former = self.allowed.former.get(record_id, ())
        return worth | {(currency, amount) for currency, _ in worth for amount in former}

    def fault(self, identity: Identity, lines: Sequence[Json]) -> str:
        """Why these lines are not one whole entry, once; empty where they are."""
        sums = totals(lines)
        uneven = {currency: both for currency, both in sums.items() if both[0] != both[1]}
        if uneven:
            return f"debits and credits differ: {shown(uneven)}"
        worth = self.worth(identity[0])
        if len(sums) > 1 or (worth and {(currency, both[0]) for currency, both in sums.items()} - worth):
            return f"it comes to {shown(sums)}, not {' or '.join(f'{amount} {code}' for code, amount in sorted(worth))}"
        vouchers = {(*place(line), str(line["Voucher"])) for line in lines}
        return f"it is spread over {sorted(vouchers)}" if len(vouchers) > 1 else ""

    def standing(self, record_id: str) -> list[Identity]:
        """The record's entries that stand whole and are not taken back: in a journal, or as a vendor invoice."""
        return [identity for epoch in range(EPOCHS) if self._stands(identity := (record_id, epoch))]

    def _stands(self, identity: Identity) -> bool:
        if lines := self.sets[ENTRY].get(identity):
            return not self.fault(identity, lines) and not self.sets[REVERSAL].get(identity)
        found = self.invoices.get(identity, ())
        return len(found) == 1 and not found[0].on_hold and not found[0].fault(self.worth(identity[0]))

    def pairs(self) -> dict[str, str]:
        """Record → its second entry's name, where it needs one: by the settings, or by the connector's own rows."""
        needless = {row["record_id"] for row in self.books.rows or () if row["stage"] == "skipped"}
        told = {str(row["record_id"]) for row in self.books.rows or () if row.get("linked")}
        found = {one: linked_id(one) for one in {*self.books.paired, *told}}
        return {one: second for one, second in found.items() if second not in needless}

    def taken_back(self, record_id: str) -> bool:
        """True where a person had its entry reversed: a reversal stands, or its lines may be gone."""
        return record_id in self.allowed.taken_back or any(identity[0] == record_id for identity in self.sets[REVERSAL])


def references_of(record_id: str) -> dict[str, tuple[str, Identity]]:
    """Every reference that its entries and reversals may have → kind, and which entry."""
    return {
        reference(record_id, epoch, kind): (kind, (record_id, epoch))
        for epoch in range(EPOCHS)
        for kind in (ENTRY, REVERSAL)
    }


def place(row: Json) -> tuple[str, str]:
    """Company and journal of a line or header."""
    return str(row["dataAreaId"]).lower(), str(row["JournalBatchNumber"])


def totals(lines: Sequence[Json]) -> Totals:
    """Currency → (debits, credits); an offset account counts on the other side."""
    sums: Totals = {}
    for line in lines:
        debit, credit = Decimal(line["DebitAmount"]), Decimal(line["CreditAmount"])
        if line["OffsetAccountDisplayValue"]:
            debit = credit = debit + credit
        before = sums.get(line["CurrencyCode"], (Decimal(0), Decimal(0)))
        sums[line["CurrencyCode"]] = (before[0] + debit, before[1] + credit)
    return sums


def legs(line: Json) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    """What a line books: (company, currency, kind of account, account), and debit less credit."""
    amount = Decimal(line["DebitAmount"]) - Decimal(line["CreditAmount"])
    where = (str(line["dataAreaId"]).lower(), str(line["CurrencyCode"]))
    yield (*where, str(line["AccountType"]), str(line["AccountDisplayValue"])), amount
    if line["OffsetAccountDisplayValue"]:
        yield (*where, str(line["OffsetAccountType"]), str(line["OffsetAccountDisplayValue"])), -amount


def shown(sums: Totals) -> str:
    return ", ".join(
        f"{debit} {code}" if debit == credit else f"{debit} debit and {credit} credit {code}"
        for code, (debit, credit) in sorted(sums.items())
    )
