"""Workers that stop at named points and go on when they are told: one at a time, in any order that a test wants.

A worker is a thread with a runtime of its own. It stops before the first statement of a transaction that touches a
table in question, before the end of a transaction that holds locks, and before a call to Brex or F&O. In between it
does one thing alone. What it has seen so far (rows and answers) is its history: two workers with the same history
will do the same.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Condition, Thread, local
from typing import Any

import psycopg2

from connector.store.engine import Database
from tests.interleavings.points import stop_in_sessions, tables_of, written_by

PATIENCE = 60.0
# What differs between two runs that are alike: ids made up by chance, moments, tokens.
_CHANCE = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|(?<![0-9a-f])[0-9a-f]{32,64}(?![0-9a-f])|"
    r"\d+\.\d{3,}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?"
)
# Counted for people alone, or decided by the clock: they steer nothing where one entry is on its way.
IGNORED = frozenset({"requests"})
_RATE = "seconds_per_line"
_here = local()


class Abandoned(BaseException):
    """The schedule leads nowhere new."""


def scrub(text: str) -> str:
    return _CHANCE.sub("~", text)


class Stepped:
    """One worker. `state`: running, paused (at `at`), waiting (for a lock that another one holds) or done."""

    def __init__(self, name: str, stage: "Stage", database: Database) -> None:
        self.name = name
        self.state = "done"
        self.at = ""
        self.error: BaseException | None = None
        self.pid = 0
        self.database = database
        self._stage = stage
        self._history = hashlib.sha256()
        stop_in_sessions(self, stage)

    @property
    def history(self) -> str:
        return f"{self.state} {self.at} {self._history.hexdigest()}"

    def saw(self, *words: Any) -> None:
        self._history.update(scrub("\x1f".join(self._stage.words(word) for word in words)).encode())

    def start(self, call: Callable[[], object]) -> Thread:
        self._history, self.error, self.state, self.at = hashlib.sha256(), None, "running", ""

        def run() -> None:
            _here.stage = self._stage
            try:
                call()
            except Abandoned:
                pass
            except BaseException as error:
                self.error = error
            with self._stage.changed:
                self.state, self.at = "done", ""
                self._stage.changed.notify_all()

        thread = Thread(target=run, name=self.name, daemon=True)
        thread.start()
        return thread

    def pause(self, at: str) -> None:
        """Called by the worker itself."""
        stage = self._stage
        if not stage.stepping:
            return
        with stage.changed:
            self.state, self.at = "paused", at
            stage.changed.notify_all()
            while self.state == "paused" and not stage.abandoned:
                stage.changed.wait(PATIENCE)
            if stage.abandoned:
                self.state = "running"
                raise Abandoned


class Stage:
    """Where the workers are, and who goes on. `tables`: those that anybody writes to in this scenario."""

    def __init__(self, url: str, tables: frozenset[str]) -> None:
        self.changed = Condition()
        self.abandoned = False
        self.stepping = False
        self.workers: list[Stepped] = []
        self.began: datetime | None = None
        self.surprises: list[str] = []
        self._tables = tables
        self._chances = 0
        self._look = psycopg2.connect(url.replace("+psycopg2", "", 1))
        self._look.autocommit = True

    def minds(self, statement: str) -> bool:
        return _RATE not in statement and not self._tables.isdisjoint(tables_of(statement))

    def notice(self, statement: str, rows: int) -> None:
        """Nobody may write where nobody was thought to write."""
        strange = written_by(statement) - self._tables - IGNORED - {"events", "webhooks"}
        if self.stepping and rows > 0 and strange and _RATE not in statement:
            self.surprises.append(f"{strange} written: {statement[:200]}")

    def words(self, value: Any) -> str:
        """A value as part of a history: moments are before the schedule began, within it, or after it."""
        if isinstance(value, datetime) and self.began is not None:
            return "before" if value < self.began else "later" if value > self.now() else "meanwhile"
        if isinstance(value, tuple | list):
            return f"[{', '.join(self.words(one) for one in value)}]"
        if isinstance(value, dict):
            return f"{{{', '.join(f'{key}: {self.words(value[key])}' for key in sorted(value))}}}"
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

    def now(self) -> datetime:
        return datetime.now(self.began.tzinfo if self.began else None)

    def chance(self, size: int) -> bytes:
        """In place of `secrets.token_bytes`: the same in every run of the same schedule."""
        self._chances += 1
        return hashlib.sha256(str(self._chances).encode()).digest()[:size]

    def open(self, calls: Sequence[Callable[[], object]]) -> list[Thread]:
        """Start the workers, each up to its first point."""
        self.abandoned, self.stepping, self._chances, self.surprises = False, True, 0, []
        with self._look.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            ((self.began,),) = cursor.fetchall()
        threads = [worker.start(call) for worker, call in zip(self.workers, calls, strict=True)]
        self._settle()
        return threads

    def enabled(self) -> list[Stepped]:
        return [worker for worker in self.workers if worker.state == "paused"]

    def go(self, worker: Stepped) -> None:
        """Let it take one step, and those that wait for its locks go on where it gave them back."""
        with self.changed:
            for one in self.workers:
                if one is worker or one.state == "waiting":
                    one.state = "running"
            self.changed.notify_all()
        self._settle()

    def close(self, threads: Sequence[Thread]) -> None:
        """End the schedule, wherever it is."""
        with self.changed:
            self.abandoned = True
            self.changed.notify_all()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"{thread.name} does not end"
        self.stepping = self.abandoned = False

    def let_others_on(self, worker: Stepped) -> None:
        """Called by a worker that gave its locks back: those that waited for them go first, each as far as it can."""
        with self.changed:
            while (
                self.stepping
                and not self.abandoned
                and any(one.state == "running" for one in self.workers if one is not worker)
            ):
                self.changed.wait(PATIENCE)

    def _settle(self) -> None:
        """Until nobody runs: each is at a point, at its end, or waits for a lock of one who is at a point."""
        with self.changed:
            tries = 0
            while running := [one for one in self.workers if one.state == "running"]:
                if self.changed.wait(0.002):
                    continue
                tries += 1
                assert tries < PATIENCE / 0.002, [one.history for one in self.workers]
                paused = {one.pid for one in self.workers if one.state == "paused"}
                for one in running:
                    if one.pid and paused & set(self._blockers(one.pid)):
                        one.state = "waiting"
                        self.changed.notify_all()

    def _blockers(self, pid: int) -> list[int]:
        with self._look.cursor() as cursor:
            cursor.execute("SELECT pg_blocking_pids(%s)", (pid,))
            ((found,),) = cursor.fetchall()
            return list(found)

    def end(self) -> None:
        self._look.close()
