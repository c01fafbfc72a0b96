"""Card transactions and their expenses as a source of records: the same questions, the same shape of answer.

Transactions are read as a whole from a day on, and their expenses in bulk, by the days on which their payments were
posted; what is not among those (a refund of an old expense, a bill) is asked for singly. Nothing of it is kept here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import structlog

from connector.brex.client import BrexClient
from connector.brex.errors import Refused
from connector.brex.spend import Item, Spend
from connector.brex.wire import Company, Export, FailedExport, Reported
from connector.domain import record, spend
from connector.domain.readiness import Readiness
from connector.pipeline.source import Page

log = structlog.get_logger()
# A payment is posted on about the day of its transaction; one of them is a date, the other a time of some zone.
_AROUND: Final = timedelta(days=2)
# So many transactions are joined at once, and stored before the next are.
_PART: Final = 1000
# With so few to be found, asking for each is less than reading all expenses of their days.
_SINGLY: Final = 10


class JoinedSource:
    """`start`: nothing before it is read. `today`: the day by the database's clock, UTC."""

    def __init__(
        self, client: BrexClient, reader: Spend, readiness: Readiness, start: date, today: Callable[[], date]
    ) -> None:
        self._client = client
        self.reader = reader
        self._rule = spend.Rule(
            readiness.ready == "approved", tuple(readiness.fields), readiness.grace_days, readiness.hold_after_days
        )
        self._start = start
        self._today = today

    def company(self) -> Company:
        return self._client.company()

    def touch(self) -> None:
        self.reader.one_page()

    def pages(
        self, *, review_status: str | None, source_type: str | None, updated_after: datetime,
        limit: int = 500,  # noqa: ARG002 - pages are as large as they are read
    ) -> Iterator[Page]:  # fmt: skip
        """All transactions posted on the day of `updated_after` or later, ready or not: each says itself whether it
        is. None of them is ever EXPORTED, and all are CARD. A page's expenses are read when it is asked for.
        """
        if review_status == record.EXPORTED or source_type not in (None, "CARD"):
            return
        since = max(updated_after.astimezone(UTC).date(), self._start)
        settled = [item for page in self.reader.transactions(since) for item in page]
        settled.sort(key=lambda item: str(item.get("posted_at_date")))
        known = frozenset(map(_expense_id, settled))
        for begin in range(0, len(settled), _PART):
            yield self._joined(settled[begin : begin + _PART], known)

    def count(self, **_: Any) -> int | None:
        """Fact: Brex does not say how many there are."""
        return None

    def by_ids(self, ids: Sequence[str]) -> Page:
        """Fact: no transaction can be asked for by its id; the newest come first, so it is read until all are there."""
        wanted, found = set(ids), list[Item]()
        for page in self.reader.transactions(self._start) if wanted else ():
            found += [item for item in page if item.get("id") in wanted]
            if len(found) == len(wanted):
                break
        return self._joined(found)

    def report(self, successes: Sequence[Export], failures: Sequence[FailedExport]) -> Reported:  # noqa: ARG002
        raise Refused("Brex takes no export results for card transactions")

    # The join

    def _joined(self, settled: Sequence[Item], known: frozenset[str] | None = None) -> Page:
        """`known`: the expenses of all transactions around these days, so that one without any can be told."""
        today = self._today()
        expenses = self._expenses(settled, known, today)
        return [spend.join(item, expenses.get(_expense_id(item)), self._rule, today) for item in settled]

    def _expenses(self, settled: Sequence[Item], known: frozenset[str] | None, today: date) -> Mapping[str, Item]:
        wanted = {id_ for item in settled if (id_ := _expense_id(item))}
        found: dict[str, Item] = {}
        days = sorted(day for item in settled if (day := _day(item)) is not None)
        if days and wanted and (known is not None or len(wanted) > _SINGLY):
            pages = self.reader.expenses(days[0] - _AROUND, days[-1] + _AROUND)
            found, others = _among(wanted, pages)
            if known is not None:
                _tell([one for one in others if one.get("id") not in known], days[0] + _AROUND, today - _AROUND)
        for expense_id in sorted(wanted - found.keys()):
            if (single := self.reader.expense(expense_id)) is not None:
                found[expense_id] = single
        for expense in found.values():
            if expense.get("status") == "SPLIT" and not expense.get("expense_line_items"):
                expense["expense_line_items"] = self.reader.parts(str(expense["id"]))
        return found


def _among(wanted: set[str], pages: Iterable[Page]) -> tuple[dict[str, Item], list[Item]]:
    """Those that are wanted, by their ids, and of the others those that were paid."""
    found: dict[str, Item] = {}
    others: list[Item] = []
    for page in pages:
        found |= {str(item.get("id")): item for item in page if item.get("id") in wanted}
        others += [one for one in page if one.get("id") not in wanted and one.get("payment_status") == "CLEARED"]
    return found, others


def _tell(paid: Sequence[Item], first: date, last: date) -> None:
    """Paid, and not settled days later: nothing is booked of it, and somebody may want to know."""
    dated = [(str(one.get("id")), _date(one.get("payment_posted_at"))) for one in paid]
    names = [name for name, day in dated if day is not None and first <= day <= last]
    if names:
        log.warning("expenses without a settled transaction: not booked", expenses=names[:20], number=len(names))


def _expense_id(item: Item) -> str:
    value = item.get("expense_id")
    return value if isinstance(value, str) else ""


def _day(item: Item) -> date | None:
    return _date(item.get("posted_at_date"))


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
