"""Entries as they are stored."""

from datetime import date
from decimal import Decimal

from connector.domain.entry import Account, Entry, EntryLine, from_json

LINE = EntryLine(Account("Ledger", "605140"), Decimal("1.50"), Decimal(0), "Lunch")


def test_an_entry_stored_before_it_had_a_period_or_tax_groups_is_read() -> None:
    entry = Entry("accr_1", "CARD_EXPENSE_POST", "usmf", "BREX", date(2026, 11, 5), "USD", (LINE,))
    stored = entry.as_json()
    del stored["journal_period"]
    assert "sales_tax_group" not in stored["lines"][0]
    assert from_json(stored) == entry
