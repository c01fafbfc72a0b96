"""Where records come from: the accounting API, or card transactions joined with their expenses. One face for both."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from connector.brex.wire import Company, Export, FailedExport, Reported
from connector.store.connections import Connection

Page = list[dict[str, Any]]


class Source(Protocol):
    """As `BrexClient` does it. All errors are `brex.errors`."""

    def company(self) -> Company: ...

    def touch(self) -> None: ...

    def pages(
        self, *, review_status: str | None, source_type: str | None, updated_after: datetime, limit: int = 500
    ) -> Iterator[Page]: ...

    def count(self, *, review_status: str | None, source_type: str | None, updated_after: datetime) -> int | None: ...

    def by_ids(self, ids: Sequence[str]) -> Page: ...

    def report(self, successes: Sequence[Export], failures: Sequence[FailedExport]) -> Reported: ...


def is_transactions(connection: Connection) -> bool:
    return bool(connection.settings["brex"]["source"] == "transactions")
