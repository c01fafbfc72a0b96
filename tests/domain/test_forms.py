"""What a connection file may say of the form of an entry: only what can be written in F&O, and nothing twice."""

from typing import Any

import pytest

from tests.domain.test_posting import FILE, good, mistakes, of_type

A_VENDOR = "a vendor (accounts_payable or reimbursements_payable)"
VENDOR = {"form": "invoice_journal", "credit": "accounts_payable"}


def accounts(**roles: Any) -> dict[str, Any]:
    return FILE["posting"]["accounts"] | roles


@pytest.mark.parametrize(
    ("setting", "mistake"),
    [
        (
            {"form": "invoice_journal"},
            f'"form": "invoice_journal" needs the coded lines on one side and {A_VENDOR} on the other',
        ),
        (
            {"form": "payment_journal", "credit": "accounts_payable"},
            f'"form": "payment_journal" needs {A_VENDOR} on one side and another account role on the other',
        ),
        (
            {"cleared_by": "clearing"},
            '"cleared_by" is for invoices alone; give "form": "invoice_journal" or "pending_invoice" with it',
        ),
        (VENDOR | {"cleared_by": "accounts_payable"}, '"cleared_by": "accounts_payable" is a vendor\'s own side'),
    ],
)
def test_a_form_that_cannot_be_written_is_a_mistake(setting: dict[str, Any], mistake: str) -> None:
    assert of_type(**setting) == mistake


def test_an_invoice_needs_a_vendor_account_in_every_legal_entity() -> None:
    ledger = {"type": "Ledger", "account": "200100"}
    [mistake] = mistakes(
        treatments={"CARD_EXPENSE_POST": VENDOR}, entities={"frrt": {"accounts": {"accounts_payable": ledger}}}
    )
    assert mistake == (
        'posting.treatments.CARD_EXPENSE_POST: "form": "invoice_journal" needs a vendor account, and accounts_payable '
        "is of type Ledger"
    )
    [mistake] = mistakes(treatments={"REIMBURSEMENT_EXPENSE_APPROVAL": {"form": "pending_invoice"}})
    assert mistake.endswith("and reimbursements_payable is of type Ledger")


def test_what_is_cleared_at_once_is_not_cleared_by_its_payment_too() -> None:
    [mistake] = mistakes(treatments={"BILL_EXPENSE": {"cleared_by": "clearing"}})
    assert (
        mistake == "posting.treatments.BILL_EXPENSE.cleared_by: BILL_EXPENSE_PAYMENT would clear the vendor once more"
    )


@pytest.mark.parametrize(
    "treatments",
    [
        {"BILL_EXPENSE": {"form": "pending_invoice"}},
        {"BILL_EXPENSE": {"form": "general_journal"}},
        {"BILL_EXPENSE_PAYMENT": {"form": "payment_journal", "journal_name": "VendPay"}},
        {"CARD_EXPENSE_POST": VENDOR | {"cleared_by": "card_liability"}},
        {"CARD_EXPENSE_REFUND": {"form": "pending_invoice", "debit": "accounts_payable"}},
    ],
)
def test_what_can_be_written_is_taken(treatments: dict[str, Any]) -> None:
    assert good(treatments=treatments).treatments.keys() == treatments.keys()


def test_the_settings_of_bills_have_their_defaults() -> None:
    assert good().bills.model_dump() == {"number_missing": "hold", "number_length": 20, "changed": "update"}
    assert mistakes(bills={"number_missing": "guess", "number_length": 0})
