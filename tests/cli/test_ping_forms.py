"""ping's journal names of bills and payments: there where the settings use them, and of the right type."""

from typing import Any

import pytest

from connector.pipeline.runtime import Runtime
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.conftest import store_connection
from tests.pipeline.payables import MARKED

INVOICE, PAYMENT = "invoice journal", "payment journal"


def told(cli: Cli, rung: str, code: int = 0) -> list[tuple[str, str, str]]:
    """State, sentence and fix."""
    return [
        (one["state"], one["sentence"], one["fix"])
        for one in cli.json("ping", "acme", code=code)
        if one["rung"] == rung
    ]


def test_the_only_vendor_invoice_journal_there_is_serves_bills(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world)
    assert told(cli, INVOICE) == [("green", "APInvoice in usmf: AP Invoice, fit for purpose", "")]
    assert told(cli, PAYMENT) == []


def test_payments_that_mark_their_invoice_have_a_journal_name_of_their_own(
    cli: Cli, runtime: Runtime, world: World
) -> None:
    store_connection(runtime, world, **MARKED)
    assert told(cli, PAYMENT) == [("green", "VendPay in usmf: Vendor payments, fit for purpose", "")]


def test_without_a_vendor_account_bills_are_no_invoices(cli: Cli, runtime: Runtime, world: World) -> None:
    accounts = world.connection()["posting"]["accounts"] | {"accounts_payable": {"type": "Ledger", "account": "200100"}}
    store_connection(runtime, world, accounts=accounts)
    assert told(cli, INVOICE) == []


def test_two_of_them_need_a_setting_to_choose(cli: Cli, runtime: Runtime, world: World) -> None:
    world.d365.journal_name("GenJrn", Type="VendInvoiceRegister")
    store_connection(runtime, world)
    ((state, sentence, fix),) = told(cli, INVOICE)
    assert (state, fix) == ("amber", "name one in posting.treatments.BILL_EXPENSE.journal_name")
    assert sentence.endswith("no setting says of which name, and there are APInvoice, GenJrn")


def test_none_of_them_is_told(cli: Cli, runtime: Runtime, world: World) -> None:
    world.d365.journal_name("APInvoice", Type="Daily")
    store_connection(runtime, world)
    ((state, sentence, fix),) = told(cli, INVOICE)
    assert state == "amber"
    assert sentence.endswith("and there is none")
    assert "once it is created" in fix


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"Type": "Daily"}, "APInvoice in usmf is of type Daily, not VendInvoiceRegister or PurchaseLedger"),
        ({"NewVoucher": "OneVoucher"}, "APInvoice in usmf starts new vouchers by the rule OneVoucher"),
        ({"IsFixedOffsetAccount": "Yes"}, "APInvoice in usmf has a fixed offset account"),
    ],
)
def test_a_named_one_is_judged_like_any_journal_name(
    cli: Cli, runtime: Runtime, world: World, options: dict[str, Any], wrong: str
) -> None:
    world.d365.journal_name("APInvoice", **options)
    store_connection(runtime, world, treatments={"BILL_EXPENSE": {"journal_name": "APInvoice"}})
    ((state, sentence, _),) = told(cli, INVOICE, code=1)
    assert state == "red"
    assert sentence.startswith(wrong)


def test_the_series_that_numbers_its_vouchers_is_looked_at_too(cli: Cli, runtime: Runtime, world: World) -> None:
    world.d365.journal_name("APInvoice", VoucherSeriesCode="GONE")
    store_connection(runtime, world)
    ((state, sentence, _),) = told(cli, "number sequences", code=1)
    assert (state, sentence) == ("red", "the voucher series GONE of APInvoice in usmf does not exist")
