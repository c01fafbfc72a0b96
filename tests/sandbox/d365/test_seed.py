"""The demo company: whole, consistent, seeded once, there again after a restart."""

from pathlib import Path

import pytest

from sandbox.d365 import Ledger, create_app, seed
from sandbox.d365.dimensions import DEFAULT_FORMAT, LEDGER_FORMAT, active_format
from sandbox.entra import Entra
from sandbox.faults import Faults
from sandbox.state import Store
from tests.sandbox.d365.caller import HOST, Caller, a_line
from tests.sandbox.d365.conftest import TENANT, a_token


def test_seeding_twice_adds_nothing(store: Store, ledger: Ledger) -> None:
    before = ledger.rows("MainAccounts")
    seed(store, ["app-1"])
    assert ledger.rows("MainAccounts") == before
    assert len(ledger.rows("SysAADClients")) == 1


def test_the_accounts_that_roles_stand_on_are_there(ledger: Ledger) -> None:
    accounts = {row["MainAccountId"]: row for row in ledger.rows("MainAccounts")}
    assert {"200130", "200140", "110190", "110180", "403200", "605140", "605100", "606100", "606300", "618900"} <= set(
        accounts
    )
    assert accounts["605150"]["IsSuspended"] == "Yes"
    assert accounts["600999"]["DoNotAllowManualEntry"] == "Yes"
    assert len(accounts) > 50


@pytest.mark.parametrize("company", ["usmf", "frrt"])
def test_every_account_that_can_be_posted_to_takes_a_line(f_and_o: Caller, ledger: Ledger, company: str) -> None:
    number = f_and_o.journal(company=company)
    own = {(row["LegalEntityId"].lower(), row["MainAccountId"]) for row in ledger.rows("MainAccountLegalEntities")
           if row["IsSuspended"] == "Yes"}  # fmt: skip
    for row in ledger.rows("MainAccounts"):
        if (company, row["MainAccountId"]) in own:
            continue
        if row["IsSuspended"] == "Yes" or row["DoNotAllowManualEntry"] == "Yes" or row["MainAccountId"] > "7":
            continue
        department = "" if row["MainAccountId"] < "4" else "022"
        f_and_o.line(number, dataAreaId=company, AccountDisplayValue=f"{row['MainAccountId']}-001-{department}-")


def test_the_active_formats_are_read_in_their_order(ledger: Ledger) -> None:
    tables = ledger.environment.tables
    assert active_format(tables, LEDGER_FORMAT) == ["MainAccount", "BusinessUnit", "Department", "CostCenter"]
    assert active_format(tables, DEFAULT_FORMAT) == ["BusinessUnit", "Department", "CostCenter"]


def test_one_period_is_closed_one_on_hold_and_all_others_are_open(f_and_o: Caller) -> None:
    closed = f_and_o.rows("LedgerFiscalPeriods?$filter=PeriodStatus ne 'Open' and LegalEntityId eq 'usmf'")
    assert [(row["YearName"], row["PeriodName"]) for row in closed] == [("2026", "Period 1"), ("2026", "Period 2")]
    assert f_and_o.call("GET", "FiscalPeriods/$count?$filter=Type eq 'Operating'").text == "48"


def test_each_company_has_its_ledger_but_the_default_company_has_none(f_and_o: Caller) -> None:
    ledgers = {row["LegalEntityId"]: row["AccountingCurrency"] for row in f_and_o.rows("Ledgers")}
    assert ledgers == {"USMF": "USD", "FRRT": "EUR"}
    assert {row["DataArea"] for row in f_and_o.rows("Companies")} == {"usmf", "frrt", "dat"}


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "state.sqlite")
    numbers = []
    for _ in range(2):
        store = Store(path)
        entra = Entra(store, tenant_id=TENANT)
        entra.register("app-1", "secret")
        entra.add_resource(HOST)
        ledger = seed(store, ["app-1"])
        caller = Caller(create_app(store, Faults(), entra), a_token(entra))
        number = caller.journal()
        caller.batch([a_line(number, Document=f"OF {number}")])
        numbers.append(number)
        assert [line["Document"] for line in ledger.lines()] == [f"OF {known}" for known in numbers]
        assert [line["Voucher"] for line in ledger.lines()] == ["BRX0000001", "BRX0000002"][: len(numbers)]
        assert len(caller.rows(f"LedgerJournalLines?$filter=Document eq 'OF {numbers[0]}'")) == 1
        store.close()
    assert numbers == ["USMF-000001", "USMF-000002"]
