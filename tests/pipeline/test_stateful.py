"""Whatever happens, in whatever order, the ledger is right: the invariants after every step, and once all is quiet.

Hypothesis draws the steps and, where something breaks, the shortest sequence that shows it. A small run is made with
all tests; a large one by

    HYPOTHESIS_PROFILE=large script/test tests/pipeline/test_stateful.py

which also tells how many steps were taken.
"""

import os
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from connector.pipeline import people, stages, watch
from connector.pipeline.runtime import Stop
from connector.store import rules, writes
from sandbox import payables
from sandbox.books import document_of
from sandbox.coding import ACCOUNTS, TRAVEL, UNMAPPED
from sandbox.d365 import CannotPost, Ledger
from sandbox.d365.errors import Refusal
from sandbox.spend import CREDIT, DEBIT
from tests.conftest import mapping_rows
from tests.pipeline.crashing import Crash
from tests.pipeline.ground import Ground
from tests.pipeline.helpers import HEADER, RECORDS, REPORT, SEND, change, run_chain, run_until_quiet

PERSON = "person:test"
MENDED = ("GL_ACCOUNT", UNMAPPED.name, "MainAccount", "618900")
LINES = "GET /data/LedgerJournalLines"
FORMS = [
    *("POST /data/VendInvoiceJournalHeaders", "POST /data/VendorInvoiceHeaders", "GET /data/VendorInvoiceHeaders"),
    "POST /data/VendorInvoiceDocumentAttachments",
]
FAULTS = [
    *((("d365", match), kind) for match in (SEND, HEADER) for kind in ("reset_before", "reset_after", "truncate_after",
                                                                      "malformed_after", "status_after", "throttle",
                                                                      "late")),
    *((("d365", match), kind) for match in FORMS for kind in ("reset_before", "reset_after", "malformed_after",
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


class Machine(Ground):
    """One connection, its Brex and its F&O, with everything that people, networks and crashes do to them."""

    taken = 0  # steps, over all sequences

    spent = Bundle("spent")

    # -- spend, and word of it

    @initialize(target=spent, lines=st.integers(1, 3))
    def first_spend(self, lines: int) -> str:
        return self._spend(ACCOUNTS[2], lines, 0, announced=True)

    @rule(target=spent, coding=st.sampled_from([ACCOUNTS[2], ACCOUNTS[2], ACCOUNTS[0], UNMAPPED, TRAVEL]),
          lines=st.integers(1, 3), days=st.integers(0, 1), announced=st.booleans())  # fmt: skip
    def spend(self, coding: Any, lines: int, days: int, announced: bool) -> str:
        """UNMAPPED is held until its mapping is mended; TRAVEL is only refused by F&O."""
        return self._spend(coding, lines, days, announced=announced)

    @rule(target=spent, lines=st.integers(1, 3), announced=st.booleans())
    def bill(self, lines: int, announced: bool) -> str:
        """Nobody exports it; it becomes lines of an invoice journal."""
        record = self._record(payables.BILL, DEBIT, CREDIT, lines) | {"invoice_number": f"B-{next(self.messages)}"}
        return self._added(record, announced=announced, ready=False)

    @rule(target=spent, lines=st.integers(1, 3), files=st.integers(0, 2), announced=st.booleans())
    def claim(self, lines: int, files: int, announced: bool) -> str:
        """A reimbursement with its receipts; it becomes a pending vendor invoice."""
        receipts = [{"id": self.world.brex.receipts.add("pdf"), "download_uris": None} for _ in range(files)]
        record = self._record(payables.CLAIM, DEBIT, CREDIT, lines)
        return self._added(record | {"receipts": receipts}, announced=announced)

    @rule(target=spent, lines=st.integers(1, 2), announced=st.booleans())
    def refund(self, lines: int, announced: bool) -> str:
        """It becomes two entries: a vendor's credit note, and what clears it."""
        one = self._added(self._record(payables.PAIRED, CREDIT, DEBIT, lines), announced=announced)
        self.paired.add(one)
        return one

    @rule(ids=st.lists(spent, min_size=1, max_size=4), word=st.sampled_from(["webhook", "the same webhook", "poll"]))
    def word(self, ids: list[str], word: str) -> None:
        if word == "webhook":
            self._deliver(f"msg_{next(self.messages)}", ids)
        elif word == "poll":
            self._polled()
        elif self.sent:
            self._deliver(*self.sent[len(ids) % len(self.sent)])

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
        for table in ("journals", "invoices"):
            change(self.database, f"UPDATE {table} SET watch_at = now() WHERE watch_at < 'infinity'")
        with suppress(Stop):
            watch.run(self.runtime, self.connection)

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
            for invoice in self.world.d365.payables.invoices():
                self.world.d365.payables.change(invoice["HeaderReference"], VendorInvoiceReviewStatus="Draft")

    # -- what people do

    @rule(one=spent, act=st.sampled_from(["edit", "edit", "pull back", "export"]))
    def in_brex(self, one: str, act: str) -> None:
        with suppress(ValueError):  # Brex does not do that to a record in this state
            if act == "edit":
                self._edit(one)
            elif act == "pull back":
                self.world.brex.pull_back(one)
            elif not self._is_bill(one):  # nobody exports those
                self.world.brex.export([one])

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
        elif header_of(ledger, number)["JournalName"] == "BREX":
            document = f"RENT {len(self.documents)}"
            with suppress(Refusal):  # somebody else has the journal open
                ledger.add_line(number, **OWN_LINE, Document=document)
                self.documents.add(document)

    @rule(which=st.integers(0, 9), act=st.sampled_from(["move", "delete one line", "delete all lines"]))
    def in_an_entry(self, which: int, act: str) -> None:
        """Moved as by Transfer errors: a voucher to a journal of its own."""
        ledger = self.world.d365
        lines = [line for line in ledger.lines() if document_of(line) not in self.documents]
        if not lines:
            return
        line = lines[which % len(lines)]
        if act == "move":
            ledger.move_lines(line["JournalBatchNumber"], vouchers=[line["Voucher"]])
            return
        self._touched(ledger.lines(document=line["Document"]))
        ledger.delete_lines(document=line["Document"], first=1 if act == "delete one line" else None)

    @rule(which=st.integers(0, 9), act=st.sampled_from(["post", "post", "workflow", "delete", "delete one line"]))
    def in_an_invoice(self, which: int, act: str) -> None:
        ours = self.world.d365.payables
        found = ours.invoices()
        if not found:
            return
        header = found[which % len(found)]
        number = header["HeaderReference"]
        if act == "post":
            with suppress(CannotPost):
                ours.post(number)
        elif act == "workflow":
            ours.submit(number)
        else:
            self._touched([{"Document": header["DocumentNumber"]}])
            with suppress(KeyError):  # it has no lines yet
                ours.delete(number) if act == "delete" else ours.delete_line(number)

    # -- what must be true

    @invariant()
    def the_ledger_is_right(self) -> None:
        type(self).taken += 1
        assert self._broken(settled=False) == []

    def teardown(self) -> None:
        try:
            self._settle()
            assert self._broken(settled=True) == []
            assert self._behind() == []
        finally:
            self._end.close()

    def _settle(self) -> None:
        """Nothing goes wrong any more, late requests land, what is due is done; then everything is looked at."""
        self.fuse.put_out()
        self.world.faults.clear()
        self.world.faults.release()
        self.calm("journals are free")
        self._pass(4000)  # whoever asked us to wait does so no longer
        for _ in range(2):  # what changed while it was written is seen by the next poll
            self._polled()
            run_until_quiet(self.runtime, self.connection, minutes=90)
        for _ in range(2):  # what is found moved is in a journal that was not watched before
            self.time_passes(60)
            with self.database.begin() as tx:
                every = [row.id for row in tx.execute(text("SELECT id FROM journals"))]
                writes.look_at_journals(tx, every)
            run_until_quiet(self.runtime, self.connection, minutes=90)


def header_of(ledger: Ledger, number: str) -> dict[str, Any]:
    return next(one for one in ledger.headers() if one["JournalBatchNumber"] == number)


def test_whatever_happens_the_ledger_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "small"))
    run_state_machine_as_test(
        Machine, settings=settings(chosen, deadline=None, suppress_health_check=list(HealthCheck))
    )
    if chosen.max_examples > SMALL:
        with capsys.disabled():
            print(f"{Machine.taken} steps taken")  # noqa: T201 - a figure for docs/exactly-once.md
