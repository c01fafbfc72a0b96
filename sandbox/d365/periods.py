"""Fiscal periods of a ledger: is a day open for posting?"""

from sandbox.d365.tables import Row, Tables


def is_open(tables: Tables, ledger: Row, day: str) -> bool:
    """Whether the operating period of an ISO date is open in the ledger. No period counts as closed."""
    status = {
        (row.values["YearName"], row.values["PeriodName"]): row.values["PeriodStatus"]
        for row in tables.rows("LedgerFiscalPeriods")
        if row.values["LedgerName"] == ledger.values["Name"]
    }
    return any(
        status.get((period["FiscalYear"], period["PeriodName"])) == "Open"
        for period in (row.values for row in tables.rows("FiscalPeriods"))
        if period["Calendar"] == ledger.values["FiscalCalendar"]
        and period["Type"] == "Operating"
        and period["StartDate"][:10] <= day <= period["EndDate"][:10]
    )


def not_open(day: str) -> str:
    """Fact: "Fiscal period for XXX is not open" (Microsoft, posting)."""
    return f"Fiscal period for {day} is not open."
