"""Creating a vendor on one side: intended, looked for, sent, and settled by what is really there."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import uuid4

import structlog

from connector.brex import errors as brex_errors
from connector.d365 import errors as d365_errors
from connector.domain import jsonio
from connector.domain.reference import reference
from connector.pipeline import sets, vendors
from connector.pipeline.alignment import brex, d365
from connector.pipeline.alignment.judging import Made, Standing, Step, judge
from connector.pipeline.runtime import Runtime, Stop, posting
from connector.store import brex_vendors, master, records, vendor_writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.vendor_writes import VendorWrite
from connector.vendors.book import key_of

log = structlog.get_logger()

# Longer than a look and a call together may take.
TURN_SECONDS: Final = 300.0
CALL_SECONDS: Final = 90.0
_NO_ANSWER: Final = (brex_errors.NoAnswer, d365_errors.NoAnswer)
_REFUSED: Final = (brex_errors.Refused, d365_errors.Refused)


class NotPossible(Exception):
    """It cannot even be asked for; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`side`: where, d365 or brex. `merchant`: as the other side has it; `name`: of the vendor to be. `account`: what
    the vendor has in F&O already, where it is to be created in Brex."""

    side: str
    legal_entity: str
    merchant: str
    name: str
    email: str = ""
    account: str = ""


class Side(Protocol):
    name: str
    idempotent: bool

    def look(self, write: VendorWrite) -> Standing: ...

    def there(self, write: VendorWrite) -> bool: ...

    def calling(self) -> AbstractContextManager[None]: ...

    def send(self, write: VendorWrite) -> Made: ...


def create(runtime: Runtime, connection: Connection, wish: Wish, actor: str) -> VendorWrite:
    """Create a vendor, or go on with creating it; as it stands then. One that was created before and that somebody
    deleted since is created again. Raises `NotPossible`, `brex.NotAllowed`, `Stop` and the clients' errors of reading.
    """
    intent = _intent(connection, wish)
    write = _intended(runtime, connection, wish, intent, actor)
    if write.outcome == "written":
        side = side_of(runtime, connection, write.side)
        if side.there(write):
            return write
        with runtime.database.begin() as tx:
            vendor_writes.gone(tx, connection.id, write.id, f"it was created, and is not in {side.name} any more")
        write = _intended(runtime, connection, wish, intent, actor)
    return go_on(runtime, connection, write.id)


def _intended(
    runtime: Runtime, connection: Connection, wish: Wish, intent: dict[str, str], actor: str
) -> VendorWrite:  # fmt: skip
    with runtime.database.begin() as tx:
        times = vendor_writes.before(tx, connection.id, wish.side, wish.legal_entity, intent["subject"])
        return vendor_writes.intend(tx, connection.id, _filled(connection, wish, intent, times, actor))


def go_on(runtime: Runtime, connection: Connection, write_id: int) -> VendorWrite:
    """Take a write as far as it goes now. Where another worker is at it, it is left alone."""
    worker = uuid4().hex
    with runtime.database.begin() as tx:
        mine = vendor_writes.claim(tx, connection.id, write_id, worker, TURN_SECONDS)
        write = vendor_writes.one(tx, connection.id, write_id)
    if not mine:
        return write
    try:
        _Turn(runtime, connection, worker, side_of(runtime, connection, write.side)).work(write)
    finally:
        with runtime.database.begin() as tx:
            vendor_writes.release(tx, connection.id, write_id, worker)
    with runtime.database.begin() as tx:
        write = vendor_writes.one(tx, connection.id, write_id)
    log.info("vendor created" if write.outcome == "written" else "vendor not created", connection=connection.name,
             side=write.side, outcome=write.outcome, account=write.account, reason=write.evidence)  # fmt: skip
    return write


def side_of(runtime: Runtime, connection: Connection, side: str) -> Side:
    return d365.D365Side(runtime, connection) if side == "d365" else brex.BrexSide(runtime, connection)


@dataclass(frozen=True, slots=True)
class _Turn:
    runtime: Runtime
    connection: Connection
    worker: str
    side: Side

    def work(self, write: VendorWrite) -> None:
        step, why = self._judged(write, self._look(write))
        if step is not Step.SEND or not self._sending(write):
            return
        try:
            with self.side.calling():
                made = self.side.send(write)
        except _NO_ANSWER as error:
            with self.runtime.database.begin() as tx:
                vendor_writes.no_answer(tx, self.connection.id, write.id, str(error))
        except _REFUSED as error:
            self._refused(write, str(error))
        except (Stop, brex.NotAllowed):  # turned away before anything was done
            with self.runtime.database.begin() as tx:
                vendor_writes.unsent(tx, self.connection.id, write.id)
            raise
        else:
            self._written(write, made, f"{why}; created")

    def _look(self, write: VendorWrite) -> Standing:
        return self.side.look(write)

    def _judged(self, write: VendorWrite, standing: Standing) -> tuple[Step, str]:
        """The next step; whatever is not sending is done here."""
        step, why = judge(standing, sent=write.sent, idempotent=self.side.idempotent)
        if step is Step.WRITTEN:
            self._written(write, standing.ours[0], why)
        with self.runtime.database.begin() as tx:
            if step is Step.REFUSE:
                vendor_writes.settle(tx, self.connection.id, write.id, "refused", why)
            elif step is Step.HOLD:
                vendor_writes.uncertain(tx, self.connection.id, write.id, why, held=True)
            elif step is Step.WAIT and vendor_writes.absent(
                tx, self.connection.id, write.id, self.runtime.quiet_seconds
            ):
                return Step.SEND, "twice not there after a quiet time, so it never was"
        return step, why

    def _sending(self, write: VendorWrite) -> bool:
        with self.runtime.database.begin() as tx:
            return vendor_writes.sending(tx, self.connection.id, write.id, self.worker, CALL_SECONDS)

    def _refused(self, write: VendorWrite, said: str) -> None:
        """Where it was sent before, the refusal may be of a twin of ours: look, and believe what stands there."""
        standing = self._look(write) if write.sent else Standing()
        if standing.ours or standing.others:
            self._judged(write, standing)
            return
        with self.runtime.database.begin() as tx:
            vendor_writes.settle(tx, self.connection.id, write.id, "refused", said)

    def _written(self, write: VendorWrite, made: Made, why: str) -> None:
        """It stands there. From now on the merchant is this vendor, and both sides are known to have it."""
        with self.runtime.database.begin() as tx:
            if vendor_writes.settle(tx, self.connection.id, write.id, "written", why, made.id):
                self._known(tx, write, made)

    def _known(self, tx: Tx, write: VendorWrite, made: Made) -> None:
        merchant, account, name = write.merchant, made.id, made.name
        if write.side == "d365":
            one = sets.SETS[d365.SET]
            row = {column: made.row.get(column) for column in one.all}
            known = {jsonio.dumps([row[column] for column in one.key]): row}
            if d365.SET in master.known(tx, self.connection.id):
                master.put(tx, self.connection.id, d365.SET, known, reading=self.worker, started=records.now(tx))
        else:
            email = jsonio.loads(write.body).get("email", "")
            brex_vendors.see(tx, self.connection.id, [{"brex_id": made.id, "name": write.name, "email": email}])
            merchant, account, name = write.name, write.subject, write.merchant
        why = f"created in {self.side.name} by {write.actor}"
        vendors.created(tx, self.connection, write.legal_entity, merchant, account, name, why=why, actor=write.actor)


def _intent(connection: Connection, wish: Wish) -> dict[str, str]:
    """What does not depend on earlier attempts. Raises `NotPossible`."""
    if not wish.name.strip():
        raise NotPossible("a vendor needs a name")
    if not wish.name.isprintable():
        raise NotPossible("the name has characters that cannot be shown")
    if wish.side == "d365":
        _possible_in_d365(connection, wish)
    elif not (wish.name.isascii() and wish.email.isascii()):
        # Fact: a POST with text outside ASCII is refused (Brex, error codes).
        raise NotPossible(f'Brex takes ASCII only, and the name is "{wish.name}": give another one with --called')
    subject = key_of(wish.merchant) if wish.side == "d365" else wish.account
    return {"side": wish.side, "legal_entity": wish.legal_entity, "subject": subject, "merchant": wish.merchant,
            "name": wish.name.strip()}  # fmt: skip


def _possible_in_d365(connection: Connection, wish: Wish) -> None:
    if posting(connection).vendors.group is None:
        raise NotPossible('a vendor in F&O needs a group: set posting.vendors.group, such as {"group": "20"}')
    if len(wish.name) > d365.LONGEST_NAME:
        raise NotPossible(f"the name is longer than {d365.LONGEST_NAME} characters: give a shorter one with --called")
    if "*" in wish.name:
        raise NotPossible(f'"{wish.name}" has a *, and F&O would not find it again: give its name with --called')


def _filled(connection: Connection, wish: Wish, intent: dict[str, str], times: int, actor: str) -> dict[str, str]:
    """With reference and body: the same for the same vendor, and others once it was refused."""
    mark = reference(f"{wish.side}/{wish.legal_entity}/{intent['subject']}", times, "vendor")
    if wish.side == "d365":
        body = d365.body_of(wish.legal_entity, intent["name"], wish.email, mark, posting(connection).vendors)
    else:
        body = brex.body_of(intent["name"], wish.email)
        mark = brex.key_of(mark, body)
    return {**intent, "reference": mark, "body": body, "actor": actor}
