"""What an entry is booked on: each coded line with its tax, the account roles against them, and whether F&O can
convert the currency."""

from collections.abc import Sequence
from datetime import date

from connector.domain.master import Rate
from connector.domain.record import Record
from connector.domain.treatments import CODED, AccountRole, Balancing, Side, Treatment
from connector.mapping import tax
from connector.mapping.books import Books
from connector.mapping.choice import Fallbacks
from connector.mapping.codings import Coding
from connector.mapping.compose import Coded, OtherSide
from connector.mapping.findings import RECORD, Findings, Spot, role_place
from connector.mapping.lines import Booked
from connector.mapping.resolve import Resolved, resolve
from connector.mapping.roles import role_account, set_account
from connector.mapping.treatments import CREDIT, DEBIT


def coded_line(
    one: Booked,
    own: Sequence[Coding],
    attributes: Sequence[Coding],
    other: Fallbacks,
    taxed: tax.Named | None,
    currency: str,
    books: Books,
    found: Findings,
) -> Coded:
    """`own`: its codings without the tax field; `taxed`: what that field names."""
    spot = found.at(one.place)
    account = taxed.account if taxed else None
    on_tax = None
    if taxed is not None and account is not None:
        on_tax = set_account(account, account.account or "", taxed.words, (), books, spot)
        if taxed.whole_line:
            return Coded(one, on_tax)
    resolved = resolve(own, attributes, books, spot, other)
    if taxed is None:
        return Coded(one, resolved)
    if on_tax is not None:
        return Coded(one, resolved, on_tax, tax.share(one.amount, taxed.code, currency))
    groups = (taxed.code.sales_tax_group or "", taxed.code.item_sales_tax_group or "")
    _check_groups(groups, books, spot)
    why = (*resolved.why, f"Sales tax groups {groups[0]} and {groups[1]}: {taxed.words}")
    return Coded(one, Resolved(resolved.account, resolved.values, why), tax_groups=groups)


def _check_groups(groups: tuple[str, str], books: Books, spot: Spot) -> None:
    """Both are known in the company; nothing is checked where they could not be read."""
    entity = "" if books.entity is None else books.entity.id
    for what, group, known in zip(
        ("Sales tax group", "Item sales tax group"), groups, (books.master.tax_groups, books.master.item_tax_groups),
        strict=True,
    ):  # fmt: skip
        if known is not None and entity and group.casefold() not in known.get(entity, frozenset()):
            spot.problem("MAP-TAX-GROUP-UNKNOWN", what=what, group=group, entity=entity)


def other_side(
    record: Record,
    treatment: Treatment,
    coded: Sequence[Coded],
    attributes: Sequence[Coding],
    currency: str,
    balancing: Balancing,
    books: Books,
    found: Findings,
) -> OtherSide:
    """The account roles of the treatment, by the side they stand on."""
    standing = [one.account for one in coded]
    sides: tuple[tuple[str, Side | None], ...] = ((DEBIT, treatment.debit), (CREDIT, treatment.credit))
    accounts = {}
    for direction, side in sides:
        if side is None or side == CODED:
            continue
        groups = [[line] for line in standing] if _each(side, coded, currency, balancing, books, found) else [standing]
        accounts[direction] = [
            role_account(side, record, currency, group, attributes, books, found) for group in groups
        ]
    return OtherSide(accounts)


def cleared_by(
    record: Record,
    treatment: Treatment,
    coded: Sequence[Coded],
    attributes: Sequence[Coding],
    currency: str,
    books: Books,
    found: Findings,
) -> Resolved | None:
    """What an invoice that is paid already is cleared against; None where it is not."""
    if treatment.cleared_by is None:
        return None
    standing = [one.account for one in coded]
    return role_account(treatment.cleared_by, record, currency, standing, attributes, books, found)


def _each(
    role: AccountRole, coded: Sequence[Coded], currency: str, balancing: Balancing, books: Books, found: Findings
) -> bool:
    """Whether each coded line has an account of its own against it, with the dimensions of that line alone.

    Fact: a voucher takes at most one vendor or bank line. And where credits are among the debits the entry would come
    to more than the record is worth.
    """
    setting = None if books.entity is None else books.entity.role(role, currency)
    if balancing != "each" or len(coded) < 2 or setting is None:
        return False
    why = f"a voucher takes one {setting.type} account" if setting.type != "Ledger" else ""
    if len({one.booked.line.direction for one in coded}) > 1:
        why = "there are debits and credits among them"
    if why:
        found.at(role_place(role)).note(f"one balancing line for all coded lines, as {why}.")
    return not why


def check_rate(books: Books, currency: str, found: Findings) -> None:
    """F&O must know an exchange rate on the day, either way round. Nothing is checked where the rates are unknown."""
    rates, ledger = books.master.rates, books.ledger
    if rates is None or ledger is None or not (ledger.currency and ledger.rate_type) or ledger.currency == currency:
        return
    pairs = ((ledger.rate_type, currency, ledger.currency), (ledger.rate_type, ledger.currency, currency))
    if not any(_within(books.day, rate) for pair in pairs for rate in rates.get(pair, ())):
        found.at(RECORD).problem(
            "MAP-RATE-MISSING", currency=currency, ledger=ledger.currency, entity=ledger.legal_entity,
            date=books.day.isoformat(),
        )  # fmt: skip


def _within(day: date, rate: Rate) -> bool:
    return (rate.first is None or rate.first <= day) and (rate.last is None or day <= rate.last)
