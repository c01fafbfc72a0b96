"""Whatever happens, in whatever order, the ledger is right: the invariants after every step, and once all is quiet.

Hypothesis draws the steps and, where something breaks, the shortest sequence that shows it. A small run is made with
all tests; a large one by

    HYPOTHESIS_PROFILE=large script/test tests/pipeline/test_stateful.py

which also tells how many steps were taken.
"""

import itertools
import os
from collections import defaultdict
from contextlib import ExitStack, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from connector.embedded.testing import fresh_database, valkey_url
from connector.outbound.session import Outbound
from connector.pipeline import people, stages, watch
from connector.pipeline.runtime import Runtime, Stop
from connector.store import credentials, rules, writes
from connector.vault import Vault
from sandbox.books import references_of
from sandbox.coding import ACCOUNTS, TRAVEL, UNITS, UNMAPPED
from sandbox.d365 import CannotPost
from sandbox.d365.errors import Refusal
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.conftest import KEY, mapping_rows, migrate, store_connection
from tests.guard import NoCallsInTransactions
from tests.invariants import broken
from tests.pipeline.crashing import Crash, CrashingCalls, CrashingDatabase, Fuse
from tests.pipeline.helpers import HEADER, RECORDS, REPORT, SEND, change, let_pass, poll, run_chain, run_until_quiet
from webhooks.wsgi import create_app

KEYS = (KEY, "iB6zZ8m3m5xk0ZtYM0wY2y2cY5lC0h7Yt1x0m0bq3oI=")
PERSON = "person:test"
MENDED = ("GL_ACCOUNT", UNMAPPED.name, "MainAccount", "618900")
LINES = "GET /data/LedgerJournalLines"
FAULTS = [
    *((("d365", match), kind) for match in (SEND, HEADER) for kind in ("reset_before", "reset_after", "truncate_after",
                                                                      "malformed_after", "status_after", "throttle",
                                                                      "late")),
    *((("brex", REPORT), kind) for kind in ("reset_before", "reset_after", "status_after", "truncate_after",
                                            "throttle")),
    *((place, kind) for place in (("d365", LINES), ("brex", RECORDS)) for kind in ("reset_before", "truncate_after",
                                                                                  "throttle")),
]  # fmt: skip
OWN_LINE = {
    "AccountType": "Ledger", "AccountDisplayValue": "618900-001--", "DebitAmount": Decimal(7),
    "OffsetAccountType": "Ledger", "OffsetAccountDisplayValue": "200130-001--", "CurrencyCode": "USD",
    "TransDate": "2026-11-01T12:00:00Z", "Text": "rent",
}  # fmt: skip

SMALL = 8
settings.register_profile("small", max_examples=SMALL, stateful_step_count=25, derandomize=True, database=None)
settings.register_profile("large", max_examples=400, stateful_step_count=60, print_blob=True)


class Machine(RuleBasedStateMachine):
    """One connection, its Brex and its F&O, with everything that people, networks and crashes do to them."""

    taken = 0  # steps, over all sequences

    spent = Bundle("spent")

    def __init__(self) -> None:
        super().__init__()
        self.world, self.fuse = World(), Fuse()
        self.keys: tuple[str, ...] = KEYS[:1]
        self._end = ExitStack()
        self._end.callback(self.world.close)
        self.database = CrashingDatabase(self._end.enter_context(fresh_database(migrate)), self.fuse)
        self._end.callback(self.database.dispose)
        self.start()
        self.connection = store_connection(self.runtime, self.world)
        self.maker, self.messages = Maker(1), itertools.count(1)
        self.sent: list[tuple[str, list[str]]] = []
        self.unreleased = 0
        self.by_hand: set[str] = set()
        self.taken_back: set[str] = set()
        self.documents: set[str] = set()
        self.former: dict[str, set[Decimal]] = defaultdict(set)

    def start(self) -> None:
        """A new worker process: whatever the one before kept in memory is gone."""
        adapter = CrashingCalls(NoCallsInTransactions(self.world.adapter()), self.fuse)
        self.runtime = Runtime(self.database, Vault(self.keys), Outbound(adapter=adapter), quiet_seconds=600)
        web = create_app(self.runtime, redis_url=valkey_url(), wake=lambda _: True)
        self.web = web.test_client()

    # -- spend, and word of it

    @initialize(target=spent, lines=st.integers(1, 3))
    def first_spend(self, lines: int) -> str:
        return self._spend(ACCOUNTS[2], lines, 0, announced=True)

    @rule(target=spent, coding=st.sampled_from([ACCOUNTS[2], ACCOUNTS[2], ACCOUNTS[0], UNMAPPED, TRAVEL]),
          lines=st.integers(1, 3), days=st.integers(0, 1), announced=st.booleans())  # fmt: skip
    def spend(self, coding: Any, lines: int, days: int, announced: bool) -> str:
        """UNMAPPED is held until its mapping is mended; TRAVEL is only refused by F&O."""
        return self._spend(coding, lines, days, announced=announced)

    def _spend(self, coding: Any, lines: int, days: int, *, announced: bool) -> str:
        coded = [self.maker.line(DEBIT, self.maker.amount(), "USD", (coding, UNITS[0])) for _ in range(lines)]
        total = sum((line["amount"]["amount"] for line in coded), Decimal(0))
        moment = self.world.clock() - timedelta(days=days)
        record = self.maker.record("CARD_EXPENSE_POST", "USD", moment, [*coded, self.maker.line(CREDIT, total, "USD")])
        one = self.world.brex.add_record(record)
        if announced:
            self._deliver(f"msg_{next(self.messages)}", [one])
        return one

    @rule(ids=st.lists(spent, min_size=1, max_size=4), word=st.sampled_from(["webhook", "the same webhook", "poll"]))
    def word(self, ids: list[str], word: str) -> None:
        if word == "webhook":
            self._deliver(f"msg_{next(self.messages)}", ids)
        elif word == "poll":
            self._polled()
        elif self.sent:
            self._deliver(*self.sent[len(ids) % len(self.sent)])

    def _deliver(self, webhook_id: str, ids: list[str]) -> None:
        self.sent.append((webhook_id, ids))
        body, headers = self.world.brex.signed_webhook(ids, webhook_id)
        assert self.web.post("/webhooks/brex/acme", data=body, headers=headers).status_code == 200

    def _polled(self) -> None:
        with suppress(Stop):
            poll(self.runtime, self.connection)

    # -- work, workers that die, and time

    @rule(times=st.integers(1, 3), pause=st.sampled_from([0, 5, 90]))
    def work(self, times: int, pause: int) -> None:
        for _ in range(times):
            run_chain(self.runtime, self.connection)
            self._pass(pause)

    @rule(stage=st.sampled_from(stages.CHAIN))
    def one_stage(self, stage: stages.StageName) -> None:
        stages.run(self.runtime, stage, self.connection.id, seconds=60)

    @rule(points=st.integers(1, 60))
    def crash(self, points: int) -> None:
        self.fuse.light(points)
        try:
            run_chain(self.runtime, self.connection)
        except Crash:
            self.start()
        finally:
            self.fuse.put_out()

    @rule(seconds=st.sampled_from([60, 300, 700, 4000]))
    def time_passes(self, seconds: int) -> None:
        self._pass(seconds)
        change(self.database, "UPDATE journals SET watch_at = now() WHERE watch_at < 'infinity'")
        with suppress(Stop):
            watch.run(self.runtime, self.connection)

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

    # -- what goes wrong

    @rule(target=spent, fault=st.sampled_from(FAULTS), times=st.integers(1, 2), lines=st.integers(1, 3))
    def fault(self, fault: tuple[tuple[str, str], str], times: int, lines: int) -> str:
        """With something at once for it to hit."""
        return self._fault(fault, times, lines)

    @rule(target=spent, match=st.sampled_from([SEND, HEADER]), times=st.integers(0, 4))
    def lands_late(self, match: str, times: int) -> str:
        """Given up, looked for in vain, and there after all; within the quiet period."""
        one = self._fault((("d365", match), "late"), 1, 1)
        self.work(times, 90)
        self._release()
        return one

    def _fault(self, fault: tuple[tuple[str, str], str], times: int, lines: int) -> str:
        (system, match), kind = fault
        self.world.faults.add(system, match, kind, times=times)
        one = self._spend(ACCOUNTS[2], lines, 0, announced=True)
        run_chain(self.runtime, self.connection)
        return one

    @rule(calm=st.sampled_from(["faults end", "late requests land", "journals are free", "batches go on"]))
    def calm(self, calm: str) -> None:
        if calm == "faults end":
            self.world.faults.clear()
        elif calm == "late requests land":
            self._release()
        elif calm == "batches go on":
            self.world.d365.set(continue_on_error=True)
        else:
            for header in self.world.d365.headers():
                self.world.d365.unlock_journal(header["JournalBatchNumber"])

    # -- what people do

    @rule(one=spent, act=st.sampled_from(["edit", "edit", "pull back", "export"]))
    def in_brex(self, one: str, act: str) -> None:
        with suppress(ValueError):  # Brex does not do that to a record in this state
            if act == "edit":
                self._edit(one)
            elif act == "pull back":
                self.world.brex.pull_back(one)
            else:
                self.world.brex.export([one])

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

    @rule(one=spent, act=st.sampled_from(["skip", "retry", "retry all", "reverse", "reverse and repost", "repost"]))
    def here(self, one: str, act: str) -> None:
        about: dict[str, Any] = {"actor": PERSON, "record_ids": [one]}
        if act == "skip":
            people.skip(self.runtime, self.connection, reason="by hand", **about)
        elif act == "retry":
            people.retry(self.runtime, self.connection, **about)
        elif act == "retry all":
            people.retry(self.runtime, self.connection, actor=PERSON, stage="held")
        elif act == "repost":
            people.retry(self.runtime, self.connection, repost=True, **about)
        else:
            again = act != "reverse"
            done = people.reverse(self.runtime, self.connection, reason="wrong", repost=again, **about)
            self.taken_back.update(done.changed)

    @rule(what=st.sampled_from(["mapping mended", "mapping broken", "keys rotated"]))
    def set_up(self, what: str) -> None:
        if what == "keys rotated":
            self._rotate()
            return
        more = [MENDED] if what == "mapping mended" else []
        with self.database.begin() as tx:
            rules.replace_mappings(tx, self.connection.id, [*mapping_rows(), *more])

    def _rotate(self) -> None:
        """The new key first; every credential under it; then the old one goes."""
        new = KEYS[1 - KEYS.index(self.keys[0])]
        self.keys = (new, *self.keys)
        self.start()
        with self.database.begin() as tx:
            credentials.reseal(tx, self.runtime.vault)
        self.keys = (new,)
        self.start()

    @rule(which=st.integers(0, 9), act=st.sampled_from(["post", "post", "lock", "delete", "own line", "stop batches"]))
    def in_a_journal(self, which: int, act: str) -> None:
        ledger = self.world.d365
        numbers = [header["JournalBatchNumber"] for header in ledger.headers(posted=False)]
        if act == "stop batches":
            ledger.set(continue_on_error=False)
        if not numbers or act == "stop batches":
            return
        number = numbers[which % len(numbers)]
        if act == "post":
            with suppress(CannotPost):
                ledger.post_journal(number)
        elif act == "lock":
            ledger.lock_journal(number)
        elif act == "delete":
            self._touched(ledger.lines(journal=number))
            ledger.delete_journal(number)
        else:
            document = f"RENT {len(self.documents)}"
            with suppress(Refusal):  # somebody else has the journal open
                ledger.add_line(number, **OWN_LINE, Document=document)
                self.documents.add(document)

    @rule(which=st.integers(0, 9), act=st.sampled_from(["move", "delete one line", "delete all lines"]))
    def in_an_entry(self, which: int, act: str) -> None:
        """Moved as by Transfer errors: a voucher to a journal of its own."""
        ledger = self.world.d365
        lines = [line for line in ledger.lines() if line["Document"] not in self.documents]
        if not lines:
            return
        line = lines[which % len(lines)]
        if act == "move":
            ledger.move_lines(line["JournalBatchNumber"], vouchers=[line["Voucher"]])
            return
        self._touched(ledger.lines(document=line["Document"]))
        ledger.delete_lines(document=line["Document"], first=1 if act == "delete one line" else None)

    def _touched(self, lines: list[dict[str, Any]]) -> None:
        documents = {line["Document"] for line in lines}
        ids = [str(record["id"]) for record in self.world.brex.records.all()]
        self.by_hand.update(one for one in ids if not documents.isdisjoint(references_of(one)))

    # -- what must be true

    @invariant()
    def the_ledger_is_right(self) -> None:
        type(self).taken += 1
        assert self._broken(settled=False) == []

    def _broken(self, *, settled: bool) -> list[str]:
        return broken(self.world, self.database, self.connection, settled=settled, by_hand=self.by_hand,
                      documents=self.documents, former=self.former, taken_back=self.taken_back)  # fmt: skip

    def teardown(self) -> None:
        try:
            self._settle()
            assert self._broken(settled=True) == []
        finally:
            self._end.close()

    def _settle(self) -> None:
        """Nothing goes wrong any more, late requests land, what is due is done; then everything is looked at."""
        self.fuse.put_out()
        self.world.faults.clear()
        self.world.faults.release()
        self.calm("journals are free")
        self._pass(4000)  # whoever asked us to wait does so no longer
        self._polled()
        run_until_quiet(self.runtime, self.connection, minutes=90)
        for _ in range(2):  # what is found moved is in a journal that was not watched before
            self.time_passes(60)
            with self.database.begin() as tx:
                every = [row.id for row in tx.execute(text("SELECT id FROM journals"))]
                writes.look_at_journals(tx, every)
            run_until_quiet(self.runtime, self.connection, minutes=90)


def test_whatever_happens_the_ledger_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "small"))
    run_state_machine_as_test(
        Machine, settings=settings(chosen, deadline=None, suppress_health_check=list(HealthCheck))
    )
    if chosen.max_examples > SMALL:
        with capsys.disabled():
            print(f"{Machine.taken} steps taken")  # noqa: T201 - a figure for docs/exactly-once.md
