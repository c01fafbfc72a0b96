"""What a record becomes: an entry, nothing (with the reason), or all the problems that stand in its way.

Pure and total: no I/O, no clock, no database; it never raises, and the same input gives the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from connector.domain.connection import Posting
from connector.domain.entry import MOST_LINES, Entry
from connector.domain.master import MasterData
from connector.domain.problems import PROBLEMS, Problem
from connector.domain.record import Record
from connector.domain.treatments import Treatment, TreatmentSetting
from connector.domain.vendor import NO_VENDORS, VendorBook
from connector.mapping import amounts, booking, codings, frame, tax
from connector.mapping.books import open_books
from connector.mapping.choice import Fallbacks
from connector.mapping.codings import Coding
from connector.mapping.compose import compose
from connector.mapping.dates import local_date
from connector.mapping.entities import LegalEntity, choose_entity
from connector.mapping.fallbacks import fallbacks
from connector.mapping.findings import RECORD, Findings, Place
from connector.mapping.lines import Booked, booked_lines, worth_nothing
from connector.mapping.mappings import Mappings
from connector.mapping.rules import RuleBook, facts_of
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
        _posting_day(record, LegalEntity(posting.legal_entity, posting), found)
        return found.problems()
    if treatment.kind == "skip":
        return Skip(treatment.reason)
    if worth_nothing(record):
        return Skip(Problem("SKIPPED-ZERO").sentence)
    booked = booked_lines(record, treatment, found)
    facts = [facts_of(record, line.line) for line in booked] or [facts_of(record)]
    if reason := rules.skip(facts):
        return Skip(reason)
    if not may_post(record.type, treatment, posting.approved_types, approved):
        found.at(RECORD).problem("TREATMENT-UNCONFIRMED", type=record.type)
    others = [fallbacks(one, rules, posting) for one in facts]
    entry = _entry(record, treatment, booked, others, posting, mappings, master, vendors, found)
    problems = [one for one in found.problems() if one.code not in accepted or not PROBLEMS[one.code].anyway]
    return entry if entry is not None and not problems else problems or found.problems()


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
    entity = choose_entity(_voters(record, booked, own, others, mappings), attributes, posting, found)
    day = _posting_day(record, entity or LegalEntity(posting.legal_entity, posting), found)
    if entity is not None:
        concerned = frame.modules(treatment, entity, worth.currency)
        day = frame.open_day(master, entity, day, concerned, found.at(RECORD))
    books = open_books(master, mappings, entity, day, vendors)
    coded = [
        booking.coded_line(
            line, line_codings, attributes, other, tax.named(line.line, posting.tax, found.at(line.place)),
            worth.currency, books, found,
        )
        for line, line_codings, other in zip(booked, own, others if booked else (), strict=True)
    ]  # fmt: skip
    setting = posting.treatments.get(record.type, _NOTHING_SAID)
    balancing = setting.balancing or posting.balancing
    others_side = booking.other_side(record, treatment, coded, worth.currency, balancing, books, found)
    booking.check_rate(books, worth.currency, found)
    if entity is not None:
        frame.check(books, entity.journal_of(record.type), worth.currency, found.at(RECORD))
    if entity is None or others_side.unknown or any(one.unknown for one in coded):
        return None
    lines = compose(record, setting.text or posting.text, coded, others_side, worth, balancing)
    if len(lines) > MOST_LINES:
        found.at(RECORD).problem("MAP-LINES-MANY", lines=str(len(lines)), most=str(MOST_LINES))
    return Entry(
        record_id=record.id,
        record_type=record.type,
        legal_entity=entity.id,
        journal_name=entity.journal_of(record.type),
        date=day,
        currency=worth.currency,
        lines=lines,
        notes=found.notes(),
        journal_period=setting.journal_period or posting.journal_period,
    )


def _posting_day(record: Record, entity: LegalEntity, found: Findings) -> date:
    """The local date in this legal entity; a problem where it lies before the connection's start."""
    posting, spot = entity.posting, found.at(RECORD)
    day, note = local_date(record.posting_time, entity.time_zone, midnight_is_date=posting.midnight_is_date)
    if note:
        spot.note(note)
    if day < posting.start_date:
        spot.problem("RECORD-BEFORE-START", date=day.isoformat(), start=posting.start_date.isoformat())
    return day


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
