"""Learning how this F&O environment behaves, where it is not documented, by trying it in a journal of its own.

Everything is written on one account, a cent on either side, and never posted by us. The journal stays for a person to
delete, as the connector deletes no header. Nothing of it is an entry: its references are of a kind of their own.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from connector.d365.batch import BatchAnswer
from connector.d365.client import D365Client
from connector.d365.errors import D365Error, NoAnswer, NotSent, Throttled, Unauthorized
from connector.d365.wire import journal_lines
from connector.domain.entry import Account, Entry, EntryLine
from connector.domain.reference import probe_reference
from connector.mapping.books import Books, open_books
from connector.mapping.entities import LegalEntity
from connector.mapping.findings import Findings, role_place
from connector.mapping.roles import set_account
from connector.pipeline import refresh
from connector.pipeline.map import rules_of
from connector.pipeline.runtime import Runtime, posting
from connector.store import connections, facts
from connector.store.connections import Connection

log = structlog.get_logger()
REQUEST_SECONDS: Final = 60.0
CENT: Final = Decimal("0.01")
# What F&O may fill in by itself; an entry sends "" in all of them.
FILLED_IN: Final = (
    "OffsetAccountDisplayValue",
    "SalesTaxGroup",
    "ItemSalesTaxGroup",
    "SalesTaxCode",
    "DefaultDimensionDisplayValue",
    "OffsetDefaultDimensionDisplayValue",
)
# A currency no environment has: a line with it is surely refused.
NO_CURRENCY: Final = "~?~"
_LINE_NUMBERS: Final = (901, 902)
_FATAL: Final = (NotSent, Throttled, Unauthorized)

Row = dict[str, Any]


class NotPossible(Exception):
    """Nothing was written; `str()` says what is missing."""


@dataclass
class Learned:
    """`answers` by fact; `unknown`: facts that stayed open, and why. `journal` is left for a person to delete."""

    company: str
    journal: str
    description: str
    answers: dict[str, Any] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


def run(runtime: Runtime, connection: Connection, now: datetime) -> Learned:
    """Try everything and keep the answers. Raises `NotPossible`, and the F&O client's errors.

    `now` is aware. A fact that could not be learned leaves an older answer to it as it was.
    """
    if connection.refreshed_at is None:
        refresh.run(runtime, connection)
        with runtime.database.begin() as tx:
            connection = connections.by_id(tx, connection.id) or connection
    settings = posting(connection)
    entity = LegalEntity(settings.legal_entity, settings)
    today = now.astimezone(ZoneInfo(entity.time_zone)).date()
    known = rules_of(runtime.database, connection)
    books = open_books(known.master, known.mappings, entity, today)
    account, currency = _account(books, entity)
    client = runtime.clients(connection).d365
    description = f"connector probe {today} {_reference()}"
    number = _journal(client, entity, description)
    learned = Learned(entity.id, number, description)
    log.info("probing", connection=connection.name, journal=learned.journal, description=description)
    bench = _Bench(client, learned, account, currency, books)
    for names, experiment in _EXPERIMENTS:
        try:
            learned.answers |= experiment(bench)
        except D365Error as error:
            if isinstance(error, _FATAL):
                _keep(runtime, connection, learned)
                raise
            learned.unknown |= dict.fromkeys(names, str(error))
        except _Open as reason:
            learned.unknown |= dict.fromkeys(names, str(reason))
    _keep(runtime, connection, learned)
    return learned


def _journal(client: D365Client, entity: LegalEntity, description: str) -> str:
    """The number of a new journal. After a lost answer a person is told what to look for."""
    try:
        header = client.create_header(entity.id, entity.journal_name, description, REQUEST_SECONDS)
    except NoAnswer as error:
        sentence = f'{error}; an empty journal "{description}" may be there'
        raise NoAnswer(sentence, status=error.status, activity_id=error.activity_id) from None
    return str(header["JournalBatchNumber"])


def _keep(runtime: Runtime, connection: Connection, learned: Learned) -> None:
    place = {"company": learned.company, "journal": learned.journal, "description": learned.description}
    with runtime.database.begin() as tx:
        facts.learn(tx, connection.id, learned.answers | {"probed_in": place})


def _account(books: Books, entity: LegalEntity) -> tuple[Account, str]:
    """Any Ledger account of the account roles will do: each entry debits and credits the same one."""
    currency = books.ledger.currency if books.ledger else ""
    if not currency:
        raise NotPossible(f"the ledger of {entity.id} is not known: run `connector refresh`, or see `connector ping`")
    told: list[str] = []
    for role in entity.posting.accounts:
        setting, found = entity.role(role, currency), Findings()
        if setting is None or setting.type != "Ledger" or not setting.account:
            continue
        account = set_account(setting, setting.account, f"account role {role}", (), books, found.at(role_place(role)))
        if account.account and not found.problems():
            return account.account, currency
        told += [str(problem.sentence) for problem in found.problems()]
    raise NotPossible("; ".join(told) or "posting.accounts has no account role of type Ledger to try with")


class _Open(Exception):
    """F&O's answer leaves the question open."""


@dataclass(frozen=True, slots=True)
class _Bench:
    client: D365Client
    learned: Learned
    account: Account
    currency: str
    books: Books

    def lines(self, *amounts: Decimal) -> list[Row]:
        """The lines of one entry as they would be posted: positive amounts are debits, under a new reference."""
        lines = tuple(
            EntryLine(self.account, max(amount, Decimal(0)), max(-amount, Decimal(0)), "connector probe")
            for amount in amounts
        )
        entity = self.books.entity
        assert entity is not None  # noqa: S101 - `run` opened the books of one
        entry = Entry("", "", entity.id, entity.journal_name, self.books.day, self.currency, lines)
        number = {"JournalBatchNumber": self.learned.journal}
        return [{**line, **number} for line in journal_lines(entry, _reference())]

    def pair(self) -> list[Row]:
        return self.lines(CENT, -CENT)

    def send(self, *changesets: list[Row]) -> BatchAnswer:
        return self.client.send(changesets, seconds=REQUEST_SECONDS)

    def rows(self, answer: BatchAnswer, changeset: Sequence[Row]) -> list[Row]:
        """What F&O made of a changeset. Raises `_Open` where it does not show that."""
        for part in answer.parts:
            if part.rows and part.rows[0].get("Document") == changeset[0]["Document"]:
                return list(part.rows)
        errors = [part.error.message for part in answer.parts if part.error]
        raise _Open(errors[0] if errors else "F&O's answer does not show what became of the lines")


def _vouchers(bench: _Bench) -> dict[str, Any]:
    """Two entries of three lines without offset, the balancing one last, as a split is posted."""
    first, second = (bench.lines(CENT, CENT, -2 * CENT) for _ in range(2))
    answer = bench.send(first, second)
    made = [{str(row.get("Voucher")) for row in bench.rows(answer, entry)} for entry in (first, second)]
    whole = all(len(vouchers) == 1 for vouchers in made)
    result = ("shared" if made[0] == made[1] else "one") if whole else "split"
    sent_empty = {**_filled(bench.rows(answer, first)), **_filled(bench.rows(answer, second))}
    return {"vouchers_per_entry": result, "filled_when_sent_empty": sent_empty}


def _left_out(bench: _Bench) -> dict[str, Any]:
    pair = [{key: value for key, value in row.items() if key not in FILLED_IN} for row in bench.pair()]
    return {"filled_when_left_out": _filled(bench.rows(bench.send(pair), pair))}


def _filled(rows: Sequence[Row]) -> dict[str, str]:
    return {key: str(row[key]) for row in rows for key in FILLED_IN if row.get(key)}


def _line_number(bench: _Bench) -> dict[str, Any]:
    """Only where the same lines are taken without a number does a refusal say anything about the number."""
    control = bench.pair()
    bench.rows(bench.send(control), control)
    pair = [{**row, "LineNumber": number} for row, number in zip(bench.pair(), _LINE_NUMBERS, strict=True)]
    answer = bench.send(pair)
    if any(part.error is not None and part.error.clear for part in answer.parts):
        return {"line_number": "refused"}
    numbers = {Decimal(str(row.get("LineNumber"))) for row in bench.rows(answer, pair)}
    return {"line_number": "kept" if numbers == set(map(Decimal, _LINE_NUMBERS)) else "ignored"}


def _after_failure(bench: _Bench) -> dict[str, Any]:
    """A good entry, one that must be refused, and a good one: does the last one stand in the journal?"""
    good, last = bench.pair(), bench.pair()
    bad = [{**row, "CurrencyCode": NO_CURRENCY} for row in bench.pair()]
    bench.send(good, bad, last)
    lines = bench.client.lines_of_journal(bench.learned.company, bench.learned.journal)
    there = {str(row.get("Document")) for row in lines}
    if good[0]["Document"] not in there:
        raise _Open("F&O did not take the good entry before the one that was meant to fail")
    if bad[0]["Document"] in there:
        raise _Open("F&O took the entry that was meant to fail")
    return {"batch_after_failure": "continues" if last[0]["Document"] in there else "stops"}


# The facts each experiment answers, in the order in which they are tried.
_EXPERIMENTS: Final[tuple[tuple[tuple[str, ...], Callable[[_Bench], dict[str, Any]]], ...]] = (
    (("vouchers_per_entry", "filled_when_sent_empty"), _vouchers),
    (("filled_when_left_out",), _left_out),
    (("line_number",), _line_number),
    (("batch_after_failure",), _after_failure),
)


def _reference() -> str:
    return probe_reference(secrets.token_bytes(9))
