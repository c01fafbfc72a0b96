"""One way into PostgreSQL. Created lazily, after fork; every transaction is short and makes no network call."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, Engine, create_engine

from connector.domain import jsonio

# A transaction of this house. ("connection" means a Brex account joined to an F&O environment.)
Tx = Connection

_depth: ContextVar[int] = ContextVar("open_transactions", default=0)


def in_transaction() -> bool:
    """True while this thread is inside `Database.begin()`: then no network call is allowed."""
    return _depth.get() > 0


class Database:
    """`url` as `postgresql+psycopg2://…`. JSON columns are read with Decimal, never float."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = create_engine(
                self._url,
                pool_pre_ping=True,
                pool_size=4,
                max_overflow=8,
                pool_timeout=10,
                json_serializer=jsonio.dumps,
                json_deserializer=jsonio.loads,
                connect_args={
                    "connect_timeout": 5,
                    "application_name": "connector",
                    "options": "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=30s "
                    # Which writes this release understands (migration 0014): those of the one before it do not say so.
                    "-c idle_in_transaction_session_timeout=60s -c connector.forms=known",
                },
            )
        return self._engine

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """One transaction: committed at the end, rolled back on an exception."""
        with self.engine.begin() as tx:
            token = _depth.set(_depth.get() + 1)
            try:
                yield tx
            finally:
                _depth.reset(token)

    def dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
