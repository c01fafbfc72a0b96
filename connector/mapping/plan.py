"""What a record becomes: an entry, nothing (with the reason), or all the problems that stand in its way.

Pure and total: no I/O, no clock, no database; it never raises, and the same input gives the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.domain.connection import Posting
from connector.domain.entry import Entry, EntryLine
from connector.domain.master import MasterData
from connector.domain.problems import Problem
from connector.domain.record import Record
from connector.mapping import codings
from connector.mapping.books import Books, open_books
from connector.mapping.codings import Coding
from connector.mapping.dates import local_date
from connector.mapping.entities import LegalEntity, choose_entity
from connector.mapping.findings import RECORD, Findings, Place
from connector.mapping.layout import Part, one_line, separate_lines
from connector.mapping.lines import Booked, booked_lines, exact, worth_nothing
from connector.mapping.mappings import Mappings
from connector.mapping.resolve import Resolved, resolve
from connector.mapping.roles import role_account
from connector.mapping.text import label, line_text
from connector.mapping.treatments import CREDIT, DEBIT, Treatment, may_post, treatment_of


@dataclass(frozen=True, slots=True)
class Skip:
    """The record needs no entry, for this reason."""

    reason: str


def plan(
    record: Record, posting: Posting, mappings: Mappings, master: MasterData, approved: frozenset[str]
) -> Entry | Skip | list[Problem]:
    """Decide what a record becomes. The list is never empty and holds all problems, in the record's order.

    `approved`: the record types a person has approved on this connection, besides `posting.approved_types`.
    The record's review status is not looked at.
    """
    found = Findings()
    treatment = treatment_of(record.type)
    if treatment is None:
        found.at(RECORD).problem("TREATMENT-UNKNOWN", type=label(record.type))
        _posting_day(record, LegalEntity(posting.legal_entity, posting), found)
        return found.problems()
    if worth_nothing(record):
        return Skip(Problem("SKIPPED-ZERO").sentence)
    if not may_post(record.type, treatment, posting.approved_types, approved):
        found.at(RECORD).problem("TREATMENT-UNCONFIRMED", type=record.type)

    booked = booked_lines(record, treatment, found)
    attributes = codings.of_record(record, mappings)
    own = [codings.of_line(line.line, mappings) for line in booked]
    entity = choose_entity(_voters(record, booked, own, mappings), attributes, posting, found)
    day = _posting_day(record, entity or LegalEntity(posting.legal_entity, posting), found)
    books = open_books(master, mappings, entity, day)
    coded = [
        resolve(line_codings, attributes, books, found.at(line.place))
        for line, line_codings in zip(booked, own, strict=True)
    ]
    roles = _roles(record, treatment, coded, books, found)
    problems = found.problems()
    if problems or entity is None:
        return problems
    return Entry(
        record_id=record.id,
        record_type=record.type,
        legal_entity=entity.id,
        journal_name=entity.journal_name,
        date=day,
        currency=record.amount.currency,
        lines=_lines(record, posting.text, booked, coded, roles),
        notes=found.notes(),
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
    record: Record, booked: Sequence[Booked], own: Sequence[Sequence[Coding]], mappings: Mappings
) -> list[tuple[Place, Sequence[Coding]]]:
    """Who has a say in the legal entity: each coded line, or else the record with what its lines carry."""
    if booked:
        return [(line.place, line_codings) for line, line_codings in zip(booked, own, strict=True)]
    return [(RECORD, [coding for line in record.lines for coding in codings.of_line(line, mappings)])]


def _roles(
    record: Record, treatment: Treatment, coded: Sequence[Resolved], books: Books, found: Findings
) -> dict[str, Resolved]:
    """The account roles of the treatment, by the side they stand on."""
    currency = record.amount.currency
    sides = ((DEBIT, treatment.debit), (CREDIT, treatment.credit))
    return {
        direction: role_account(side, currency, coded, books, found) for direction, side in sides if side != "coded"
    }


def _lines(
    record: Record,
    template: str,
    booked: Sequence[Booked],
    coded: Sequence[Resolved],
    roles: dict[str, Resolved],
) -> tuple[EntryLine, ...]:
    """Called without problems only: then every account is there and the amounts add up."""
    worth, text = exact(record.amount) or Decimal(0), line_text(template, record)
    parts = [
        Part(
            account=resolved.account,
            direction=line.line.direction,
            amount=line.amount,
            text=line_text(template, record, line.line.memo),
            why=resolved.why,
        )
        for line, resolved in zip(booked, coded, strict=True)
        if resolved.account
    ]
    parts += [
        Part(account=role.account, direction=direction, amount=abs(worth), text=text, why=role.why)
        for direction, role in roles.items()
        if role.account
    ]
    return one_line(*parts) if len(parts) == 2 else separate_lines(parts)
