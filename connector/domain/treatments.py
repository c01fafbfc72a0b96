"""What each of Brex's record types becomes: the table, and what a connection file may say instead.

Fact: these are the 19 values of `AccountingRecordDetailed.type`, and what they mean (Brex accounting spec; INVOICE,
INVOICE_PAYMENT and BILL_MONEY_MOVEMENT_PAYIN stand there without a word). Only CARD_EXPENSE_POST was ever recorded.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from connector.domain import templates
from connector.domain.entry import Form

# due_from and due_to: what another company owes, and what is owed to it, where two linked entries are written.
AccountRole = Literal[
    "card_liability", "accounts_payable", "reimbursements_payable", "clearing", "cash", "rewards", "due_from", "due_to"
]
Side = Literal[AccountRole, "coded"]
CODED: Final = "coded"
# The account roles that may be vendor accounts, and the forms that are vendor invoices.
VENDORS: Final[tuple[AccountRole, ...]] = ("accounts_payable", "reimbursements_payable")
INVOICES: Final[tuple[Form, ...]] = ("invoice_journal", "pending_invoice")

JournalPeriod = Literal["record", "day", "week", "month"]
# offset: a single coded line carries the other side as its offset, several end with one line that balances them.
# one: always one balancing line at the end. each: a balancing line for each coded line.
Balancing = Literal["offset", "one", "each"]
CardForBills = Literal["hold", "bill_payment", "clearing"]

JournalName = Annotated[str, Field(min_length=1, max_length=10)]
Words = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a record becomes. For an entry: what is debited and what is credited, coded lines or an account role.

    `confirmed`: a recorded answer of Brex shows what such a record looks like; others wait for an approved preview.
    `reason` and `code` say why a record is skipped or held. `form`: what the entry is written as. `cleared_by`: of an
    invoice that is paid already, the account role against which a second entry clears the vendor again.
    """

    kind: Literal["entry", "skip", "hold"] = "entry"
    form: Form = "general_journal"
    cleared_by: AccountRole | None = None
    debit: Side | None = None
    credit: Side | None = None
    confirmed: bool = False
    reason: str = ""
    code: str = ""

    @property
    def coded_side(self) -> str | None:
        """DEBIT or CREDIT where coded lines are booked; None where both sides are account roles."""
        if CODED in (self.debit, self.credit):
            return "DEBIT" if self.debit == CODED else "CREDIT"
        return None

    @property
    def vendor_role(self) -> AccountRole | None:
        """The side that may stand on a vendor account."""
        return next((role for role in VENDORS if role in (self.debit, self.credit)), None)

    @property
    def misfit(self) -> str:
        """Why the form does not go with the sides, in words; "" where it does."""
        if self.form in INVOICES and not (self.coded_side and self.vendor_role):
            return f'"form": "{self.form}" needs the coded lines on one side and {_A_VENDOR} on the other'
        if self.form == "payment_journal" and (self.coded_side or not self.vendor_role):
            return f'"form": "payment_journal" needs {_A_VENDOR} on one side and another account role on the other'
        if self.cleared_by is None:
            return ""
        if self.form not in INVOICES:
            return '"cleared_by" is for invoices alone; give "form": "invoice_journal" or "pending_invoice" with it'
        return f'"cleared_by": "{self.cleared_by}" is a vendor\'s own side' if self.cleared_by in VENDORS else ""


_A_VENDOR: Final = "a vendor (accounts_payable or reimbursements_payable)"


class TreatmentSetting(BaseModel):
    """What one connection wants of one record type, besides or instead of the table."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    treatment: Literal["entry", "skip", "hold"] | None = None
    debit: Side | None = None
    credit: Side | None = None
    form: Form | None = None
    cleared_by: AccountRole | None = None
    journal_name: JournalName | None = None
    journal_period: JournalPeriod | None = None
    balancing: Balancing | None = None
    text: str | None = None
    reason: Words | None = None

    @property
    def decides(self) -> bool:
        """It says what the record becomes, not only how its entry looks."""
        return bool(self.treatment or self.debit or self.credit)

    @property
    def changes(self) -> bool:
        """It says something that the table of treatments says, too."""
        return self.decides or bool(self.form or self.cleared_by)

    @model_validator(mode="after")
    def _makes_sense(self) -> "TreatmentSetting":
        mistakes = list(self._mistakes())
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self

    def _mistakes(self) -> Any:
        given = [name for name, value in self if value is not None]
        if not given:
            yield "says nothing; leave it out"
        if self.treatment in ("skip", "hold"):
            useless = [name for name in given if name not in ("treatment", "reason")]
            if useless:
                yield f"{', '.join(useless)} mean nothing where the treatment is {self.treatment}"
            if not self.reason:
                yield f"reason is required where the treatment is {self.treatment}: people will read it"
        elif self.reason:
            yield "reason is only for the treatments skip and hold"
        if self.debit is not None and self.debit == self.credit:
            yield f'debit and credit are both "{self.debit}"'
        if self.text is not None:
            yield from templates.mistakes(self.text, templates.LINE, "text")


class Says(Protocol):
    """The part of the posting settings that decides about treatments."""

    @property
    def reimbursements(self) -> Literal["accrual", "cash"]: ...
    @property
    def bills_paid_by_card(self) -> CardForBills: ...
    @property
    def treatments(self) -> dict[str, TreatmentSetting]: ...


_NOT_YET = Treatment("hold", code="TREATMENT-UNKNOWN")

TREATMENTS: Final[dict[str, Treatment]] = {
    "CARD_EXPENSE_POST": Treatment(debit="coded", credit="card_liability", confirmed=True),
    "CARD_EXPENSE_REFUND": Treatment(debit="card_liability", credit="coded"),
    "CARD_EXPENSE_REPAYMENT": Treatment(debit="clearing", credit="coded"),
    "CARD_PAYMENT": Treatment(debit="card_liability", credit="cash"),
    "CARD_PAYMENT_REFUND": Treatment(debit="cash", credit="card_liability"),
    "REWARD_REDEMPTION": Treatment(debit="card_liability", credit="rewards"),
    "REIMBURSEMENT_EXPENSE_APPROVAL": Treatment(debit="coded", credit="reimbursements_payable"),
    "REIMBURSEMENT_EXPENSE_POST": Treatment(
        "skip", reason="On the accrual basis the expense was booked when it was approved."
    ),
    "REIMBURSEMENT_EXPENSE_REPAYMENT": Treatment(debit="clearing", credit="coded"),
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT": Treatment(debit="reimbursements_payable", credit="clearing"),
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL": Treatment(
        debit="clearing", credit="reimbursements_payable"
    ),
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN": Treatment(debit="clearing", credit="cash"),
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND": Treatment(debit="cash", credit="clearing"),
    "BILL_EXPENSE": Treatment(form="invoice_journal", debit="coded", credit="accounts_payable"),
    "BILL_EXPENSE_PAYMENT": Treatment(debit="accounts_payable", credit="clearing"),
    "BILL_EXPENSE_CARD_PAYMENT": Treatment(debit="accounts_payable", credit="card_liability"),
    "BILL_MONEY_MOVEMENT_PAYIN": Treatment(debit="clearing", credit="cash"),
    "INVOICE": _NOT_YET,
    "INVOICE_PAYMENT": _NOT_YET,
}

# Card transactions that the accounting API has no type for. Fact: their names among a transaction's types (Brex
# transactions spec); how either looks was never recorded.
OF_TRANSACTIONS: Final[dict[str, Treatment]] = {
    "CHARGEBACK": Treatment(debit="card_liability", credit="coded"),
    "BNPL_FEE": Treatment(debit="coded", credit="card_liability"),
}
EVERY: Final[dict[str, Treatment]] = TREATMENTS | OF_TRANSACTIONS

# On the cash basis an expense is booked once, when it is paid out.
_CASH_BASIS: Final[dict[str, Treatment]] = {
    "REIMBURSEMENT_EXPENSE_APPROVAL": Treatment(
        "skip", reason="On the cash basis the expense is booked when it is paid out."
    ),
    "REIMBURSEMENT_EXPENSE_POST": Treatment(debit="coded", credit="clearing"),
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT": Treatment(
        "skip", reason="On the cash basis REIMBURSEMENT_EXPENSE_POST books the payout with its expense."
    ),
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL": Treatment(
        "hold",
        reason="on the cash basis the expense stands booked and its coding is not in this record",
        code="TREATMENT-HELD",
    ),
}

_TWICE = Treatment("hold", code="TREATMENT-TWICE")


def _record_type(value: str) -> str:
    if value not in EVERY:
        raise ValueError("is no record type of Brex; check its spelling")
    return value


RecordType = Annotated[str, AfterValidator(_record_type)]


def treatment_of(record_type: str, says: Says) -> Treatment | None:
    """What a type becomes on a connection. None: no type that Brex documents."""
    setting = says.treatments.get(record_type)
    decided = setting is not None and setting.decides
    table = _by_table(record_type, says, decided=decided)
    return table if table is None or setting is None or not setting.changes else _changed(table, setting)


def _by_table(record_type: str, says: Says, *, decided: bool) -> Treatment | None:
    """`decided`: the connection's own setting for the type says what it becomes, and needs but the rest of an entry."""
    if says.reimbursements == "cash" and record_type in _CASH_BASIS:
        return _CASH_BASIS[record_type]
    if record_type == "BILL_EXPENSE_CARD_PAYMENT" and not decided:
        if says.bills_paid_by_card == "hold":
            return _TWICE
        if says.bills_paid_by_card == "clearing":
            return replace(TREATMENTS["BILL_EXPENSE_CARD_PAYMENT"], credit="clearing")
    return EVERY.get(record_type)


def _changed(table: Treatment, setting: TreatmentSetting) -> Treatment:
    kind = setting.treatment or table.kind
    if kind != "entry":
        if setting.treatment is None:
            return table  # a side alone does not make an entry of what is skipped or held
        return Treatment(kind, reason=setting.reason or "", code="TREATMENT-HELD" if kind == "hold" else "")
    made = Treatment(
        form=setting.form or table.form, cleared_by=setting.cleared_by, debit=setting.debit or table.debit,
        credit=setting.credit or table.credit, confirmed=table.confirmed,
    )  # fmt: skip
    # With other sides than the table's its form may mean nothing; one that the setting names is its own matter.
    return replace(made, form="general_journal") if made.misfit and setting.form is None else made
