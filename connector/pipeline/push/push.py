"""The push itself: what was sent and not answered is settled first, then a plan is stored, then sent call by call.

Killed anywhere, it may be run again: a write that was never sent is forgotten and planned anew, one that may have been
sent is looked for in Brex, and what is not there is sent again unchanged, under the same Idempotency-Key.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid4, uuid5

import structlog

from connector.brex.errors import NoAnswer, NotSent, Refused, Throttled, Unauthorized
from connector.brex.fields import MOST, PATH, Field, Fields, Value, new_field, values_path
from connector.domain import jsonio
from connector.pipeline.push import look as looking
from connector.pipeline.push.diff import Change, Kind
from connector.pipeline.push.look import Look, Survey, calling, see
from connector.pipeline.runtime import Runtime
from connector.store import field_writes, options
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.field_writes import FieldWrite

log = structlog.get_logger()
# Longer than any call may take; taken anew with each.
TURN_SECONDS = 120.0
ROUNDS = 3


class Progress(Protocol):
    """Told how many changes are done, and of how many."""

    def __call__(self, done: int, of: int) -> None: ...


class Busy(Exception):
    """Another push of this connection is under way."""


@dataclass(slots=True)
class Done:
    """`refused`: what Brex did not take, with its words. `unknown`: writes whose answer was lost to the end."""

    changed: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    unknown: int = 0


@dataclass(slots=True)
class Push:
    runtime: Runtime
    connection: Connection
    fields: Fields
    worker: str = field(default_factory=lambda: uuid4().hex)
    done: Done = field(default_factory=Done)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else pushes meanwhile. Raises `Busy`. A turn that nobody ends is over after two minutes."""
        self._take_turn()
        try:
            yield
        finally:
            with self.runtime.database.begin() as tx:
                field_writes.release(tx, self.connection.id, self.worker)

    def run(self, found: Survey | None = None, progress: Progress | None = None) -> Done:
        """Bring Brex to what F&O has, within a turn. `found`: what was read in this turn already.

        Raises what `looking.survey` raises; what is done by then stays done, and the same command goes on.
        """
        if not self._mine():  # a person took their time to say yes: others may have been there meanwhile
            self._take_turn()
            found = None
        for _ in range(ROUNDS):
            survey, found = found or self.survey(), None
            if survey.unknown:
                self._settle()
                survey = self.survey()
            total = self.done.changed + survey.changes
            self.done.refused.clear()
            tell = partial(progress, of=total) if progress else None
            self._send_all(survey, tell)
            with self.runtime.database.begin() as tx:
                self.done.unknown = len(field_writes.unsettled(tx, self.connection.id, sent=True))
            if not self.done.unknown:
                break
        log.info(
            "fields pushed", connection=self.connection.name, changed=self.done.changed,
            refused=len(self.done.refused), unknown=self.done.unknown,
        )  # fmt: skip
        return self.done

    def survey(self, progress: Callable[[int], None] | None = None) -> Survey:
        """What Brex has now, and what would be changed. Reads only."""

        def read(number: int) -> None:
            self._keep_turn()
            if progress is not None:
                progress(number)

        self._keep_turn()
        return looking.survey(self.runtime, self.connection, self.fields, read)

    def _take_turn(self) -> None:
        with self.runtime.database.begin() as tx:
            mine = field_writes.claim(tx, self.connection.id, self.worker, TURN_SECONDS)
        if not mine:
            raise Busy(
                f"another push of {self.connection.name} is under way, or was killed within the last two minutes: "
                "wait, and run it again"
            )

    def _mine(self) -> bool:
        with self.runtime.database.begin() as tx:
            return field_writes.keep(tx, self.connection.id, self.worker, TURN_SECONDS)

    def _keep_turn(self) -> None:
        if not self._mine():
            raise Busy("this push took too long and lost its turn; run it again, it goes on where it was")

    # -- what an earlier call left open

    def _settle(self) -> None:
        """Brex was read after these were sent: what shows their effect is written, the rest is sent again as it was."""
        with self.runtime.database.begin() as tx:
            ids = field_writes.unsettled(tx, self.connection.id, sent=True)
        for write_id in ids:
            with self.runtime.database.begin() as tx:
                write = field_writes.one(tx, self.connection.id, write_id)
                there = write is not None and _there(tx, self.connection.id, write)
                if there:
                    field_writes.settle(
                        tx, self.connection.id, write_id, "written", "found in Brex when it was read again"
                    )
            if write is not None and there:
                self.done.changed += write.items
            elif write is not None:
                self._send(write)

    # -- the plan

    def _send_all(self, survey: Survey, tell: Callable[[int], None] | None) -> None:
        with self.runtime.database.begin() as tx:
            field_writes.forget_unsent(tx, self.connection.id)
            waiting = field_writes.uncertain_fields(tx, self.connection.id)
        for one in survey.looks:
            if one.wanted.remote_id in waiting:
                continue  # what may stand there yet would be created a second time, under another key
            self._field(one)
            if one.brex_id and one.counts:
                self._values(one, tell)

    def _field(self, one: Look) -> None:
        """The field itself is there and can be chosen from; its name is Brex's people's matter once it exists."""
        wish = one.wanted
        if not one.brex_id:
            integration = str(self.connection.settings["brex"].get("integration_id") or "")
            body: Any = new_field(wish.remote_id, wish.name, integration)
            write = self._intend("POST", PATH, wish.remote_id, [body], body)
        elif one.disabled:
            body = {"is_disabled": False}
            write = self._intend("PUT", f"{PATH}/{one.brex_id}", wish.remote_id, [body], body)
        else:
            return
        answer = self._send(write)
        if isinstance(answer, Field):
            one.brex_id, one.disabled = answer.id, answer.disabled

    def _values(self, one: Look, tell: Callable[[int], None] | None) -> None:
        """All changes of a field are stored as intents in one transaction, read row by row, and then sent."""
        field_, path = one.wanted.remote_id, values_path(one.brex_id)
        with self.runtime.database.begin() as tx:
            self._plan(tx, looking.changes(tx, self.connection, one), field_, path)
        while True:
            with self.runtime.database.begin() as tx:
                planned = field_writes.unsettled(tx, self.connection.id, sent=False)[:1]
                write = field_writes.one(tx, self.connection.id, planned[0]) if planned else None
            if write is None:
                return
            self._send(write)
            if tell is not None:
                tell(self.done.changed)

    def _plan(self, tx: Tx, changes: Iterator[Change], field_: str, path: str) -> None:
        """New values and changed ones go in calls of their own, a thousand at most in each."""
        waiting: dict[str, list[Any]] = {"POST": [], "PUT": []}
        for change in changes:
            method = "POST" if change.kind is Kind.CREATE else "PUT"
            waiting[method].append(change.item())
            if len(waiting[method]) == MOST:
                self._store(tx, method, path, field_, waiting[method], {"items": waiting[method]})
                waiting[method] = []
        for method, items in waiting.items():
            if items:
                self._store(tx, method, path, field_, items, {"items": items})

    def _intend(self, method: str, path: str, field_: str, items: list[Any], body: Any) -> FieldWrite:
        with self.runtime.database.begin() as tx:
            write = field_writes.one(tx, self.connection.id, self._store(tx, method, path, field_, items, body))
        assert write is not None  # noqa: S101 - just stored
        return write

    def _store(self, tx: Tx, method: str, path: str, field_: str, items: list[Any], body: Any) -> int:
        """The key is derived from the request and from this plan: what a later plan sends alike is another request."""
        text, hash_ = jsonio.dumps(body), jsonio.digest(body)
        key = str(uuid5(NAMESPACE_URL, f"{self.connection.id}/{uuid4().hex}/{method}/{path}/{hash_}"))
        write = {"field": field_, "method": method, "path": path, "key": key, "body": text, "body_hash": hash_}
        return field_writes.intend(tx, self.connection.id, {**write, "items": len(items)})

    # -- one call

    def _send(self, write: FieldWrite) -> list[Value] | Field | None:
        """The answer; None where Brex refused it, or where it is not known what became of it."""
        self._keep_turn()
        with self.runtime.database.begin() as tx:
            field_writes.sending(tx, self.connection.id, write.id)
        with calling(self.runtime, self.connection):
            return self._judged(write)

    def _judged(self, write: FieldWrite) -> list[Value] | Field | None:
        try:
            answer = self.fields.send(write.method, write.path, write.body.encode(), write.key)
        except NoAnswer as error:
            self._settled(write, "uncertain", str(error))
            return None
        except (NotSent, Throttled, Unauthorized):  # turned away before anything was done
            with self.runtime.database.begin() as tx:
                field_writes.unsent(tx, self.connection.id, write.id)
            raise
        except Refused as error:
            self._settled(write, "refused", str(error))
            self._halve(write, error)
            return None
        missing = _missing(write, answer)
        if missing:
            self._settled(write, "uncertain", f"Brex's answer does not show {missing[0]}")
            return None
        if isinstance(answer, list):
            see(self.runtime, self.connection, write.field, answer, write.key)
        self._settled(write, "written", "")
        self.done.changed += write.items
        return answer

    def _settled(self, write: FieldWrite, outcome: str, evidence: str) -> None:
        with self.runtime.database.begin() as tx:
            field_writes.settle(tx, self.connection.id, write.id, outcome, evidence)

    def _halve(self, write: FieldWrite, error: Refused) -> None:
        """One bad item refuses the whole call: the halves are other requests. A single one is told, with its words."""
        body = jsonio.loads(write.body)
        items = body.get("items")
        if not isinstance(items, list) or error.status not in (400, 409, 422):
            raise error
        if len(items) == 1:
            self.done.refused.append((str(items[0].get("remote_id") or items[0].get("brex_id")), str(error)))
            return
        middle = (len(items) + 1) // 2
        with self.runtime.database.begin() as tx:
            for some in (items[:middle], items[middle:]):
                self._store(tx, write.method, write.path, write.field, some, {"items": some})


def _missing(write: FieldWrite, answer: list[Value] | Field) -> list[str]:
    """Of the items sent those that the answer does not show. (Brex may write a name in its own way.)"""
    if isinstance(answer, Field):
        return []
    shown = {value.id for value in answer} | {value.remote_id for value in answer}
    return [_id(item) for item in _items(write) if _id(item) not in shown]


def _items(write: FieldWrite) -> list[dict[str, Any]]:
    body = jsonio.loads(write.body)
    items: list[dict[str, Any]] = body.get("items") or [body]
    return items


def _id(item: dict[str, Any]) -> str:
    return str(item.get("brex_id") or item.get("remote_id") or "")


def _as_meant(item: dict[str, Any], value: Value | None) -> bool:
    data = item.get("data", item)
    return (
        value is not None
        and data.get("value", value.value) == value.value
        and data.get("is_disabled", value.disabled) == value.disabled
    )


def _there(tx: Tx, connection_id: int, write: FieldWrite) -> bool:
    """Does what Brex shows now have the effect of this write?"""
    items = _items(write)
    if not write.path.endswith("/values"):
        return options.has_field(tx, connection_id, write.field, selectable=write.method == "PUT")
    new, changed = [one["remote_id"] for one in items if "remote_id" in one], [_id(one) for one in items]
    rows = options.shown(tx, connection_id, write.field, new, changed)
    values = {row["remote_id"]: Value(**_value(row)) for row in rows} | {
        row["brex_id"]: Value(**_value(row)) for row in rows
    }
    if write.method == "POST":  # the name may have been changed since
        return all(one["remote_id"] in values for one in items)
    return all(_as_meant(one, values.get(_id(one))) for one in items)


def _value(row: Any) -> dict[str, Any]:
    return {"id": row["brex_id"], "remote_id": row["remote_id"], "value": row["value"], "disabled": row["disabled"]}
