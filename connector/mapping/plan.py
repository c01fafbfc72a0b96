"""What a record becomes: an entry, nothing (with the reason), or all the problems that stand in its way.

Pure and total: no I/O, no clock, no database; it never raises, and the same input gives the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from connector.domain.connection import Posting
from connector.domain.entry import MOST_LINES, Entry
from connector.domain.master import MasterData
from connector.domain.problems import PROBLEMS, Problem
from connector.domain.record import Record
from connector.domain.treatments import Treatment, TreatmentSetting
from connector.domain.vendor import NO_VENDORS, VendorBook
from connector.mapping import amounts, booking, codings, frame, intercompany, invoices, tax
from connector.mapping.books import open_books
from connector.mapping.choice import Fallbacks
from connector.mapping.codings import Coding
from connector.mapping.compose import compose
from connector.mapping.entities import LegalEntity, choose_entity
from connector.mapping.fallbacks import fallbacks
from connector.mapping.findings import RECORD, Findings, Place
from connector.mapping.intercompany import Planner, Share
from connector.mapping.lines import Booked, booked_lines, has_coding, worth_nothing
from connector.mapping.mappings import Mappings
from connector.mapping.receipts import with_link
from connector.mapping.rules import RuleBook, facts_of
from connector.mapping.text import line_text
from connector.mapping.treatments import may_post, tell_held, treatment_for


@dataclass(frozen=True, slots=True)
class Skip:
    """The record needs no entry, for this reason."""

    reason: str


NO_RULES: Final = RuleBook()
_NOTHING_SAID: Final = TreatmentSetting.model_construct()


def plan(
    record: Record,
    posting: Posting,
    mappings: Mappings,
    master: MasterData,
    approved: frozenset[str],
    accepted: frozenset[str] = frozenset(),
    *,
    rules: RuleBook = NO_RULES,
    vendors: VendorBook = NO_VENDORS,
) -> Entry | Skip | list[Problem]:
    """Decide what a record becomes. The list is never empty and holds all problems, in the record's order.

    `approved`: the record types a person has approved on this connection, besides `posting.approved_types`.
    `accepted`: problem codes that a person has accepted for this record; only those that may be are passed over.
    The record's review status is not looked at.
    """
    treatment, found = treatment_for(record, posting), Findings()
    if treatment is None or treatment.kind == "hold":
        tell_held(record, treatment, found)
        frame.posting_day(record, LegalEntity(posting.legal_entity, posting), found)
        return found.problems()
    if treatment.kind == "skip":
        return Skip(treatment.reason)
    if worth_nothing(record):
        return Skip(Problem("SKIPPED-ZERO").sentence)
    treatment = invoices.as_credit(record, treatment, [*map(has_coding, record.lines)], found.at(RECORD))
    booked = booked_lines(record, treatment, found)
    facts = [facts_of(record, line.line) for line in booked] or [facts_of(record)]
    if reason := rules.skip(facts):
        return Skip(reason)
    if not may_post(record.type, treatment, posting.approved_types, approved):
        found.at(RECORD).problem("TREATMENT-UNCONFIRMED", type=record.type)
    others = [fallbacks(one, rules, posting) for one in facts]
    entry = _entry(record, treatment, booked, others, posting, mappings, master, vendors, found)
    problems = [one for one in found.problems() if one.code not in accepted or not PROBLEMS[one.code].anyway]
    if entry is not None and not problems:
        return with_link(entry, record, posting.receipt_link)
    return problems or found.problems()


def _entry(
    record: Record,
    treatment: Treatment,
    booked: list[Booked],
    others: Sequence[Fallbacks],
    posting: Posting,
    mappings: Mappings,
    master: MasterData,
    vendors: VendorBook,
    found: Findings,
) -> Entry | None:
    """The entry; None where something is missing that it needs. `found` has all problems afterwards."""
    if posting.amounts == "billing_amount":
        booked, worth = amounts.in_billing_amount(record, booked, treatment.coded_side, found)
    else:
        booked, worth = amounts.in_amount(record, booked)
    attributes = codings.of_record(record, mappings)
    own = [codings.of_line(tax.without(line.line, posting.tax), mappings) for line in booked]
    setting = posting.treatments.get(record.type, _NOTHING_SAID)
    shares = [Share(*one) for one in zip(booked, own, others if booked else (), strict=True)]
    if (pair := intercompany.split(treatment, shares, attributes, posting, found)) is not None:
        planner = Planner(record, treatment, posting, mappings, master, vendors, attributes, setting)
        return planner.entries(pair, worth, found)
    entity = choose_entity(_voters(record, booked, own, others, mappings), attributes, posting, found)
    whose, spot = entity or LegalEntity(posting.legal_entity, posting), found.at(RECORD)
    day = dated = frame.posting_day(record, whose, found)
    treatment = invoices.fitting(treatment, whose, worth.currency, spot)
    number = invoices.number(record, treatment, posting, spot)
    if entity is not None:
        concerned = frame.modules(treatment, entity, worth.currency)
        day = frame.open_day(master, entity, day, concerned, spot)
    books = open_books(master, mappings, entity, day, vendors)
    coded = [
        booking.coded_line(
            line, line_codings, attributes, other, tax.named(line.line, posting.tax, found.at(line.place)),
            worth.currency, books, found,
        )
        for line, line_codings, other in zip(booked, own, others if booked else (), strict=True)
    ]  # fmt: skip
    balancing = setting.balancing or posting.balancing
    others_side = booking.other_side(record, treatment, coded, attributes, worth.currency, balancing, books, found)
    against = booking.cleared_by(record, treatment, coded, attributes, worth.currency, books, found)
    booking.check_rate(books, worth.currency, found)
    frame.check_currency(books, worth.currency, spot)
    journal_name = frame.journal(books, record.type, treatment.form, spot)
    clearing = frame.clearing_journal(books, spot) if treatment.cleared_by else ""
    unknown = others_side.unknown or any(one.unknown for one in coded) or (against and against.account is None)
    if entity is None or unknown:
        return None
    template = setting.text or posting.text
    lines = compose(record, template, coded, others_side, worth, balancing)
    if len(lines) > MOST_LINES:
        spot.problem("MAP-LINES-MANY", lines=str(len(lines)), most=str(MOST_LINES))
    vendor = others_side.of(treatment)
    text = line_text(template, record)
    invoice = invoices.invoice(record, treatment, number, vendor, dated, entity, text, spot)
    invoices.tell_unsettled(treatment, vendor, spot)
    entry = Entry(
        record_id=record.id,
        record_type=record.type,
        legal_entity=entity.id,
        journal_name=journal_name,
        date=day,
        currency=worth.currency,
        lines=lines if treatment.form == "general_journal" else invoices.vendor_first(lines),
        notes=found.notes(),
        journal_period=setting.journal_period or posting.journal_period,
        form=treatment.form,
        invoice=invoice,
    )
    return replace(entry, linked=invoices.cleared(entry, treatment, vendor, against, clearing)) if against else entry


def _voters(
    record: Record,
    booked: Sequence[Booked],
    own: Sequence[Sequence[Coding]],
    others: Sequence[Fallbacks],
    mappings: Mappings,
) -> list[tuple[Place, Sequence[Coding], Fallbacks]]:
    """Who has a say in the legal entity: each coded line, or else the record with what its lines carry."""
    if booked:
        return [(line.place, codes, other) for line, codes, other in zip(booked, own, others, strict=True)]
    return [(RECORD, [coding for line in record.lines for coding in codings.of_line(line, mappings)], others[0])]
