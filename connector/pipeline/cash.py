"""The cash accounts at Brex beside a card statement: is what was paid to the card what left the cash accounts?

Fact: a payment to the card is a CARD_COLLECTION of a cash account; its sign is not documented, and an amount may be
null. A card that is paid from a bank elsewhere shows nothing here.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connector.brex.errors import Unauthorized
from connector.domain.money import Money, digits
from connector.pipeline.card_view import View
from connector.pipeline.joined import JoinedSource
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection

COLLECTION: Final = "CARD_COLLECTION"


def notes(runtime: Runtime, connection: Connection, found: View) -> list[str]:
    """What the cash accounts say of the statement's payments, in a sentence. Raises `Stop` and Brex's errors."""
    client = runtime.clients(connection).brex
    if found.payments is None or not isinstance(client, JoinedSource):
        return []
    first, last = found.statement.first, found.statement.last
    with runtime.calling(connection, "brex"):
        try:
            paid = [one for account in client.reader.cash_accounts()
                    for page in client.reader.cash_transactions(str(account.get("id")), first)
                    for one in _payments(page, first, last)]  # fmt: skip
        except Unauthorized:  # asked for by this view alone
            lacking = "the token lacks accounts.cash.readonly or transactions.cash.readonly"
            return [f"Payments are not compared with the cash accounts: {lacking}."]
    total = sum((one.amount for one in paid if one.currency == found.currency), Decimal(0))
    own, theirs = Money(found.payments, found.currency), Money(total, found.currency)
    if not paid and found.payments:
        return [f"No cash account at Brex paid the card in these days; the statement has payments of {own}."]
    if total == found.payments:
        return [f"The cash accounts at Brex paid {theirs} to the card in these days, as the statement has it."]
    return [f"The cash accounts at Brex paid {theirs} to the card in these days; the statement has {own}."]


def _payments(page: list[dict[str, Any]], first: date, last: date) -> Iterator[Money]:
    for one in page:
        shown = one.get("amount")
        money = shown if isinstance(shown, dict) else {}
        amount = money.get("amount")
        try:
            day = date.fromisoformat(str(one.get("posted_at_date"))[:10])
        except ValueError:
            continue
        if one.get("type") == COLLECTION and isinstance(amount, int) and first <= day <= last:
            currency = str(money.get("currency") or "USD").upper()
            yield Money(abs(Decimal(amount)).scaleb(-digits(currency)), currency)
