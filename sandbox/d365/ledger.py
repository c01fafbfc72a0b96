"""What people and jobs do inside F&O: post, lock, move, split, delete. For tests, demo and control panel."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sandbox.clock import Clock, now
from sandbox.d365 import forms, housekeeping, journals, lines, posting, views
from sandbox.d365.environment import environment_of
from sandbox.d365.payables import Payables
from sandbox.d365.posting import CannotPost
from sandbox.d365.schema import SETS, folded
from sandbox.d365.shapes import as_json
from sandbox.d365.switches import Switches
from sandbox.d365.tables import Row
from sandbox.d365.values import from_body
from sandbox.faults import Faults
from sandbox.state import Store

__all__ = ["CannotPost", "Ledger"]

Json = dict[str, Any]


class Ledger:
    """A hand inside the environment over a store. Rows come out as OData shows them; amounts are Decimal or int.

    Journals are named by company and number; the company may be left out where the number says enough
    (`USMF-000001`). Methods raise KeyError for a journal or line that is not there.
    """

    def __init__(self, store: Store, faults: Faults | None = None, clock: Clock = now) -> None:
        self.environment = environment_of(store)
        self.payables = Payables(self.environment, clock)
        self._faults = faults
        self._clock = clock

    # -- reading

    def headers(self, company: str | None = None, *, posted: bool | None = None) -> list[Json]:
        with self.environment.tables.transaction():
            return [
                as_json(row)
                for row in self.environment.tables.rows(journals.SET)
                if (company is None or row.values["dataAreaId"] == company)
                and (posted is None or (row.values["IsPosted"] == "Yes") is posted)
            ]

    def lines(
        self, *, document: str | None = None, journal: str | None = None, company: str | None = None
    ) -> list[Json]:
        """Lines of journals of every kind in the order they were written, posted or not; narrowed by what is given.

        Their properties are those of LedgerJournalLines. A payment journal's line has no Document: there its
        PaymentReference counts.
        """
        return [as_json(row) for row in self._lines(document, journal, company)]

    def documents(self) -> int:
        """How many different Documents stand in it, in journals or as vendor invoices."""
        with self.environment.tables.transaction():
            found = {_document(row) for row in self.environment.tables.rows(lines.SET)}
        return len((found | self.payables.numbers()) - {""})

    def totals(
        self, *, document: str | None = None, journal: str | None = None, company: str | None = None
    ) -> dict[str, tuple[Decimal, Decimal]]:
        """Currency → (debits, credits), major units; an offset account counts on the other side."""
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for row in self._lines(document, journal, company):
            debit, credit = Decimal(row.values["DebitAmount"]), Decimal(row.values["CreditAmount"])
            if row.values["OffsetAccountDisplayValue"]:
                debit = credit = debit + credit
            before = sums.get(row.values["CurrencyCode"], (Decimal(0), Decimal(0)))
            sums[row.values["CurrencyCode"]] = (before[0] + debit, before[1] + credit)
        return sums

    def rows(self, entity_set: str) -> list[Json]:
        """Every row of any set."""
        with self.environment.tables.transaction():
            return [as_json(row) for row in views.rows(self.environment, entity_set)]

    # -- what happens to journals

    def post_journal(self, number: str, *, transfer_errors: bool = False) -> str | None:
        """Post. Raises `CannotPost`; with `transfer_errors` failing vouchers go to a new journal, returned."""
        with self.environment.tables.transaction():
            return posting.post(self.environment, self._journal(number), self._clock(), transfer_errors)

    def move_lines(self, number: str, *, document: str | None = None, vouchers: list[str] | None = None) -> str:
        """Move lines to a new journal, as Transfer errors and automatic splitting do; returns its number."""
        with self.environment.tables.transaction():
            header = self._journal(number)
            moved = [
                row
                for row in journals.lines_of(self.environment, header)
                if (document is None or _document(row) == document)
                and (vouchers is None or row.values["Voucher"] in vouchers)
            ]
            return str(housekeeping.move(self.environment, header, moved).values["JournalBatchNumber"])

    def split_voucher(self, document: str) -> str:
        """Give the last line of a document a voucher of its own; returns that voucher."""
        with self.environment.tables.transaction():
            return housekeeping.split_voucher(self.environment, self._lines(document, None, None)[-1])

    def lock_journal(self, number: str, user: str = "Alicia") -> None:
        """A person has the journal open: it is in use."""
        self._hide(number, in_use_by=user)

    def unlock_journal(self, number: str) -> None:
        self._hide(number, in_use_by="")

    def submit_workflow(self, number: str, status: str = "Submitted") -> None:
        """`status` is a LedgerJournalWFApprovalStatus; NotSubmitted takes the journal out of workflow."""
        self._hide(number, workflow=status)

    def delete_journal(self, number: str) -> None:
        """A person deletes the journal with all its lines, posted or not."""
        with self.environment.tables.transaction():
            header = self._journal(number)
            for row in journals.lines_of(self.environment, header):
                self.environment.tables.delete(row)
            self.environment.tables.delete(header)

    def delete_lines(self, *, document: str | None = None, journal: str | None = None, first: int | None = None) -> int:
        """A person deletes lines (only the first so many); returns how many."""
        with self.environment.tables.transaction():
            doomed = self._lines(document, journal, None)[:first]
            for row in doomed:
                housekeeping.remove_line(self.environment, row)
            return len(doomed)

    def new_journal(self, name: str, company: str = "usmf") -> str:
        """A person opens a journal, of the kind that its name has; its number."""
        with self.environment.tables.transaction():
            row = self.environment.tables.get("JournalNames", dataAreaId=company, Name=name)
            kind = "" if row is None else row.values["Type"]
            form = next((one for one in forms.EVERY if one.type == kind), forms.GENERAL)
            made = journals.create(self.environment, {"dataAreaId": company, "JournalName": name}, form)
            return str(made.values["JournalBatchNumber"])

    def add_line(self, number: str, **values: Any) -> Json:
        """A person's line, through the same checks as a client's. Raises `errors.Refusal`."""
        with self.environment.tables.transaction():
            header = self._journal(number)
            form = forms.of(header)
            self._check(form.lines, values)
            given = {name: header.values[name] for name in ("dataAreaId", "JournalBatchNumber")}
            for name, value in values.items():
                given[name] = from_body(SETS[form.lines].properties[name], value)
            sent, extra = forms.taken_apart(form.lines, given)
            return as_json(lines.insert(self.environment, sent, None, form, extra))

    def change_line(self, number: str, line_number: int, **values: Any) -> Json:
        """A person overwrites values of a line, unchecked."""
        with self.environment.tables.transaction():
            header = self._journal(number)
            for row in journals.lines_of(self.environment, header):
                if row.values["LineNumber"] == line_number:
                    return as_json(self.environment.tables.update(row, values))
        raise KeyError((number, line_number))

    # -- set-up

    def journal_name(self, name: str, company: str = "usmf", **options: Any) -> None:
        """Change options of a journal name, such as NewVoucher="OneVoucher"."""
        self.change("JournalNames", {"dataAreaId": company, "Name": name}, **options)

    def add(self, entity_set: str, **values: Any) -> None:
        """Add a row of master data."""
        self._check(entity_set, values)
        self.environment.tables.insert(entity_set, values)

    def change(self, entity_set: str, key: Json, **values: Any) -> None:
        """Change a row of master data, e.g. suspend an account."""
        self._check(entity_set, values)
        with self.environment.tables.transaction():
            row = self.environment.tables.get(entity_set, **key)
            if row is None:
                raise KeyError((entity_set, key))
            self.environment.tables.update(row, values)

    def remove(self, entity_set: str, **key: Any) -> None:
        with self.environment.tables.transaction():
            row = self.environment.tables.get(entity_set, **key)
            if row is None:
                raise KeyError((entity_set, key))
            self.environment.tables.delete(row)

    def set_delimiter(self, name: str) -> None:
        """Another DimensionSegmentDelimiter, such as "Period"; formats and strings are shown with it."""
        housekeeping.set_delimiter(self.environment, name)

    def set_format(self, kind: str, segments: list[str] | None) -> None:
        """The active format of a kind ("ledger" or "default"); None leaves none active."""
        housekeeping.set_format(self.environment, kind, segments)

    def register_client(self, client_id: str, name: str = "Brex connector", user: str = "brexint") -> None:
        """Fact: Microsoft Entra ID applications. As soon as one client is registered, no other is let in."""
        with self.environment.tables.transaction():
            if self.environment.tables.get("SysAADClients", AADClientId=client_id) is None:
                self.environment.tables.insert(
                    "SysAADClients", {"AADClientId": client_id, "Name": name, "UserId": user}
                )

    @property
    def switches(self) -> Switches:
        return self.environment.switches

    def set(self, **switches: Any) -> None:
        """Throw switches (see `Switches`)."""
        self.environment.throw(**switches)

    # -- mishaps

    @contextmanager
    def somebody_writes_to(self, number: str) -> Iterator[None]:
        """As if another request were inserting into the journal while the block runs."""
        header = self._journal(number).values
        journal = (header["dataAreaId"], folded(header["JournalBatchNumber"]))
        with self.environment.working_on({journal}, object()):
            yield

    def before_each_changeset(self, do: Callable[[int], object] | None) -> None:
        """Call `do(position)` before each changeset of a batch: where the world moves on meanwhile."""
        self.environment.before_changeset = do

    def repeat_next_write(self, times: int = 1) -> None:
        """The next writes are carried out twice, as by a proxy that repeats a request."""
        self.environment.repeats = times

    def late_write(self, match: str = "POST /data/") -> None:
        """The next matching request is cut off at once; its effect waits for `release_late`."""
        self._need_faults().add("d365", match, "late")

    def release_late(self) -> int:
        return self._need_faults().release()

    # --

    def _need_faults(self) -> Faults:
        if self._faults is None:
            raise RuntimeError("this Ledger was made without faults")
        return self._faults

    def _check(self, entity_set: str, values: Json) -> None:
        unknown = values.keys() - SETS[entity_set].properties.keys()
        if unknown:
            raise KeyError((entity_set, sorted(unknown)))

    def _hide(self, number: str, **hidden: Any) -> None:
        with self.environment.tables.transaction():
            self.environment.tables.update(self._journal(number), hidden=hidden)

    def _journal(self, number: str) -> Row:
        with self.environment.tables.transaction():
            for row in self.environment.tables.rows(journals.SET):
                if folded(row.values["JournalBatchNumber"]) == folded(number):
                    return row
        raise KeyError(number)

    def _lines(self, document: str | None, journal: str | None, company: str | None) -> list[Row]:
        tables = self.environment.tables
        with tables.transaction():
            if document is not None:
                found = tables.found(lines.SET, [("Document", document), ("PaymentReference", document)])
                rows = [row for row in found if folded(_document(row)) == folded(document)]
            elif journal is not None:
                rows = tables.found(lines.SET, [("JournalBatchNumber", journal)])
            else:
                rows = tables.rows(lines.SET)
        return [
            row
            for row in rows
            if (journal is None or folded(row.values["JournalBatchNumber"]) == folded(journal))
            and (company is None or row.values["dataAreaId"] == company)
        ]


def _document(row: Row) -> str:
    """The client's reference on a line. Fact: the payment journal's lines have no Document (metadata)."""
    return str(row.values["PaymentReference" if forms.of(row) is forms.PAYMENT else "Document"])
