"""What counts as a change of a record that stands in the ledger, and how it is told."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.changes import differences
from connector.domain.money import Money
from connector.domain.record import FieldValue, Line, Record

CODED = FieldValue("ef_1", "GL_ACCOUNT", "Account", "efo_1", "601500", "Travel")
LINE = Line("l1", "DEBIT", Money(Decimal("12.30"), "USD"), "taxi", (CODED,))
RECORD = Record(
    id="accr_1", type="CARD_EXPENSE_POST", source_type="CARD", source_id="exp_1", review_status="READY_FOR_EXPORT",
    version=Decimal(1), amount=Money(Decimal("12.30"), "USD"), posting_time=datetime(2026, 11, 1, tzinfo=UTC),
    updated_at=datetime(2026, 11, 1, tzinfo=UTC), user_id="u1", user_name="Ann Lee", department="Sales",
    location="Oslo", vendor_id="v1", vendor_name="Taxi AS", memo="trip", invoice_number="", lines=(LINE,),
)  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"review_status": "EXPORTED", "version": Decimal(9), "updated_at": datetime(2027, 1, 1, tzinfo=UTC)},
        {"department": "Support", "location": "Bergen", "user_name": "Ann Lee-Ray"},
        {"amount": Money(Decimal("12.3"), "USD")},
        {"lines": (replace(LINE, fields=(replace(CODED, value_name="Trips", value_remote_id="601501"),)),)},
    ],
)
def test_what_the_ledger_does_not_show_is_no_change(more: dict[str, Any]) -> None:
    assert differences(RECORD, replace(RECORD, **more)) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"amount": Money(Decimal("15"), "USD")}, "amount: 12.30 USD → 15.00 USD"),
        ({"memo": ""}, "memo: trip → (none)"),
        ({"memo": "x" * 90}, f"memo: trip → {'x' * 59}…"),
        ({"vendor_name": "Bus AS"}, "vendor: Taxi AS → Bus AS"),
        ({"lines": ()}, "line l1 (DEBIT 12.30 USD) is gone"),
        ({"lines": (LINE, replace(LINE, id="l2"))}, "line l2 (DEBIT 12.30 USD) is new"),
        ({"lines": (replace(LINE, direction="CREDIT"),)}, "line l1, direction: DEBIT → CREDIT"),
        ({"lines": (replace(LINE, fields=()),)}, "line l1, coding: Account 601500 → (none)"),
    ],
)
def test_a_change_is_told_in_words(more: dict[str, Any], told: str) -> None:
    assert differences(RECORD, replace(RECORD, **more)) == [told]


def test_very_many_changes_are_cut_short() -> None:
    lines = tuple(replace(LINE, id=f"n{number}") for number in range(40))
    told = differences(RECORD, replace(RECORD, lines=lines))
    assert len(told) == 21
    assert told[-1] == "and 21 more"
