"""A card statement against the ledger: opening + activity − payments = closing, and what of that stands in F&O.

F&O offers no balance of an account to read, so what is compared is the movement: what the statement's records did to
the card liability account in our lines, and of those that are not written yet, what they are going to do to it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from connector.brex.card import Card, Statement, Transaction
from connector.brex.errors import Unauthorized
from connector.domain import record
from connector.domain.connection import Posting
from connector.domain.master import MAIN_ACCOUNT, MasterData
from connector.domain.money import Money
from connector.domain.stages import Stage
from connector.domain.writes import JOURNALS
from connector.mapping.dimensions import parse
from connector.mapping.entities import LegalEntity
from connector.pipeline import cash
from connector.pipeline.balance import Row
from connector.pipeline.card_view import Spent, View, view
from connector.pipeline.compare import NOT_EXPORTED, NOT_KNOWN, PART
from connector.pipeline.map import rules_of
from connector.pipeline.pages import from_day, pages
from connector.pipeline.poll import BEFORE_START
from connector.pipeline.reconcile import worths
from connector.pipeline.runtime import Runtime, posting
from connector.pipeline.source import is_transactions
from connector.store import connections, linked, reconciling
from connector.store.connections import Connection

# What a record does to what is owed. Others do nothing to it: a bill paid by card is a card expense, too.
_EFFECT: Final = {
    "CARD_EXPENSE_POST": 1,
    "BNPL_FEE": 1,
    "CHARGEBACK": -1,
    "CARD_EXPENSE_REFUND": -1,
    "CARD_PAYMENT": -1,
    "CARD_PAYMENT_REFUND": 1,
    "REWARD_REDEMPTION": -1,
}
_MARGIN = timedelta(days=45)


class NoStatement(Exception):
    """There is nothing to compare; the message is a sentence."""


def run(runtime: Runtime, connection: Connection, of: date | None) -> View:
    """The newest finalised statement, or the one that has this day. Raises `NoStatement` and both clients' errors."""
    settings = posting(connection)
    card = _card(runtime, connection)
    statement = _choose(runtime, connection, card, of)
    transactions, note = _transactions(runtime, connection, card, statement)
    items = _records(runtime, connection, statement)
    notes = [note] if note else []
    found = view(statement, transactions, _spent(runtime, connection, settings, statement, items), notes)
    if is_transactions(connection):
        found.notes += cash.notes(runtime, connection, found)
    return found


# Brex


def _card(runtime: Runtime, connection: Connection) -> Card:
    with runtime.database.begin() as tx:
        token = connections.secrets(tx, runtime.vault, connection.id)["brex.token"]
    return Card(runtime.outbound, token=token, base_url=connection.settings["brex"]["base_url"])


def _choose(runtime: Runtime, connection: Connection, card: Card, of: date | None) -> Statement:
    with runtime.calling(connection, "brex"):
        try:
            statements = card.statements()
        except Unauthorized as error:  # asked for by this view alone: no reason to pause the connection
            raise NoStatement(
                f"Brex does not show the statements ({error}). Give the token the scope statements.card.readonly; "
                "nothing else needs it."
            ) from error
    if not statements:
        raise NoStatement("Brex has no finalised statement of the primary card account yet.")
    chosen = [one for one in statements if of is None or one.first <= of <= one.last]
    if not chosen:
        known = f"from {statements[-1].first} to {statements[0].last}"
        raise NoStatement(f"No finalised statement has the day {of}; there are statements {known}.")
    return chosen[0]


def _transactions(
    runtime: Runtime, connection: Connection, card: Card, statement: Statement
) -> tuple[list[Transaction] | None, str]:
    with runtime.calling(connection, "brex"):
        try:
            return list(card.transactions(statement.first)), ""
        except Unauthorized:
            told = "Activity and payments are not told apart: the token lacks the scope transactions.card.readonly."
            return None, told


def _records(runtime: Runtime, connection: Connection, statement: Statement) -> dict[str, dict[str, Any]]:
    """Card records whose source was posted in the statement's days, UTC. An explicit wide `updated_at`."""
    found = {}
    for _, page in pages(runtime, connection, ("CARD",), None, from_day(statement.first) - BEFORE_START):
        for item in page:
            day = _posted(item)
            if day is not None and statement.first <= day <= statement.last and item.get("type") in _EFFECT:
                found[str(item.get("id"))] = item
    return found


def _posted(item: Mapping[str, Any]) -> date | None:
    try:
        moment = datetime.fromisoformat(str(item.get("posted_at")))
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).date()
    except (ValueError, OverflowError):
        return None


# Our records and F&O's lines


def _spent(
    runtime: Runtime,
    connection: Connection,
    settings: Posting,
    statement: Statement,
    items: Mapping[str, Mapping[str, Any]],
) -> list[Spent]:
    with runtime.database.begin() as tx:
        rows = reconciling.records(tx, connection.id, date.max, date.min, sorted(items))
        seconds = linked.seconds(tx, [row.id for row in rows])  # a card may be owed by the second entry
        writes = reconciling.writes(tx, connection.id, [*(row.id for row in rows), *seconds])
    references: dict[int, set[str]] = defaultdict(set)
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in writes:
        references[seconds.get(one.record_pk, one.record_pk)].add(one.reference)
        if one.form in JOURNALS:
            places[one.legal_entity, one.form].add(one.reference)
    client = runtime.clients(connection).d365
    lines: dict[str, list[Row]] = defaultdict(list)
    with runtime.calling(connection, "d365"):
        for (company, form), named in sorted(places.items()):
            first, last = statement.first - _MARGIN, statement.last + _MARGIN
            for line in client.lines_by_document(company, sorted(named), first=first, last=last, form=form):
                lines[str(line["Document"])].append(line)
    master = rules_of(runtime.database, connection).master
    ours = {row.record_id: row for row in rows}
    found = []
    for record_id, item in items.items():
        row = ours.get(record_id)
        own = [line for named in sorted(references[row.id]) for line in lines.get(named, [])] if row else []
        found.append(
            Spent(record_id, _part(row, item), _effect(item, statement), bool(own), moved(own, settings, master))
        )
    return found


def _part(row: Any, item: Mapping[str, Any]) -> str:
    if row is not None:
        return PART[Stage(row.stage)]
    status = str(item.get("review_status"))
    return f"{NOT_KNOWN if status in (record.READY, record.EXPORTED, record.SETTLED) else NOT_EXPORTED}, {status}"


def _effect(item: Mapping[str, Any], statement: Statement) -> Money:
    """By what the card was charged: the record's own amount; else what it is worth in the statement's currency."""
    money = statement.closing or statement.opening
    try:
        read = record.parse(item)
        found = [Money(abs(read.amount.amount), read.amount.currency), *worths(read)]
    except record.Unreadable:
        found = [Money(Decimal(0), "")]
    alike = [one for one in found if money is not None and one.currency == money.currency]
    worth = (alike or found)[0]
    return Money(worth.amount * _EFFECT[str(item["type"])], worth.currency)


def moved(lines: Sequence[Row], settings: Posting, master: MasterData) -> dict[str, Decimal]:
    """Credits less debits of the card liability account in these lines, by currency. Pure."""
    found: dict[str, Decimal] = {}
    for line in lines:
        currency = str(line["CurrencyCode"])
        role = LegalEntity(str(line["dataAreaId"]).lower(), settings).role("card_liability", currency)
        credit = Decimal(line["CreditAmount"]) - Decimal(line["DebitAmount"])
        sides = (("", credit), ("Offset", -credit))
        for side, amount in sides:
            account = _account(line, side, master)
            if role is not None and account == (role.type, role.account):
                found[currency] = found.get(currency, Decimal(0)) + amount
        found.setdefault(currency, Decimal(0))
    return found


def _account(line: Row, side: str, master: MasterData) -> tuple[str, str]:
    """Kind and number of one side's account; of a Ledger account the main account alone."""
    kind, text = str(line.get(f"{side}AccountType")), str(line.get(f"{side}AccountDisplayValue") or "")
    segments = parse(text, master.delimiter)
    names = [name.casefold() for name in master.ledger_format or (MAIN_ACCOUNT,)]
    place = names.index(MAIN_ACCOUNT.casefold()) if kind == "Ledger" and MAIN_ACCOUNT.casefold() in names else 0
    return kind, segments[place] if place < len(segments) else ""
