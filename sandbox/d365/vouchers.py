"""Which voucher a new line goes into, by the journal name's rule.

Fact (Microsoft; a recorded vendor-invoice batch): "In connection with balance" (BalanceSheet) starts a new voucher
after each line with an offset account and after each point where the running balance is zero; OneVoucher puts a
whole journal into one. Under Manually a line without a voucher joins the last one (own reading of the form).
"""

from decimal import Decimal
from typing import Any, Final

from sandbox.d365.environment import Environment
from sandbox.d365.errors import Refusal, field_refused
from sandbox.d365.tables import Row

NOTHING_YET: Final[dict[str, Any]] = {"voucher": "", "open": {}, "complete": True}


def next_number(environment: Environment, name: Row) -> str:
    """The next number of the journal name's voucher series."""
    series, company = name.values["VoucherSeriesCode"], name.values["dataAreaId"]
    return f"{series}{environment.store.next(f'd365.voucher.{company}.{series}'):07}"


def place(
    environment: Environment, header: Row, name: Row, line: dict[str, Any], *, sent: str
) -> tuple[str, dict[str, Any]]:
    """The line's voucher, and the journal's voucher state after it. `sent` is the voucher the client sent.

    The running balance is kept per transaction currency, in major units. Raises `Refusal`.
    """
    state = header.hidden.get("voucher") or NOTHING_YET
    rule = name.values["NewVoucher"]
    if sent and rule != "Manually":
        raise _not_allowed(sent)
    if sent and sent != state["voucher"]:
        state = NOTHING_YET | {"voucher": sent, "complete": False}
    elif not state["voucher"] or (rule == "BalanceSheet" and state["complete"]):
        state = NOTHING_YET | {"voucher": next_number(environment, name)}
    return state["voucher"], after(state, line)


def after(state: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    """The voucher state once a line has joined the current voucher."""
    currency = line["CurrencyCode"]
    balance = Decimal(state["open"].get(currency, 0)) + line["DebitAmount"] - line["CreditAmount"]
    balanced_itself = bool(line["OffsetAccountDisplayValue"])
    amounts = dict(state["open"])
    if not balanced_itself:
        amounts[currency] = balance
    amounts = {code: amount for code, amount in amounts.items() if amount}
    return {"voucher": state["voucher"], "open": amounts, "complete": balanced_itself or not amounts}


def _not_allowed(sent: str) -> Refusal:
    """Fact: a voucher may only be sent where the number sequence allows it. Own words."""
    return field_refused(
        "LedgerJournalLineEntity",
        "Voucher",
        f"Voucher {sent} may not be entered; the number sequence is automatic.",
    )
