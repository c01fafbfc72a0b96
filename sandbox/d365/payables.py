"""What people in accounts payable do with pending vendor invoices. For tests, demo and control panel."""

from typing import Any

from sandbox.clock import Clock
from sandbox.d365 import attachments, invoice_lines, invoice_posting, invoices, vendor_transactions
from sandbox.d365.environment import Environment
from sandbox.d365.schema import folded
from sandbox.d365.shapes import as_json
from sandbox.d365.tables import Row

Json = dict[str, Any]


class Payables:
    """`Ledger.payables`. Invoices are named by their header reference; KeyError where one is not pending."""

    def __init__(self, environment: Environment, clock: Clock) -> None:
        self._environment = environment
        self._clock = clock

    def invoices(self, number: str | None = None) -> list[Json]:
        """The pending ones, as OData shows them."""
        with self._environment.tables.transaction():
            found = [as_json(row) for row in self._environment.tables.rows(invoices.SET)]
        return [one for one in found if number is None or folded(one["InvoiceNumber"]) == folded(number)]

    def lines(self, reference: str) -> list[Json]:
        with self._environment.tables.transaction():
            return [as_json(row) for row in invoices.lines_of(self._environment, self._invoice(reference))]

    def documents(self, reference: str) -> list[Json]:
        with self._environment.tables.transaction():
            rows = attachments.rows(self._environment)
        return [as_json(row) for row in rows if folded(row.values["HeaderReference"]) == folded(reference)]

    def transactions(self, invoice: str | None = None) -> list[Json]:
        """Posted vendor transactions (VendTransBiEntities)."""
        with self._environment.tables.transaction():
            found = [as_json(row) for row in self._environment.tables.rows("VendTransBiEntities")]
        return [one for one in found if invoice is None or folded(one["Invoice"]) == folded(invoice)]

    def numbers(self) -> set[str]:
        """The DocumentNumber of every invoice, pending or posted."""
        with self._environment.tables.transaction():
            tables = self._environment.tables
            pending = {str(row.values["DocumentNumber"]) for row in tables.rows(invoices.SET)}
            return pending | {str(row.values["DocumentNum"]) for row in tables.rows(vendor_transactions.INVOICES)}

    def books(self) -> dict[str, list[Json]]:
        """Everything there is of invoices, as `sandbox.books.Books` takes it: pending ones with their `lines`, posted
        ones, and every attachment that was ever made."""
        with self._environment.tables.transaction():
            tables = self._environment.tables
            headers = [
                as_json(row) | {"lines": [as_json(line) for line in invoices.lines_of(self._environment, row)]}
                for row in tables.rows(invoices.SET)
            ]
            posted = [as_json(row) for row in tables.rows(vendor_transactions.INVOICES)]
            documents = [as_json(row) for row in attachments.ever(self._environment)]
        kept = [{name: value for name, value in one.items() if name != "FileContents"} for one in documents]
        return {"invoices": headers, "posted": posted, "documents": kept}

    def post(self, reference: str) -> str:
        """Post a pending invoice; its voucher. Raises `CannotPost`."""
        with self._environment.tables.transaction():
            return invoice_posting.post(self._environment, self._invoice(reference), self._clock())

    def delete(self, reference: str) -> None:
        with self._environment.tables.transaction():
            invoices.remove(self._environment, self._invoice(reference))

    def delete_line(self, reference: str, number: int = 1) -> None:
        with self._environment.tables.transaction():
            for row in invoices.lines_of(self._environment, self._invoice(reference)):
                if row.values["InvoiceLineNumber"] == number:
                    return self._environment.tables.delete(row)
        raise KeyError((reference, number))

    def change(self, reference: str, **values: Any) -> None:
        """A person overwrites values of the header, unchecked."""
        with self._environment.tables.transaction():
            self._environment.tables.update(self._invoice(reference), values)

    def add_line(self, reference: str, **values: Any) -> Json:
        """A person's line, through the same checks as a client's. Raises `errors.Refusal`."""
        with self._environment.tables.transaction():
            key = {name: self._invoice(reference).values[name] for name in ("dataAreaId", "HeaderReference")}
            return as_json(invoice_lines.create(self._environment, key | values))

    def submit(self, reference: str) -> None:
        """Into workflow: no client changes it any more."""
        self.change(reference, VendorInvoiceReviewStatus="InReview")

    def _invoice(self, reference: str) -> Row:
        for row in self._environment.tables.rows(invoices.SET):
            if folded(row.values["HeaderReference"]) == folded(reference):
                return row
        raise KeyError(reference)
