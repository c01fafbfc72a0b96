"""The ground of the stateful test: one connection, its Brex and its F&O, and what all that is done to them shares.

`tests/pipeline/test_stateful.py` has the rules.
"""

import itertools
from collections import defaultdict
from contextlib import ExitStack, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from connector.domain.reference import linked_id
from connector.embedded.testing import fresh_database, valkey_url
from connector.outbound.session import Outbound
from connector.pipeline.runtime import Runtime, Stop
from connector.store import credentials
from connector.vault import Vault
from sandbox import payables
from sandbox.books import document_of, references_of
from sandbox.chaos_people import behind
from sandbox.coding import ACCOUNTS, UNITS
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.conftest import KEY, migrate, store_connection
from tests.guard import NoCallsInTransactions
from tests.invariants import books_of, broken
from tests.pipeline.crashing import CrashingCalls, CrashingDatabase, Fuse
from tests.pipeline.helpers import let_pass, poll
from webhooks.wsgi import create_app

KEYS = (KEY, "iB6zZ8m3m5xk0ZtYM0wY2y2cY5lC0h7Yt1x0m0bq3oI=")


class Ground(RuleBasedStateMachine):
    """`by_hand`, `taken_back`, `documents`, `former`, `paired`: as `tests.invariants` takes them."""

    def __init__(self) -> None:
        super().__init__()
        self.world, self.fuse = World(), Fuse()
        self.keys: tuple[str, ...] = KEYS[:1]
        self._end = ExitStack()
        self._end.callback(self.world.close)
        self.database = CrashingDatabase(self._end.enter_context(fresh_database(migrate)), self.fuse)
        self._end.callback(self.database.dispose)
        self.start()
        wanted = payables.connection(self.world.connection())["posting"]
        self.connection = store_connection(
            self.runtime, self.world, treatments=wanted["treatments"], accounts=wanted["accounts"]
        )
        self.maker, self.messages = Maker(1), itertools.count(1)
        self.sent: list[tuple[str, list[str]]] = []
        self.unreleased = 0
        self.by_hand: set[str] = set()
        self.taken_back: set[str] = set()
        self.documents: set[str] = set()
        self.paired: set[str] = set()
        self.former: dict[str, set[Decimal]] = defaultdict(set)

    def start(self) -> None:
        """A new worker process: whatever the one before kept in memory is gone."""
        adapter = CrashingCalls(NoCallsInTransactions(self.world.adapter()), self.fuse)
        self.runtime = Runtime(self.database, Vault(self.keys), Outbound(adapter=adapter), quiet_seconds=600)
        web = create_app(self.runtime, redis_url=valkey_url(), wake=lambda _: True)
        self.web = web.test_client()

    def _spend(self, coding: Any, lines: int, days: int, *, announced: bool) -> str:
        record = self._record("CARD_EXPENSE_POST", DEBIT, CREDIT, lines, coding, days)
        return self._added(record, announced=announced)

    def _record(
        self, kind: str, side: str, other: str, count: int, coding: Any = ACCOUNTS[2], days: int = 0
    ) -> dict[str, Any]:
        coded = [self.maker.line(side, self.maker.amount(), "USD", (coding, UNITS[0])) for _ in range(count)]
        total = sum((line["amount"]["amount"] for line in coded), Decimal(0))
        moment = self.world.clock() - timedelta(days=days)
        return self.maker.record(kind, "USD", moment, [*coded, self.maker.line(other, total, "USD")])

    def _added(self, record: dict[str, Any], *, announced: bool, ready: bool = True) -> str:
        one = self.world.brex.add_record(record, ready=ready)
        if announced:
            self._deliver(f"msg_{next(self.messages)}", [one])
        return one

    def _deliver(self, webhook_id: str, ids: list[str]) -> None:
        self.sent.append((webhook_id, ids))
        body, headers = self.world.brex.signed_webhook(ids, webhook_id)
        assert self.web.post("/webhooks/brex/acme", data=body, headers=headers).status_code == 200

    def _polled(self) -> None:
        with suppress(Stop):
            poll(self.runtime, self.connection)

    def _pass(self, seconds: int) -> None:
        """What was given up lands within the quiet period, as F&O's requests do."""
        self.unreleased += seconds
        if self.unreleased > 500:
            self._release()
        if seconds:
            let_pass(self.database, seconds)

    def _release(self) -> None:
        self.world.faults.release()
        self.unreleased = 0

    def _rotate(self) -> None:
        """The new key first; every credential under it; then the old one goes."""
        new = KEYS[1 - KEYS.index(self.keys[0])]
        self.keys = (new, *self.keys)
        self.start()
        with self.database.begin() as tx:
            credentials.reseal(tx, self.runtime.vault)
        self.keys = (new,)
        self.start()

    def _edit(self, one: str) -> None:
        """Another amount of its first line; a record that was exported may change, too."""
        record = self.world.brex.records.get(one)
        assert record is not None
        self.former[one].add(Decimal(record["amount"]["amount"]))
        lines, more = record["line_items"], Decimal("1.25")
        for line in (lines[0], lines[-1]):
            line["amount"]["amount"] += more
        money = record["amount"] | {"amount": record["amount"]["amount"] + more}
        self.world.brex.edit(one, line_items=lines, amount=money, billing_amount=money)

    def _is_bill(self, one: str) -> bool:
        record = self.world.brex.records.get(one)
        return record is not None and record["type"] == payables.BILL

    def _touched(self, lines: list[dict[str, Any]]) -> None:
        documents = {document_of(line) for line in lines}
        ids = [name for one in self.world.brex.records.all() for name in (str(one["id"]), linked_id(str(one["id"])))]
        self.by_hand.update(one for one in ids if not documents.isdisjoint(references_of(one)))

    def _broken(self, *, settled: bool) -> list[str]:
        return broken(self.world, self.database, self.connection, settled=settled, by_hand=self.by_hand,
                      documents=self.documents, former=self.former, taken_back=self.taken_back,
                      paired=self.paired)  # fmt: skip

    def _behind(self) -> list[str]:
        """Bills that were changed, stand as they were, are not posted, and wait for nobody."""
        bills = [one for one in self.former if self._is_bill(one) and one not in self.by_hand]
        return behind(books_of(self.world, self.database, self.connection), bills)
