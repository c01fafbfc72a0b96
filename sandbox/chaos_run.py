"""One run: spend is fed in, steps of the schedule are taken as the ledger grows, and recoveries are timed."""

import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sandbox import payables
from sandbox.agreement import waits
from sandbox.chaos_people import People
from sandbox.chaos_plan import Step
from sandbox.chaos_processes import Cluster
from sandbox.operator import Failed

NAME = "chaos"
MESSAGES = 60  # in about so many webhooks all records are announced, each with at least, at most …
LEAST, MOST = 4, 15  # … so many ids
IDLE_SECONDS = 3.0  # without progress for so long the next message comes all the same, and the next step
KILL_SECONDS = 120.0  # a kill nothing followed for so long does not put off the next one
PATIENCE_SECONDS = 700.0  # longer than the longest wait that the connector imposes on itself
LOOK_SECONDS = 8.0  # so far apart, at least, it is made to poll
STUCK_SECONDS = 20.0  # without progress for so long it is asked who waits for whom
FOLLOW_SECONDS = 120.0  # within this the ledger has followed what was changed in Brex, or never will


class Run:
    def __init__(self, cluster: Cluster, steps: Sequence[Step], records: int, seed: int) -> None:
        self.cluster, self.records, self.seed = cluster, records, seed
        self.expected: list[dict[str, Any]] = []
        self.steps = deque(steps)
        self.written = self.ended = 0
        self.kills: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.recoveries: list[float] = []
        self.people = People(NAME)
        self._waiting: deque[tuple[str, list[str]]] = deque()  # messages: Webhook-Id ("" at first), record ids
        self._sent: set[str] = set()
        self._killed_at: float | None = None
        self._calm = self._last_look = False
        self._began = self._moved_at = self._looked_at = self._polled_at = time.monotonic()
        self._asked_at = self._began
        self._halves = 0  # entries that wait with a held one

    # -- what a person does once

    def prepare(self) -> None:
        operator = self.cluster.operator
        wish = {"records": self.records, "seed": self.seed, "all_forms": True}
        self.expected = operator.control("POST", "/seed", wish)["expected"]
        silent = [one["record_id"] for one in self.expected if one["found_by"] == "poll" and one["told"]]
        loud = [one["record_id"] for one in self.expected if one["found_by"] == "webhook"]
        operator.control("POST", "/export", {"record_ids": silent})
        self._sent = set(silent)
        size = max(LEAST, min(MOST, len(loud) // MESSAGES))
        self._waiting = deque(("", loud[start : start + size]) for start in range(0, len(loud), size))
        self.people.expect(self.expected, len(self._waiting))
        operator.add_connection(NAME, forms="all")
        self._moved_at = time.monotonic()

    # -- called again and again

    def go_on(self) -> bool:
        """Look, take what steps are due, send a message where there is room. False once everything came to an end."""
        if not self.cluster.alive():
            raise Failed("script/server ended by itself")
        self._look()
        self._step()
        self._feed()
        self._poll()
        if not self.steps and not self._waiting and not self._calm:
            # What no request has met by now would only meet the last few, one after the other.
            self.cluster.operator.control("DELETE", "/faults")
            self._calm = True
        return bool(self.steps or self._waiting or self.people.waiting or self._under_way() or not self._followed())

    @property
    def all(self) -> int:
        """Records and second entries that must come to an end."""
        return len(self.expected) + len(payables.paired(self.expected))

    def _under_way(self) -> bool:
        """Where one of two entries is held, the other one waits with it: it has come as far as it can."""
        now = time.monotonic()
        if self.ended < self.all and now - max(self._moved_at, self._asked_at) > STUCK_SECONDS:
            self._asked_at = now
            with suppress(Failed):
                rows = self.cluster.operator.connector_json("records", NAME, "--json")
                held = {row["record_id"] for row in rows if row["stage"] == "held"}
                self._halves = sum(
                    waits(row, held) or (row["stage"] == "written" and row["linked"] in held) for row in rows
                )
        return self.ended + self._halves < self.all

    def _followed(self) -> bool:
        """Bills may have been changed while on their way: Brex is looked at once more, and then the ledger."""
        if not self._last_look:
            self._last_look, self._moved_at = True, time.monotonic()
            self.people.look_once_more()
            return False
        if time.monotonic() - self._moved_at > FOLLOW_SECONDS:
            return True
        with suppress(Failed):
            return not self.people.not_followed(self.cluster.operator)
        return False

    def _poll(self) -> None:
        if time.monotonic() - self._polled_at > LOOK_SECONDS and self.people.look(self.cluster.operator):
            self._polled_at = time.monotonic()
            self._note("made to poll")

    def _note(self, text: str) -> None:
        """What happened when, for whoever wants to know why a run came out as it did."""
        now = time.monotonic() - self._began
        with (self.cluster.home / "log" / "chaos.log").open("a", encoding="utf-8") as log:
            log.write(f"{now:8.1f} s  {self.written:5} written {self.ended:5} ended  {text}\n")

    @property
    def recovering(self) -> bool:
        return self._killed_at is not None

    def _look(self) -> None:
        now = time.monotonic()
        before = self.written, self.ended
        self.written = self._documents()
        if now - self._looked_at > 1:
            self._looked_at = now
            with suppress(Failed):  # the web process is away
                self.ended = self.cluster.operator.ended(NAME)
        if self.written > before[0]:
            if self._killed_at is not None:
                self.recoveries.append(now - self._killed_at)
                self._note(f"recovered after {self.recoveries[-1]:.1f} s")
            self._killed_at = None
        if (self.written, self.ended) != before:
            self._moved_at = now
            self._note("")
        elif now - self._moved_at > PATIENCE_SECONDS:
            raise Failed(f"nothing moved for {PATIENCE_SECONDS:.0f} seconds; {self.ended} records came to an end")

    def _documents(self) -> int:
        return int(self.cluster.operator.control("GET", "/ledger/documents")["documents"])

    def _all_but_kept(self) -> bool:
        return len(self._waiting) <= sum(step.do == "kill" for step in self.steps)

    def _idle(self) -> bool:
        return time.monotonic() - self._moved_at > IDLE_SECONDS

    def _step(self) -> None:
        """A kill waits until the one before is over; what is due before it in the schedule does not wait."""
        late = self._all_but_kept() and self._idle()
        while self.steps and (self.steps[0].at <= self.written or late):
            step = self.steps[0]
            if step.do == "kill":
                if self._killed_at is not None and time.monotonic() - self._killed_at < KILL_SECONDS:
                    return
                if not self._kill(step):
                    return
            elif step.do == "fault":
                self.cluster.operator.control("POST", "/faults", step.fault)
                self.faults[step.fault["kind"]] += 1
                self._note(step.what)
            else:
                self._people(step)
            self.steps.popleft()

    def _kill(self, step: Step) -> bool:
        if not self.cluster.kill(step.what, step.pick):
            return False  # it is away just now
        self._note(f"killed: {step.what} ({step.pick})")
        self.kills[step.what] += 1
        self._killed_at = self._moved_at = time.monotonic()
        self.written = self._documents()  # what was written until then is no sign of recovery
        if step.what == "everything":
            self.cluster.again()
        return True

    def _people(self, step: Step) -> None:
        if self.people.do(self.cluster.operator, step.what, step.pick):
            self.faults[step.what] += 1
            self._note(step.what)

    def _feed(self) -> None:
        """One message where few records are under way, or nothing moves: nobody's spend waits for a slow ledger.

        One is kept for the time after each kill: in life, too, spend goes on.
        """
        few = len(self._sent) - max(self.written, self.ended) < max(20, self.records // 12)
        if self._all_but_kept() or not (few or self._idle()):
            return
        webhook_id, ids = self._waiting[0]
        operator = self.cluster.operator
        self.people.enter_bills(operator, all_of_them=len(self._waiting) == 1)
        if not self._sent.issuperset(ids):
            operator.control("POST", "/export", {"record_ids": ids})
            self._sent.update(ids)
        # Some ids stand twice in their message. As Brex does, a message is repeated until it was taken.
        wish = {"record_ids": [*ids, *ids[:2]], "url": f"{self.cluster.url}/webhooks/brex/{NAME}", "schedule": [0]}
        if webhook_id:
            wish["webhook_id"] = webhook_id
        delivery = operator.control("POST", "/deliver", wish)["delivery"]
        self._note(f"{len(ids)} announced: {delivery['statuses']}")
        self._waiting.popleft()
        if not delivery["accepted"]:
            self._waiting.append((delivery["webhook_id"], ids))
