"""Fiscal periods of a ledger: is a day open for posting?"""

from sandbox.d365.tables import Row, Tables


def is_open(tables: Tables, ledger: Row, day: str) -> bool:
    """Whether the operating period of an ISO date is open in the ledger, and for the module Ledger.

    No period counts as closed. A period that is open for a user group is open to the connector's user here.
    """
    open_ = {
        (row.values["YearName"], row.values["PeriodName"])
        for row in tables.rows("LedgerFiscalPeriods")
        if row.values["LedgerName"] == ledger.values["Name"]
        and row.values["PeriodStatus"] == "Open"
        and row.values["LedgerAccessLevel"] != "None"
    }
    return any(
        (period["FiscalYear"], period["PeriodName"]) in open_
        for period in (row.values for row in tables.rows("FiscalPeriods"))
        if period["Calendar"] == ledger.values["FiscalCalendar"]
        and period["Type"] == "Operating"
        and period["StartDate"][:10] <= day <= period["EndDate"][:10]
    )


def not_open(day: str) -> str:
    """Fact: "Fiscal period for XXX is not open" (Microsoft, posting)."""
    return f"Fiscal period for {day} is not open."
