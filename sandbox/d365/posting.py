"""Posting a journal: what is checked only then, and what becomes of the vouchers that fail.

Fact: there is no OData action for it; people or a batch job post, with "Transfer errors" where chosen.
"""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from sandbox.d365 import dimensions, housekeeping, journals, periods, vendor_transactions
from sandbox.d365.environment import Environment
from sandbox.d365.tables import Row

_PENNIES: Final = Decimal("0.05")


class CannotPost(Exception):
    """Nothing was posted; the message is the Infolog."""


def post(environment: Environment, header: Row, moment: datetime, transfer_errors: bool) -> str | None:
    """Post; the number of the journal that failing vouchers went to, or None. Raises `CannotPost`."""
    if header.values["IsPosted"] == "Yes":
        raise CannotPost(f"Journal {header.values['JournalBatchNumber']} has been posted.")
    wrong = _faulty_vouchers(environment, header)
    moved = None
    if wrong:
        lines = journals.lines_of(environment, header)
        failing = [row for row in lines if row.values["Voucher"] in wrong]
        if not transfer_errors or len(failing) == len(lines):
            raise CannotPost("; ".join(wrong.values()))
        moved = housekeeping.move(environment, header, failing).values["JournalBatchNumber"]
        number = header.values["JournalBatchNumber"]
        header = journals.find(environment, header.values["dataAreaId"], number)
    posted_at = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    header = environment.tables.update(header, {"IsPosted": "Yes"}, {"posted_at": posted_at})
    vendor_transactions.book(environment, header, journals.lines_of(environment, header), moment)
    if journals.name_of(environment, header).values["DeleteLinesAfterPosting"] == "Yes":
        for row in journals.lines_of(environment, header):
            environment.tables.delete(row)
    return moved


def _faulty_vouchers(environment: Environment, header: Row) -> dict[str, str]:
    """Voucher → what is wrong with it."""
    vouchers: defaultdict[str, list[Row]] = defaultdict(list)
    for row in journals.lines_of(environment, header):
        vouchers[row.values["Voucher"]].append(row)
    told: dict[str, str] = {}
    before: list[Row] = []
    for voucher, rows in vouchers.items():
        told[voucher] = _fault(environment, header, voucher, rows) or vendor_transactions.fault(
            environment, rows, before
        )
        before += [] if told[voucher] else rows
    return {voucher: message for voucher, message in told.items() if message}


def _fault(environment: Environment, header: Row, voucher: str, rows: list[Row]) -> str:
    """What only posting finds: a closed period, an account that is a total, a voucher that does not balance."""
    tables = environment.tables
    ledger = tables.get("Ledgers", LegalEntityId=header.values["dataAreaId"])
    assert ledger is not None  # noqa: S101 - a journal's company has a ledger
    for row in rows:
        if not periods.is_open(tables, ledger, row.values["TransDate"][:10]):
            return periods.not_open(row.values["TransDate"][:10])
        for side in filter(None, (row.hidden["account"], row.hidden["offset"])):
            account = side["segments"].get("MainAccount", "")
            if dimensions.is_total(tables, ledger, account):
                return (
                    f"The account type for main account {account} is not valid. "
                    "The main account type must be Financial."
                )
    balance = _balance(rows)
    if not balance:
        return ""
    # Fact: these words; a voucher must balance only now, not when its lines are inserted.
    year, month, date = (int(part) for part in rows[0].values["TransDate"][:10].split("-"))
    return (
        f"The transactions on voucher {voucher} do not balance as per {month}/{date}/{year} "
        f"(Accounting currency: {balance}, Reporting currency: {balance})"
    )


def _balance(rows: list[Row]) -> Decimal:
    """What the voucher lacks, accounting currency; 0 where only the rounding of a foreign currency is left.

    Fact: one currency balances in itself; a maximum penny difference is absorbed.
    """
    currencies = {row.values["CurrencyCode"] for row in rows}
    own = [row for row in rows if not row.hidden["offset"]]
    if len(currencies) == 1 and not sum(row.values["DebitAmount"] - row.values["CreditAmount"] for row in own):
        return Decimal(0)
    balance = sum((Decimal(row.hidden["debit"]) - Decimal(row.hidden["credit"]) for row in rows), Decimal(0))
    return balance if len(currencies) == 1 or abs(balance) > _PENNIES else Decimal(0)
