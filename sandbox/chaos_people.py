"""What people do in Brex and F&O during a chaos run: post journals and invoices, enter bills and change them."""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sandbox.books import Allowed, Books, Ledger
from sandbox.operator import Failed, Operator

Json = dict[str, Any]


class People:
    """`changed`: ids of bills that were changed in Brex. `former`: what they and all came to before."""

    def __init__(self, name: str) -> None:
        self.changed: list[str] = []
        self.former: dict[str, list[Any]] = {}
        self._name = name
        self._to_come: deque[str] = deque()
        self._changes: dict[str, Json] = {}
        self._at_once = 1
        self._to_look = False
        self._paused = False

    def expect(self, expected: Sequence[Json], messages: int) -> None:
        """Bills appear a few at a time, with so many messages."""
        self._to_come = deque(one["record_id"] for one in expected if not one["told"])
        self._changes = {one["record_id"]: one["changes"] for one in expected if one["changes"]}
        self._at_once = -(-len(self._to_come) // max(1, messages))

    @property
    def waiting(self) -> bool:
        return bool(self._to_come) or self._to_look

    def enter_bills(self, operator: Operator, *, all_of_them: bool = False) -> int:
        """No message tells of them: the connector finds them by its poll. How many."""
        count = len(self._to_come) if all_of_them else min(self._at_once, len(self._to_come))
        ids = [self._to_come.popleft() for _ in range(count)]
        if ids:
            operator.control("POST", "/records/appear", {"record_ids": ids})
            self._to_look = True
        return len(ids)

    def look(self, operator: Operator) -> bool:
        """A connection that is resumed polls. True once it was; while its database is away it is tried again."""
        if not self._to_look:
            return False
        with suppress(Failed):
            operator.connector("pause", self._name, "--reason", "to poll at once")
            self._paused = True
        if self._paused:
            with suppress(Failed):
                operator.connector("resume", self._name)
                self._paused = self._to_look = False
                return True
        return False

    def look_once_more(self) -> None:
        self._to_look = True

    def do(self, operator: Operator, what: str, pick: float) -> bool:
        """One of `chaos_plan.PEOPLE`; False where there is nothing to do it to."""
        if what in ("stop batches", "let batches go on"):
            operator.control("POST", "/ledger/switches", {"continue_on_error": what != "stop batches"})
            return True
        if what == "change a bill":
            return self._change(operator, pick)
        return _post_journal(operator, pick) if what == "post a journal" else _post_invoice(operator, pick)

    def _change(self, operator: Operator, pick: float) -> bool:
        records = {one["id"]: one for one in operator.control("GET", "/records/whole")["records"]}
        left = [one for one in self._changes if one in records and one not in self.changed]
        if not left:
            return False
        one = left[int(pick * len(left))]
        self.former[one] = [records[one]["amount"]["amount"]]
        operator.control("PATCH", f"/records/{one}", self._changes[one])
        self.changed.append(one)
        self._to_look = True
        return True

    def not_followed(self, operator: Operator) -> list[str]:
        """Bills that were changed, stand as they were, and are neither posted nor held: the ledger is to follow yet."""
        if not self.changed:
            return []
        books = Books(
            operator.control("GET", "/ledger/lines")["lines"],
            operator.control("GET", "/ledger/headers")["headers"],
            operator.control("GET", "/records/whole")["records"],
            rows=operator.connector_json("records", self._name, "--json"),
        )
        return behind(books, self.changed)


def behind(books: Books, changed: Sequence[str]) -> list[str]:
    """Pure: of these bills, those that `People.not_followed` means."""
    ledger = Ledger(books, Allowed())
    rows = {row["record_id"]: row for row in books.rows or ()}
    ended = {one for one, row in rows.items() if row["stage"] in ("held", "skipped", "reversed")}
    done = {one for one in changed if ledger.standing(one) or one in ended}
    posted = {
        identity[0]
        for kind in ledger.sets.values()
        for identity, lines in kind.items()
        if ledger.posted.get((str(lines[0]["dataAreaId"]).lower(), str(lines[0]["JournalBatchNumber"])))
    }
    return [one for one in changed if one not in done and one not in posted]


def _post_journal(operator: Operator, pick: float) -> bool:
    headers = operator.control("GET", "/ledger/headers")["headers"]
    numbers = [
        one["JournalBatchNumber"]
        for one in headers
        if one["IsPosted"] == "No" and (one["JournalTotalDebit"] or one["JournalTotalCredit"])
    ]
    if numbers:
        with suppress(Failed):  # F&O refuses to post this one
            operator.control("POST", "/ledger/post_journal", {"number": numbers[int(pick * len(numbers))]})
    return bool(numbers)


def _post_invoice(operator: Operator, pick: float) -> bool:
    pending = operator.control("GET", "/ledger/invoices")["invoices"]
    numbers = [one["HeaderReference"] for one in pending if one["IsOnHold"] == "No"]
    if numbers:
        with suppress(Failed):
            operator.control("POST", "/ledger/invoices/post", {"reference": numbers[int(pick * len(numbers))]})
    return bool(numbers)
