"""A record of two companies as two linked entries: one company pays, the other bears the cost.

Fact: the journal-line entity does not support intercompany lines, so there are two vouchers, one per company. In the
company that carries the other side stands what the other one owes it (account role due_from), in the other company
what it owes (due_to). Each entry balances in itself, and the two roles come to the same amount.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from connector.domain.connection import Posting
from connector.domain.entry import MOST_LINES, Entry
from connector.domain.master import MasterData
from connector.domain.money import Money
from connector.domain.record import Line, Record
from connector.domain.reference import linked_id
from connector.domain.treatments import Treatment, TreatmentSetting
from connector.domain.vendor import VendorBook
from connector.mapping import booking, frame, tax
from connector.mapping.books import open_books
from connector.mapping.choice import NOTHING, Fallbacks, choose
from connector.mapping.codings import ENTITY_REMOTE_IDS, Coding
from connector.mapping.compose import Coded, compose
from connector.mapping.entities import LegalEntity
from connector.mapping.findings import RECORD, Findings
from connector.mapping.lines import Booked
from connector.mapping.mappings import FOLDED_LEGAL_ENTITY, Mappings
from connector.mapping.roles import role_account
from connector.mapping.treatments import CREDIT, DEBIT


@dataclass(frozen=True, slots=True)
class Share:
    """A coded line with what says what it is booked on."""

    booked: Booked
    own: Sequence[Coding]
    other: Fallbacks


@dataclass(frozen=True, slots=True)
class Pair:
    """`paying` carries the other side, `other` the lines `theirs`, which come to `amount` (major units, above zero)."""

    paying: str
    other: str
    ours: list[Share]
    theirs: list[Share]
    amount: Decimal


def split(
    treatment: Treatment, shares: Sequence[Share], attributes: Sequence[Coding], posting: Posting, found: Findings
) -> Pair | None:
    """The two companies of a record; None where there is one, or with a problem where two entries will not do.

    What the record's own attributes (user, department, location, vendor) say, or else the connection, is the company
    that carries the other side. What a line's own fields or the rules say is the company that bears it. Where they
    contradict themselves or name nothing known there is no pair: then `entities.choose_entity` tells.
    """
    if posting.intercompany != "linked" or treatment.coded_side is None or not shares:
        return None
    if treatment.form != "general_journal":
        return None
    paying = _named((), attributes, NOTHING, posting, posting.legal_entity)
    bearing = [_named(one.own, (), one.other, posting, paying or "") for one in shares]
    others = sorted({one for one in bearing if one is not None and one != paying})
    if paying is None or None in bearing or not others:
        return None
    theirs = [one for one, company in zip(shares, bearing, strict=True) if company == others[0]]
    amount = _net(theirs, treatment)
    if len(others) > 1:
        reason = f"besides {paying}, which carries the other side, its lines belong to {', '.join(others)}"
        found.at(RECORD).problem("RECORD-ENTITIES-APART", reason=reason)
    elif amount <= 0:
        reason = f"the lines of {others[0]} come to nothing, or go against the others"
        found.at(RECORD).problem("RECORD-ENTITIES-APART", reason=reason)
    ours = [one for one, company in zip(shares, bearing, strict=True) if company == paying]
    return Pair(paying, others[0], ours, theirs, amount)


def _named(
    own: Sequence[Coding], attributes: Sequence[Coding], other: Fallbacks, posting: Posting, default: str
) -> str | None:
    """None where it is contradictory, unmapped, or no company of the connection."""
    choice = choose(FOLDED_LEGAL_ENTITY, ENTITY_REMOTE_IDS, own, attributes, other)
    if choice.answer is None:
        return None if choice.options or choice.unmapped else default
    company = choice.answer.value.lower()
    return company if company == posting.legal_entity or company in posting.entities else None


def _net(shares: Sequence[Share], treatment: Treatment) -> Decimal:
    amounts = [
        one.booked.amount if one.booked.line.direction == treatment.coded_side else -one.booked.amount for one in shares
    ]
    return sum(amounts, Decimal(0))


@dataclass(frozen=True, slots=True)
class Planner:
    """What both entries are planned with."""

    record: Record
    treatment: Treatment
    posting: Posting
    mappings: Mappings
    master: MasterData
    vendors: VendorBook
    attributes: Sequence[Coding]
    setting: TreatmentSetting

    def entries(self, pair: Pair, worth: Money, found: Findings) -> Entry | None:
        """The paying company's entry with the other's linked to it; None where something is missing.

        `found` has the problems of both afterwards.
        """
        beside = Findings()
        role = "credit" if self.treatment.coded_side == DEBIT else "debit"
        owing = replace(self, treatment=replace(self.treatment, **{role: "due_to"}))  # type: ignore[arg-type]
        theirs = LegalEntity(pair.other, self.posting, counterpart=pair.paying)
        ours = LegalEntity(pair.paying, self.posting, counterpart=pair.other)
        share = Money(pair.amount, worth.currency)
        found.at(RECORD).note(f"{share} of it is borne by {pair.other}, whose entry is linked to this one.")
        first = self._entry(ours, pair.ours, worth, share, found)
        told = f"Linked to the entry of {self.record.id} in {pair.paying}, which carries the other side."
        beside.at(RECORD).note(told)
        second = owing._entry(theirs, pair.theirs, share, None, beside)
        found.take_problems(beside)
        if first is None or second is None:
            return None
        return replace(first, linked=replace(second, record_id=linked_id(self.record.id)))

    def _entry(
        self, entity: LegalEntity, shares: Sequence[Share], worth: Money, due: Money | None, found: Findings
    ) -> Entry | None:
        """`due`: what the other company owes, in place of its lines."""
        record, treatment, spot = self.record, self.treatment, found.at(RECORD)
        day = frame.posting_day(record, entity, found)
        side = "debit" if treatment.coded_side == DEBIT else "credit"
        owed = treatment if due is None else replace(treatment, **{side: "due_from"})  # type: ignore[arg-type]
        concerned = frame.modules(owed, entity, worth.currency)
        day = frame.open_day(self.master, entity, day, concerned, spot)
        books = open_books(self.master, self.mappings, entity, day, self.vendors)
        coded = [
            booking.coded_line(
                one.booked, one.own, self.attributes, one.other,
                tax.named(one.booked.line, self.posting.tax, found.at(one.booked.place)), worth.currency, books, found,
            )
            for one in shares
        ]  # fmt: skip
        if due is not None:
            standing = [one.account for one in coded]
            account = role_account("due_from", record, due.currency, standing, self.attributes, books, found)
            line = Line("", treatment.coded_side or CREDIT, due, "", ())
            coded.append(Coded(Booked(RECORD, line, due.amount), account))
        balancing = self.setting.balancing or self.posting.balancing
        others = booking.other_side(record, treatment, coded, self.attributes, worth.currency, balancing, books, found)
        booking.check_rate(books, worth.currency, found)
        frame.check_currency(books, worth.currency, spot)
        journal_name = frame.journal(books, record.type, "general_journal", spot)
        if others.unknown or any(one.unknown for one in coded):
            return None
        lines = compose(record, self.setting.text or self.posting.text, coded, others, worth, balancing)
        if len(lines) > MOST_LINES:
            spot.problem("MAP-LINES-MANY", lines=str(len(lines)), most=str(MOST_LINES))
        return Entry(
            record_id=record.id,
            record_type=record.type,
            legal_entity=entity.id,
            journal_name=journal_name,
            date=day,
            currency=worth.currency,
            lines=lines,
            notes=found.notes(),
            journal_period=self.setting.journal_period or self.posting.journal_period,
        )
