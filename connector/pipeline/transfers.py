"""Transfers to bill-pay vendors: asked for by one person, approved by another, within the day's limit, sent once.

Off unless the connection has settings and a token for it. Nothing here happens by itself: people ask, approve, and go
on with what was not answered. A repetition is the same bytes under the same key.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import structlog

from connector.brex.errors import BrexError, NoAnswer, NotSent, Refused, Throttled, Unauthorized
from connector.brex.transfers import LONGEST_MEMO, Transfer, Transfers, body_of
from connector.brex.v1 import V1
from connector.domain import jsonio
from connector.domain.connection import TransferSettings
from connector.domain.money import Money, fits, quantized
from connector.domain.reference import LENGTH, reference
from connector.pipeline.alignment import brex
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store import transfers as store
from connector.store.connections import Connection
from connector.store.transfers import TransferRow

log = structlog.get_logger()

SECRET: Final = "brex.transfers_token"  # noqa: S105 - the secret's name
TURN_SECONDS: Final = 240.0
CALL_SECONDS: Final = 60.0
# How long Brex remembers a key is not documented: after a day nothing is sent again under it.
KEY_SECONDS: Final = 86_400.0
MEMO: Final = LONGEST_MEMO - LENGTH - 1


class NotPossible(Exception):
    """It is refused, and nothing was stored or sent; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`instrument`: of the vendor, as Brex names it. The amount is in major units."""

    vendor: str
    instrument: str
    money: Money
    memo: str


def settings_of(connection: Connection) -> TransferSettings:
    """Raises `NotPossible` where transfers are off."""
    found = connection.settings["brex"].get("transfers")
    if found is None:
        raise NotPossible(f"transfers are off for {connection.name}: set brex.transfers and brex.transfers_token")
    return TransferSettings.model_validate(found)


def instrument_of(runtime: Runtime, connection: Connection, vendor_id: str, asked: str) -> str:
    """The vendor's payment instrument; the one asked for, or its only one. Raises `NotPossible`."""
    with brex.calling(runtime, connection, "vendors.readonly"):
        found = brex.client(runtime, connection).instruments(vendor_id)
    if asked and asked not in found:
        raise NotPossible(f"the vendor has no payment instrument {asked}; it has: {_listed(found)}")
    if not asked and len(found) != 1:
        raise NotPossible(f"say with --instrument how to pay; the vendor has: {_listed(found)}")
    return asked or next(iter(found))


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{one} ({kind})" for one, kind in found.items()) or "none"


def request(runtime: Runtime, connection: Connection, wish: Wish, actor: str) -> TransferRow:
    """Store what is asked for, with the very bytes that would be sent. Nothing is sent. Raises `NotPossible`."""
    settings = settings_of(connection)
    _check(settings, wish)
    asked = jsonio.digest([
        settings.account_id, wish.vendor, wish.instrument, str(quantized(wish.money)), wish.money.currency, wish.memo
    ])  # fmt: skip
    with runtime.database.begin() as tx:
        times = store.before(tx, connection.id, asked)
        mark = reference(f"{connection.name}/{asked}", times, "transfer")
        memo = f"{wish.memo} {mark}".strip()
        body = body_of(settings.account_id, wish.instrument, wish.money, memo, f"{wish.memo or 'Transfer'} {mark}")
        row = {
            "reference": mark, "key": str(uuid5(NAMESPACE_URL, f"transfer/{mark}/{jsonio.digest(body)}")), "body": body,
            "vendor": wish.vendor, "amount": wish.money.amount, "currency": wish.money.currency, "memo": wish.memo,
            "request_hash": asked, "requested_by": actor,
        }  # fmt: skip
        if not store.request(tx, connection.id, row):
            raise NotPossible("the same was asked for already and is not settled; see `connector transfers list`")
        store.tell(tx, connection.id, mark, actor, f"asked for {wish.money} to {wish.vendor}", jsonio.digest(body))
    return _row(runtime, connection, mark)


def _check(settings: TransferSettings, wish: Wish) -> None:
    money = wish.money
    if not money.amount.is_finite() or money.amount <= 0 or not fits(money):
        raise NotPossible(f"{money.amount} is no amount of {money.currency} that can be paid")
    limit = settings.daily_limits.get(money.currency)
    if limit is None:
        raise NotPossible(f"brex.transfers.daily_limits has none for {money.currency}")
    if money.amount > limit:
        raise NotPossible(f"{money} is more than the daily limit of {Money(limit, money.currency)}")
    if len(wish.memo) > MEMO or not (wish.memo.isascii() and wish.memo.isprintable()):
        raise NotPossible(f"the memo may have {MEMO} ASCII characters; ours makes it the {LONGEST_MEMO} of a cheque")


def approve(runtime: Runtime, connection: Connection, mark: str, actor: str) -> TransferRow:
    """A second person's word: the limit is taken and the word stored in one transaction, and then it is sent.

    Where it is approved already, it only goes on. Raises `NotPossible`, and `brex.errors` for what stops the sending.
    """
    settings = settings_of(connection)
    row = _row(runtime, connection, mark)
    if row.state == "requested":
        limit = settings.daily_limits.get(row.currency, Decimal(0))
        with runtime.database.begin() as tx:
            if row.requested_by == actor or not store.approve(tx, connection.id, row.id, actor):
                raise NotPossible("it takes another person than the one who asked, and only once")
            if not store.take(tx, connection.id, row.currency, row.amount, limit):
                raise NotPossible(
                    f"with it, today's transfers would be more than {Money(limit, row.currency)}; nothing was approved"
                )
            store.tell(tx, connection.id, mark, actor, "approved", jsonio.digest(row.body))
    return go_on(runtime, connection, mark, actor)


def go_on(runtime: Runtime, connection: Connection, mark: str, actor: str) -> TransferRow:
    """Send what is approved, or find out what became of it. Where somebody is at it, it is left alone."""
    row, worker = _row(runtime, connection, mark), uuid4().hex
    with runtime.database.begin() as tx:
        mine = store.claim(tx, connection.id, row.id, worker, TURN_SECONDS)
    if mine:
        try:
            _Turn(runtime, connection, worker, actor, client(runtime, connection)).work(_row(runtime, connection, mark))
        finally:
            with runtime.database.begin() as tx:
                store.release(tx, connection.id, row.id, worker)
    return _row(runtime, connection, mark)


def client(runtime: Runtime, connection: Connection) -> Transfers:
    """With the token that is for this alone. Raises `NotPossible` where there is none."""
    urls = connection.settings["brex"]
    with runtime.database.begin() as tx:
        token = connections.secrets(tx, runtime.vault, connection.id).get(SECRET)
    if not token:
        raise NotPossible("brex.transfers_token is not stored")
    hosts = {"v1_base_url": urls["v1_base_url"], "base_url": urls["base_url"]}
    return Transfers(V1(runtime.outbound, token=token, **hosts))


def _row(runtime: Runtime, connection: Connection, mark: str) -> TransferRow:
    with runtime.database.begin() as tx:
        found = store.one(tx, connection.id, mark)
    if found is None:
        raise NotPossible(f"there is no transfer {mark}")
    return found


@dataclass(frozen=True, slots=True)
class _Turn:
    runtime: Runtime
    connection: Connection
    worker: str
    actor: str
    transfers: Transfers

    def work(self, row: TransferRow) -> None:
        # Also before the first sending: it asks which host answers, and finds what a lost database has sent.
        if self._found(row, self.transfers.marked(row.reference)):
            return
        with self.runtime.database.begin() as tx:
            if row.attempts and not store.young(tx, self.connection.id, row.id, KEY_SECONDS):
                told = "Brex does not show it, and may no longer know its key: look there, and ask anew if need be"
                store.note(tx, self.connection.id, row.id, told, held=True)
                return
            if not store.sending(tx, self.connection.id, row.id, self.worker, CALL_SECONDS):
                return
            store.tell(tx, self.connection.id, row.reference, self.actor, "sent", jsonio.digest(row.body))
        self._send(row)

    def _send(self, row: TransferRow) -> None:
        try:
            made = self.transfers.create(row.body.encode(), row.key)
        except NoAnswer as error:
            with self.runtime.database.begin() as tx:
                store.note(tx, self.connection.id, row.id, str(error))
        except (NotSent, Throttled, Unauthorized):  # turned away before anything was done
            with self.runtime.database.begin() as tx:
                store.unsent(tx, self.connection.id, row.id)
            raise
        except Refused as error:
            self._refused(row, error)
        else:
            self._settled(row, "written", "created", made)

    def _found(self, row: TransferRow, standing: list[Transfer]) -> bool:
        if len(standing) > 1:
            with self.runtime.database.begin() as tx:
                store.note(tx, self.connection.id, row.id, f"Brex shows it {len(standing)} times", held=True)
        elif standing:
            self._settled(row, "written", "found in Brex when it was looked for", standing[0])
        return bool(standing)

    def _refused(self, row: TransferRow, error: BrexError) -> None:
        """Where it was sent before, a refusal of the second does not say what became of the first: look, and hold."""
        if not row.attempts:
            self._settled(row, "refused", str(error), None)
        elif not self._found(row, self.transfers.marked(row.reference)):
            with self.runtime.database.begin() as tx:
                store.note(tx, self.connection.id, row.id, str(error), held=True)

    def _settled(self, row: TransferRow, state: str, why: str, made: Transfer | None) -> None:
        with self.runtime.database.begin() as tx:
            brex_id, status = (made.id, made.status) if made else ("", "")
            if not store.settle(tx, self.connection.id, row.id, state, why, brex_id, status):
                return
            if state == "refused":
                store.give_back(tx, self.connection.id, row)
            told = f"{state}: {why}" + (f" ({brex_id}, {status})" if brex_id else "")
            store.tell(tx, self.connection.id, row.reference, self.actor, told, jsonio.digest(row.body))
        log.info("transfer", connection=self.connection.name, reference=row.reference, state=state, brex_id=brex_id)
