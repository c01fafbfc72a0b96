from collections import Counter
from collections.abc import Mapping as MappingOf
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.connection import Posting
from connector.domain.entry import Entry
from connector.domain.master import DimensionValue, JournalName, Ledger, MainAccount, MasterData, Structure
from connector.domain.record import parse
from connector.domain.treatments import TREATMENTS
from connector.mapping.csvfile import read_csv
from connector.mapping.mappings import Mappings
from connector.mapping.plan import Skip, plan
from sandbox.bills import ADDED
from sandbox.cases import Case
from sandbox.control import MAPPINGS
from sandbox.population import populate, published
from sandbox.world import World

# What only F&O knows: an account that it takes with a department alone, and an invoice that is there already.
FOUND_IN_LEDGER = ("MAP-VALUE-BLANK", "MAP-INVOICE-POSTED")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return populate(240, NOW, all_types=True)


@pytest.fixture(scope="module")
def world() -> World:
    return World(clock=lambda: NOW)


@pytest.fixture(scope="module")
def master(world: World) -> MasterData:
    """The sandbox's chart and dimensions, read by hand."""
    rows: MappingOf[str, list[dict[str, Any]]] = {
        name: world.d365.rows(name) for name in ("MainAccounts", "FinancialDimensionValues", "AccountStructures")
    }
    values: dict[str, dict[str, DimensionValue]] = {}
    for row in rows["FinancialDimensionValues"]:
        value = DimensionValue(row["DimensionValue"], suspended=row["IsSuspended"] == "Yes")
        values.setdefault(row["FinancialDimension"], {})[value.value] = value
    segments = ("MainAccount", "BusinessUnit", "Department", "CostCenter")
    structures = (
        Structure("balance sheet", segments[:2], ("1*;2*",)),
        Structure("profit and loss", segments, ("4*;5*;6*",)),
    )
    return MasterData(
        ledger_format=segments,
        default_format=segments[1:],
        ledgers={"usmf": Ledger("usmf", "Shared", "USD", structures)},
        accounts={
            "Shared": {
                row["MainAccountId"]: MainAccount(
                    row["MainAccountId"],
                    suspended=row["IsSuspended"] == "Yes",
                    manual_entry=row["DoNotAllowManualEntry"] == "No",
                )
                for row in rows["MainAccounts"]
            }
        },
        values=values,
        journal_names={
            "usmf": {
                row["Name"].casefold(): JournalName(row["Name"], type=row["Type"])
                for row in world.d365.rows("JournalNames")
                if row["dataAreaId"] == "usmf"
            }
        },
    )


def test_the_same_seed_makes_the_same_records(cases: list[Case]) -> None:
    assert populate(240, NOW, all_types=True) == cases
    assert [case.record["id"] for case in populate(240, NOW, seed=2, all_types=True)] != [
        case.record["id"] for case in cases
    ]


def test_it_holds_what_the_demo_is_to_show(cases: list[Case]) -> None:
    assert len(cases) == len({case.record["id"] for case in cases}) == 240
    kinds = Counter(case.record["type"] for case in cases)
    assert kinds.keys() == set(TREATMENTS) - {"INVOICE_PAYMENT"}
    assert {case.record["amount"]["currency"] for case in cases} == {"USD", "EUR"}
    coded = [sum(1 for line in case.record["line_items"] if line["accounting_field_values"]) for case in cases]
    assert {0, 1, 2, 3, 34, 100} <= set(coded)
    assert Counter(case.end for case in cases) == {"written": 218, "held": 19, "skipped": 3}
    assert sum(case.found_by == "poll" for case in cases) >= 20
    assert {case.found_by for case in cases if case.record["source_type"] == "BILL"} == {"poll"}


def test_every_line_amount_is_positive_and_every_amount_a_decimal_with_cents(cases: list[Case]) -> None:
    for case in cases:
        for holder in (case.record, *case.record["line_items"]):
            amount = Decimal(holder["amount"]["amount"])
            assert amount > 0
            assert amount == round(amount, 2)


def test_the_published_records_are_among_them(cases: list[Case]) -> None:
    example, recorded = published()
    assert (example.record["id"], example.record["review_status"]) == ("accr_abc123", "REVIEW")
    assert (recorded.record["memo"], recorded.record["review_status"]) == (None, "PREPARE")
    assert {"accr_abc123", recorded.record["id"]} < {case.record["id"] for case in cases}


def test_card_spend_alone_needs_no_approval_of_other_types() -> None:
    kinds = {case.record["type"] for case in populate(240, NOW)}
    assert kinds == {"CARD_EXPENSE_POST", "CARD_EXPENSE_REFUND", "CARD_PAYMENT", "INVOICE"}


def test_the_least_number_of_records_shows_all_types() -> None:
    assert len(populate(60, NOW, all_types=True)) == 60


def test_too_few_records_to_show_everything_are_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        populate(20, NOW)


def test_the_product_plans_each_record_to_the_end_it_expects(
    cases: list[Case], world: World, master: MasterData
) -> None:
    posting = Posting.model_validate(world.connection()["posting"])
    mappings = Mappings(read_csv(MAPPINGS.read_text(encoding="utf-8")))
    for case in cases:
        planned = plan(parse(case.record), posting, mappings, master, frozenset())
        if case.end == "written" or case.problem in FOUND_IN_LEDGER:
            assert isinstance(planned, Entry), (case.record["id"], planned)
        elif case.end == "skipped":
            assert isinstance(planned, Skip)
        else:
            assert isinstance(planned, list)
            assert [problem.code for problem in planned] == [case.problem], case.record


def test_bills_have_vendors_numbers_and_due_dates_and_stay_whole_when_they_are_changed(cases: list[Case]) -> None:
    bills = [case for case in cases if case.record["type"] == "BILL_EXPENSE"]
    assert len({case.record["vendor"]["name"] for case in bills}) == 3
    assert all(case.record["due_at"] for case in bills)
    numbers = [case.record["invoice_number"] for case in bills]
    assert (len(numbers), len(set(numbers)), numbers.count(None)) == (6, 6, 1)
    (changed,) = [case for case in bills if case.changes]
    sums: Counter[str] = Counter()
    for line in changed.changes["line_items"]:
        sums[line["type"]] += line["amount"]["amount"]
    assert sums["DEBIT"] == changed.changes["amount"]["amount"] == changed.record["amount"]["amount"] + ADDED
    assert sums["CREDIT"] in (0, sums["DEBIT"])
