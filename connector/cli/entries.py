"""An entry as a table: what is debited, what is credited, and why these accounts."""

from decimal import Decimal

from connector.cli.output import say
from connector.cli.tables import Column, table
from connector.cli.words import money
from connector.domain.entry import Account, Entry, EntryLine, Invoice


def print_entry(entry: Entry, reference: str = "") -> None:
    say(f"{_where(entry)}{f', reference {reference}' if reference else ''}")
    if entry.invoice is not None:
        say(_invoice(entry, entry.invoice))
    rows = [
        [
            _account(line.account), _account(line.offset) if line.offset else "",
            _amount(line.debit, entry.currency), _amount(line.credit, entry.currency), line.text,
        ]
        for line in entry.lines
    ]  # fmt: skip
    table(
        [
            Column("Account"), Column("Offset", leave=1), Column("Debit", right=True), Column("Credit", right=True),
            Column("Text", wrap=True, leave=2),
        ],
        rows,
    )  # fmt: skip
    for reason in dict.fromkeys(_reason(line) for line in entry.lines if line.why):
        say(reason)
    for remark in entry.notes:
        say(f"Note: {remark}")
    if entry.linked is not None:
        say()
        print_entry(entry.linked)


def _where(entry: Entry) -> str:
    """What it is written as, where, and dated when."""
    place = f"in {entry.legal_entity}, {entry.date.isoformat()}"
    if entry.form == "pending_invoice":
        return f"Pending vendor invoice {place}"
    kinds = {"invoice_journal": "Vendor invoice journal", "payment_journal": "Vendor payment journal"}
    return f"{kinds.get(entry.form, 'Journal')} {entry.journal_name} {place}{_period(entry)}"


def _invoice(entry: Entry, invoice: Invoice) -> str:
    if entry.form == "payment_journal":
        return f"Settles invoice {invoice.number} of vendor {invoice.vendor}"
    due = f", due {invoice.due.isoformat()}" if invoice.due else ""
    return f"Invoice {invoice.number} of vendor {invoice.vendor}, dated {invoice.dated.isoformat()}{due}"


def _period(entry: Entry) -> str:
    """Which entries share its journal."""
    return f", one journal a {entry.journal_period}" if entry.journal_period else ""


def _reason(line: EntryLine) -> str:
    """Why these accounts; told once for lines that are alike."""
    offset = f" and {_account(line.offset)}" if line.offset else ""
    return f"Why {_account(line.account)}{offset}: {'; '.join(line.why)}"


def _account(account: Account) -> str:
    """The account as F&O reads it; its kind where that is not the ledger."""
    kind = "" if account.type == "Ledger" else f"{account.type} "
    dimensions = f" ({account.default_dimensions})" if account.default_dimensions else ""
    return f"{kind}{account.display}{dimensions}"


def _amount(amount: Decimal, currency: str) -> str:
    return money(amount, currency) if amount else ""
