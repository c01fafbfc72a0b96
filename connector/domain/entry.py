"""The balanced set of ledger lines that one record becomes. Pure data; printable; amounts in major units."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, cast, get_args

# What an entry is written as in F&O: lines of a general, a vendor invoice or a vendor payment journal, or a pending
# vendor invoice of its own.
Form = Literal["general_journal", "invoice_journal", "payment_journal", "pending_invoice"]

# Journals over 1,000 lines may be split by F&O when they are posted; an entry must fit into one with room to spare.
MOST_LINES: Final = 900


@dataclass(frozen=True, slots=True)
class Account:
    """One side of a ledger line. `display` is the account string exactly as F&O reads it (already escaped)."""

    type: str  # Ledger, Bank, Vend, Cust (LedgerJournalACType)
    display: str
    default_dimensions: str = ""  # only for Bank, Vend and Cust: a Ledger account carries them in its string


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One journal line: either a debit or a credit. With an offset it balances itself."""

    account: Account
    debit: Decimal
    credit: Decimal
    text: str
    offset: Account | None = None
    why: tuple[str, ...] = ()  # provenance, in words: "why this account"
    sales_tax_group: str = ""
    item_sales_tax_group: str = ""
    financial_tag: str = ""  # as F&O reads it, delimiters included


@dataclass(frozen=True, slots=True)
class Invoice:
    """The vendor invoice that an entry is (invoice forms), or that it settles (a payment journal's marked invoice)."""

    vendor: str  # the vendor account's number, not escaped
    number: str
    dated: date
    due: date | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one record becomes. `date` is the legal entity's local date."""

    record_id: str
    record_type: str
    legal_entity: str
    journal_name: str
    date: date
    currency: str
    lines: tuple[EntryLine, ...]
    notes: tuple[str, ...] = ()  # what the planner decided by itself, e.g. a dimension left blank
    journal_period: str = ""  # which journal collects it: record, day, week or month; "" as the connection says
    form: Form = "general_journal"
    invoice: Invoice | None = None
    linked: "Entry | None" = None  # a second entry of the same record, in another company or form

    def as_json(self) -> dict[str, Any]:
        """For storage, preview and golden files. Amounts stay Decimal."""
        return {
            "record_id": self.record_id,
            "record_type": self.record_type,
            "legal_entity": self.legal_entity,
            "journal_name": self.journal_name,
            "journal_period": self.journal_period,
            "date": self.date.isoformat(),
            "currency": self.currency,
            "lines": [
                {
                    "account": _account(line.account),
                    "offset": None if line.offset is None else _account(line.offset),
                    "debit": line.debit,
                    "credit": line.credit,
                    "text": line.text,
                    "why": list(line.why),
                    **_tax(line),
                    **({"financial_tag": line.financial_tag} if line.financial_tag else {}),
                }
                for line in self.lines
            ],
            "notes": list(self.notes),
            **_beyond(self),
        }


def from_json(data: dict[str, Any]) -> Entry:
    """The inverse of `Entry.as_json`."""
    return Entry(
        record_id=data["record_id"],
        record_type=data["record_type"],
        legal_entity=data["legal_entity"],
        journal_name=data["journal_name"],
        date=date.fromisoformat(data["date"]),
        currency=data["currency"],
        lines=tuple(
            EntryLine(
                account=Account(**line["account"]),
                offset=None if line["offset"] is None else Account(**line["offset"]),
                debit=Decimal(line["debit"]),
                credit=Decimal(line["credit"]),
                text=line["text"],
                why=tuple(line["why"]),
                sales_tax_group=line.get("sales_tax_group", ""),
                item_sales_tax_group=line.get("item_sales_tax_group", ""),
                financial_tag=line.get("financial_tag", ""),
            )
            for line in data["lines"]
        ),
        notes=tuple(data["notes"]),
        journal_period=data.get("journal_period", ""),
        form=data.get("form", "general_journal"),
        invoice=None if data.get("invoice") is None else _invoice(data["invoice"]),
        linked=None if data.get("linked") is None else from_json(data["linked"]),
    )


def form_of(name: str) -> Form:
    """The form of this name. Raises ValueError for a name of none."""
    for form in get_args(Form):
        if form == name:
            return cast(Form, form)
    raise ValueError(f"{name} is no form of an entry")


def _beyond(entry: Entry) -> dict[str, Any]:
    """What only some entries have; left out elsewhere, so that a stored general journal entry stays as it was."""
    beyond: dict[str, Any] = {} if entry.form == "general_journal" else {"form": entry.form}
    if (invoice := entry.invoice) is not None:
        beyond["invoice"] = {
            "vendor": invoice.vendor,
            "number": invoice.number,
            "dated": invoice.dated.isoformat(),
            "due": None if invoice.due is None else invoice.due.isoformat(),
            "description": invoice.description,
        }
    return beyond if entry.linked is None else {**beyond, "linked": entry.linked.as_json()}


def _invoice(data: dict[str, Any]) -> Invoice:
    due = data["due"]
    return Invoice(
        vendor=data["vendor"],
        number=data["number"],
        dated=date.fromisoformat(data["dated"]),
        due=None if due is None else date.fromisoformat(due),
        description=data["description"],
    )


def _account(account: Account) -> dict[str, str]:
    return {
        "type": account.type,
        "display": account.display,
        "default_dimensions": account.default_dimensions,
    }


def _tax(line: EntryLine) -> dict[str, str]:
    """Only where there are tax groups: few lines have them."""
    if not line.sales_tax_group:
        return {}
    return {"sales_tax_group": line.sales_tax_group, "item_sales_tax_group": line.item_sales_tax_group}
