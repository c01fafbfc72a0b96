"""What a connection file may say about treatments, taxes and texts: all mistakes at once, and only what makes sense."""

from typing import Any

import pytest

from connector.domain.connection import BadConnectionFile, read
from sandbox.world import World

FILE = World().connection()


def mistakes(**posting: Any) -> list[str]:
    with pytest.raises(BadConnectionFile) as caught:
        read(FILE | {"posting": FILE["posting"] | posting})
    return caught.value.mistakes


def of_type(**setting: Any) -> str:
    [mistake] = mistakes(treatments={"CARD_EXPENSE_POST": setting})
    assert mistake.startswith("posting.treatments.CARD_EXPENSE_POST: ")
    return mistake.removeprefix("posting.treatments.CARD_EXPENSE_POST: ")


def good(**posting: Any) -> Any:
    return read(FILE | {"posting": FILE["posting"] | posting}).posting


def test_a_connection_needs_to_say_nothing_of_all_this() -> None:
    assert good().treatments == {}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"into": "text"}, "posting.receipt_link.link"),
        ({"into": "memo", "link": "{record_id}"}, "posting.receipt_link.into"),
        (
            {"into": "text", "link": "https://x/{expense}"},
            "posting.receipt_link.link: has {expense}; there are {record_id}",
        ),
        (
            {"into": "financial_tag", "link": "https://x/"},
            "posting.receipt_link.link: has no placeholder, so it would lead",
        ),
        (
            {"into": "text", "link": "x" * 60 + "{source_id}"},
            "posting.receipt_link.link: has 60 characters without its",
        ),
        (
            {"into": "text", "link": "{link}"},
            "posting.receipt_link.link: {link} is there with brex.source transactions",
        ),
    ],
)
def test_a_receipt_link_that_leads_nowhere_is_a_mistake(setting: dict[str, Any], told: str) -> None:
    assert any(one.startswith(told) for one in mistakes(receipt_link=setting))


def test_a_receipt_link_is_taken_as_given_and_a_tag_may_be_long() -> None:
    link = "x" * 60 + "|{source_id}"
    assert good(receipt_link={"into": "financial_tag", "link": link}).receipt_link.link == link
    assert good().receipt_link is None


def test_with_transactions_the_expense_s_own_link_may_be_used() -> None:
    own = {"source": "transactions", "transactions": {"ready": "approved"}}
    posting = FILE["posting"] | {"receipt_link": {"into": "financial_tag", "link": "{link}"}}
    file = read(FILE | {"brex": FILE["brex"] | own, "posting": posting})
    assert file.posting.receipt_link is not None


def test_a_setting_is_taken_as_given() -> None:
    own = {
        "treatment": "entry",
        "credit": "clearing",
        "journal_name": "BRX2",
        "journal_period": "week",
        "text": "{memo}",
    }
    assert good(treatments={"CARD_EXPENSE_POST": own}).treatments["CARD_EXPENSE_POST"].credit == "clearing"


@pytest.mark.parametrize(
    ("setting", "mistake"),
    [
        ({}, "says nothing; leave it out"),
        ({"debit": "coded", "credit": "coded"}, 'debit and credit are both "coded"'),
        ({"credit": "coded"}, 'debit and credit would both be "coded"'),
        ({"debit": "card_liability"}, 'debit and credit would both be "card_liability"'),
        ({"treatment": "skip"}, "reason is required where the treatment is skip: people will read it"),
        (
            {"treatment": "hold", "reason": "x", "text": "{memo}", "credit": "cash"},
            "credit, text mean nothing where the treatment is hold",
        ),
        ({"journal_period": "day", "reason": "x"}, "reason is only for the treatments skip and hold"),
    ],
)
def test_a_setting_that_makes_no_sense_is_a_mistake(setting: dict[str, Any], mistake: str) -> None:
    assert of_type(**setting) == mistake


def test_words_nobody_knows_are_told_where_they_stand() -> None:
    told = mistakes(
        treatments={
            "CARD_EXPENSE_PSOT": {"credit": "cash"},
            "CARD_PAYMENT": {"debit": "card_debt"},
            "INVOICE": {"treatment": "ignore", "jounal_name": "X"},
        }
    )
    assert sorted(mistake.partition(":")[0] for mistake in told) == [
        "posting.treatments.CARD_EXPENSE_PSOT",
        "posting.treatments.CARD_PAYMENT.debit",
        "posting.treatments.INVOICE.jounal_name",
        "posting.treatments.INVOICE.treatment",
    ]
    assert "posting.treatments.CARD_EXPENSE_PSOT: is no record type of Brex; check its spelling" in told


def test_what_is_held_by_default_needs_both_sides_to_become_an_entry() -> None:
    [mistake] = mistakes(treatments={"INVOICE": {"treatment": "entry", "debit": "clearing"}})
    assert mistake == "posting.treatments.INVOICE: credit must be given, as there is no such entry by default"


def test_the_shape_of_an_entry_that_is_never_made_is_a_mistake() -> None:
    [mistake] = mistakes(treatments={"REIMBURSEMENT_EXPENSE_POST": {"journal_name": "EXP"}})
    assert "journal_name means nothing, as such a record is skipped on this connection" in mistake


def test_the_same_setting_makes_sense_on_the_other_basis() -> None:
    own = {"REIMBURSEMENT_EXPENSE_POST": {"journal_name": "EXP"}}
    assert good(treatments=own, reimbursements="cash").treatments


@pytest.mark.parametrize(
    ("treatments", "both"),
    [
        (
            {"REIMBURSEMENT_EXPENSE_POST": {"treatment": "entry", "debit": "coded", "credit": "clearing"}},
            "REIMBURSEMENT_EXPENSE_APPROVAL and REIMBURSEMENT_EXPENSE_POST",
        ),
        ({"BILL_EXPENSE_PAYMENT": {"debit": "coded"}}, "BILL_EXPENSE and BILL_EXPENSE_PAYMENT"),
    ],
)
def test_two_views_of_one_spend_are_not_both_booked(treatments: dict[str, Any], both: str) -> None:
    [mistake] = mistakes(treatments=treatments)
    assert mistake == f"posting.treatments: {both} would each book the coded lines of the same spend"


def test_one_of_the_views_may_be_chosen() -> None:
    chosen = {
        "BILL_EXPENSE": {"treatment": "skip", "reason": "Bills are booked when they are paid."},
        "BILL_EXPENSE_PAYMENT": {"debit": "coded"},
    }
    assert good(treatments=chosen).treatments


def test_a_lump_sum_and_the_payments_it_is_made_of_do_not_both_take_cash() -> None:
    [mistake] = mistakes(treatments={"BILL_EXPENSE_PAYMENT": {"credit": "cash"}})
    assert mistake == (
        "posting.treatments: BILL_EXPENSE_PAYMENT and the lump sum BILL_MONEY_MOVEMENT_PAYIN would both credit cash"
    )
    skip = {"treatment": "skip", "reason": "Each payment credits the bank."}
    assert good(treatments={"BILL_EXPENSE_PAYMENT": {"credit": "cash"}, "BILL_MONEY_MOVEMENT_PAYIN": skip}).treatments


def test_a_pay_in_has_no_coding() -> None:
    told = mistakes(treatments={"BILL_MONEY_MOVEMENT_PAYIN": {"debit": "coded"}})
    assert "carries no coding" in told[0]


def test_bills_paid_by_card_are_decided_in_one_place() -> None:
    own = {"BILL_EXPENSE_CARD_PAYMENT": {"credit": "clearing"}}
    assert good(treatments=own).treatments
    [mistake] = mistakes(treatments=own, bills_paid_by_card="bill_payment")
    assert mistake.startswith("posting.bills_paid_by_card: ")


def test_a_balancing_line_for_each_coded_line_needs_a_ledger_account() -> None:
    [mistake] = mistakes(treatments={"BILL_EXPENSE": {"balancing": "each"}, "CARD_EXPENSE_POST": {"balancing": "each"}})
    assert mistake == (
        'posting.treatments.BILL_EXPENSE.balancing: "each" needs a Ledger account, and accounts_payable is of type Vend'
    )


@pytest.mark.parametrize("template", ["{nobody} {memo}", "{memo.__class__}", "{ memo }", "{memo", "}{memo}", "{}"])
def test_a_placeholder_that_is_none_is_a_mistake_wherever_it_stands(template: str) -> None:
    told = mistakes(text=template, journal_description=template)
    assert [mistake.partition(":")[0] for mistake in told] == ["posting.text", "posting.journal_description"]
    assert "there are {merchant}" in of_type(text=template)


def test_a_description_knows_other_placeholders_than_a_line() -> None:
    [mistake] = mistakes(journal_description="{merchant} {period}")
    assert mistake == ("posting.journal_description: has {merchant}; there are {period}, {journal}, {entity}")


@pytest.mark.parametrize(
    ("code", "mistake"),
    [
        ({}, "give either both tax groups or an account"),
        ({"sales_tax_group": "GB"}, "sales_tax_group and item_sales_tax_group are given together"),
        ({"sales_tax_group": "GB", "item_sales_tax_group": "F", "account": "1"}, "give either both"),
        (
            {"sales_tax_group": "GB", "item_sales_tax_group": "F", "rate": 20},
            "dimensions and rate belong to an account",
        ),
        ({"account": "202140", "rate": 0}, "greater than 0"),
    ],
)
def test_a_tax_code_is_two_groups_or_an_account(code: dict[str, Any], mistake: str) -> None:
    [told] = mistakes(tax={"field": "VAT", "codes": {"20 %": code}})
    assert mistake in told


def test_a_tax_code_stands_once() -> None:
    code = {"account": "202140"}
    [told] = mistakes(tax={"field": "VAT", "codes": {"Full": code, " full": code}})
    assert told == "posting.tax: codes names full twice"
