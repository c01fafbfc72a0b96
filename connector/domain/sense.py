"""What a connection's posting settings must not say together: mostly what would book one thing twice."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from connector.domain import templates
from connector.domain.treatments import CODED, EVERY, INVOICES, Treatment, treatment_of

if TYPE_CHECKING:
    from connector.domain.connection import Posting, RoleAccount

LONGEST_TEXT: Final = 60  # fact: F&O cuts there
# Each family tells of one spend several times; its coded lines may be booked by one of them.
_ONE_SPEND: Final = (
    ("REIMBURSEMENT_EXPENSE_APPROVAL", "REIMBURSEMENT_EXPENSE_POST", "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT"),
    ("BILL_EXPENSE", "BILL_EXPENSE_PAYMENT", "BILL_EXPENSE_CARD_PAYMENT"),
)
# A lump sum of the bank, and the single payments that Brex makes of it.
_LUMPS: Final = {
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN": (
        "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT", "REIMBURSEMENT_EXPENSE_POST", "REIMBURSEMENT_EXPENSE_APPROVAL",
    ),
    "BILL_MONEY_MOVEMENT_PAYIN": ("BILL_EXPENSE_PAYMENT", "BILL_EXPENSE"),
}  # fmt: skip
# What clears a vendor by a record of its own, where the invoice is of one of these types.
_CLEARED_BY: Final = {
    "BILL_EXPENSE": ("BILL_EXPENSE_PAYMENT", "BILL_EXPENSE_CARD_PAYMENT"),
    "REIMBURSEMENT_EXPENSE_APPROVAL": ("REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT",),
}


def mistakes(posting: "Posting") -> Iterator[str]:
    """One sentence each, beginning with the setting it is about."""
    yield from templates.mistakes(posting.text, templates.LINE, "posting.text:")
    yield from templates.mistakes(posting.journal_description, templates.JOURNAL, "posting.journal_description:")
    becomes = {name: treatment for name in EVERY if (treatment := treatment_of(name, posting)) is not None}
    for name in posting.treatments:
        for mistake in _of_type(name, becomes[name], posting):
            yield f"posting.treatments.{name}: {mistake}"
    yield from _twice(becomes)
    yield from _cleared_twice(becomes)
    setting = posting.treatments.get("BILL_EXPENSE_CARD_PAYMENT")
    if setting is not None and setting.decides and posting.bills_paid_by_card != "hold":
        yield (
            "posting.bills_paid_by_card: posting.treatments.BILL_EXPENSE_CARD_PAYMENT says it already; leave out one "
            "of the two"
        )
    yield from _pairs(posting, becomes)
    yield from _linked(posting)
    yield from _receipt_link(posting)
    if posting.vendors.create in ("f_and_o", "both") and posting.vendors.group is None:
        yield "posting.vendors.group: is required where vendors are created in F&O by themselves"


def _of_type(name: str, becomes: Treatment, posting: "Posting") -> Iterator[str]:
    setting = posting.treatments[name]
    if becomes.kind != "entry":
        if setting.treatment is None:
            given = [field for field, value in setting if value is not None]
            yield (
                f"{', '.join(given)} means nothing, as such a record is {_IS[becomes.kind]} on this connection; "
                "give treatment, debit and credit to make it an entry"
            )
        return
    missing = [side for side in ("debit", "credit") if getattr(becomes, side) is None]
    if missing:
        yield f"{' and '.join(missing)} must be given, as there is no such entry by default"
    elif becomes.debit == becomes.credit:
        yield f'debit and credit would both be "{becomes.debit}"'
    elif name in _LUMPS and becomes.coded_side:
        yield "a pay-in is one sum for many payments and carries no coding; its sides are account roles"
    elif becomes.misfit:
        yield becomes.misfit
    elif setting.form not in (None, "general_journal"):
        kinds = sorted({one.type for one in _settings_of(str(becomes.vendor_role), posting)} - {"Vend"})
        if kinds:
            yield (
                f'"form": "{setting.form}" needs a vendor account, and {becomes.vendor_role} is of type '
                f"{' and '.join(kinds)}"
            )


_IS: Final = {"skip": "skipped", "hold": "held"}


def _twice(becomes: dict[str, Treatment]) -> Iterator[str]:
    for family in _ONE_SPEND:
        booking = [name for name in family if becomes[name].kind == "entry" and becomes[name].debit == CODED]
        if len(booking) > 1:
            yield f"posting.treatments: {' and '.join(booking)} would each book the coded lines of the same spend"
    for lump, singles in _LUMPS.items():
        payers = [name for name in singles if _takes_cash(becomes[name])]
        if payers and _takes_cash(becomes[lump]):
            yield f"posting.treatments: {' and '.join(payers)} and the lump sum {lump} would both credit cash"


def _cleared_twice(becomes: dict[str, Treatment]) -> Iterator[str]:
    for name, payments in _CLEARED_BY.items():
        role = becomes[name].vendor_role
        paying = [one for one in payments if becomes[one].kind == "entry" and becomes[one].vendor_role == role]
        if becomes[name].cleared_by is not None and becomes[name].form in INVOICES and paying:
            yield f"posting.treatments.{name}.cleared_by: {' and '.join(paying)} would clear the vendor once more"


def _takes_cash(treatment: Treatment) -> bool:
    return treatment.kind == "entry" and treatment.credit == "cash"


def _linked(posting: "Posting") -> Iterator[str]:
    """Two linked entries need what either company owes the other; any two of them may meet in a record."""
    companies = sorted({posting.legal_entity, *posting.entities})
    for name, entity in posting.entities.items():
        for other, accounts in entity.counterparts.items():
            if other not in companies or other == name:
                yield f"posting.entities.{name}.counterparts.{other}: is no other company of this connection"
            if strange := sorted(accounts.keys() - {"due_from", "due_to"}):
                where = f"posting.entities.{name}.counterparts.{other}.{strange[0]}"
                yield f"{where}: only due_from and due_to depend on the other company"
    if posting.intercompany != "linked":
        return
    if len(companies) < 2:
        yield "posting.intercompany: linked needs a second company under posting.entities"
    for name in companies:
        own = posting.entities.get(name)
        for role in ("due_from", "due_to"):
            general = role in posting.accounts or (own is not None and role in own.accounts)
            missing = [other for other in companies if other != name
                       and (own is None or role not in own.counterparts.get(other, {}))]  # fmt: skip
            if not general and missing:
                where = f"posting.accounts or posting.entities.{name}.accounts"
                yield f"posting.intercompany: linked needs an account for {role} in {name} ({where})"


def _receipt_link(posting: "Posting") -> Iterator[str]:
    """A link must lead to one record, and in a text there must be room for it."""
    if posting.receipt_link is None:
        return
    where, link = "posting.receipt_link.link:", posting.receipt_link.link
    yield from templates.mistakes(link, templates.RECEIPT, where)
    if not set(templates.placeholders(link)) & set(templates.RECEIPT):
        yield f"{where} has no placeholder, so it would lead from every record to the same place"
    bare = len(templates.fill(link, dict.fromkeys(templates.RECEIPT, "")).encode("utf-16-le", "replace")) // 2
    if posting.receipt_link.into == "text" and bare >= LONGEST_TEXT:
        yield f"{where} has {bare} characters without its ids, and F&O keeps {LONGEST_TEXT} of a text"


def _pairs(posting: "Posting", becomes: dict[str, Treatment]) -> Iterator[str]:
    """A balancing line for each coded line needs a Ledger account: F&O takes one vendor or bank line a voucher."""
    for name, setting in posting.treatments.items():
        treatment = becomes[name]
        if setting.balancing != "each" or treatment.kind != "entry":
            continue
        role = treatment.credit if treatment.debit == CODED else treatment.debit
        kinds = sorted({one.type for one in _settings_of(str(role), posting)} - {"Ledger"})
        if treatment.coded_side and kinds:
            where = f"posting.treatments.{name}.balancing"
            yield f'{where}: "each" needs a Ledger account, and {role} is of type {" and ".join(kinds)}'


def _settings_of(role: str, posting: "Posting") -> Iterator["RoleAccount"]:
    """Every account this role may stand for: of the connection, of an entity, of a currency there."""
    everywhere = [posting.accounts]
    for entity in posting.entities.values():
        everywhere += [entity.accounts, *entity.currencies.values(), *entity.counterparts.values()]
    for accounts in everywhere:
        yield from (account for name, account in accounts.items() if name == role)
