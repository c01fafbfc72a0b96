"""Where a worker stops: in its sessions of the database and before its calls. Nothing in the product knows of it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg2.extensions
import requests
from requests.adapters import BaseAdapter
from sqlalchemy import event

if TYPE_CHECKING:
    from tests.interleavings.stepping import Stage, Stepped

_TABLES = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+([a-z_]+)")
_WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+([a-z_]+)")
_LOCKS = re.compile(r"\b(?:INSERT|UPDATE|DELETE)\b")  # FOR UPDATE as well


def tables_of(statement: str) -> set[str]:
    return set(_TABLES.findall(statement))


def written_by(statement: str) -> set[str]:
    return set(_WRITES.findall(statement))


def stop_in_sessions(worker: "Stepped", stage: "Stage") -> None:
    """Let every session that the worker opens from now on stop it where it is to stop."""

    def connecting(_dialect: Any, _record: Any, _args: Any, given: dict[str, Any]) -> None:
        given["connection_factory"] = _connection(worker, stage)
        given["options"] = "-c timezone=UTC"  # it may stand still for as long as the others take

    event.listen(worker.database.engine, "do_connect", connecting)


def _connection(worker: "Stepped", stage: "Stage") -> type[psycopg2.extensions.connection]:
    """A class of connections whose transactions stop where the worker is to stop."""

    class Cursor(psycopg2.extensions.cursor):
        minded = False

        def execute(self, statement: Any, parameters: Any = None) -> None:
            text = str(statement)
            connection: Any = self.connection
            worker.pid = connection.info.backend_pid
            self.minded = stage.minds(text)
            if self.minded and not connection.begun:
                connection.begun = True
                worker.pause(f"transaction: {_short(text)}")
            super().execute(statement, parameters)
            stage.notice(text, self.rowcount)
            if self.minded:
                connection.holds = connection.holds or bool(_LOCKS.search(text) and self.rowcount > 0)
                worker.saw(text, parameters, self.rowcount)

        def fetchall(self) -> list[Any]:
            rows = super().fetchall()
            if self.minded:
                worker.saw(*rows)
            return rows

        def fetchone(self) -> Any:
            row = super().fetchone()
            if self.minded:
                worker.saw(row)
            return row

        def fetchmany(self, size: int | None = None) -> list[Any]:
            rows = super().fetchmany(size or self.arraysize)
            if self.minded:
                worker.saw(*rows)
            return rows

    class Connection(psycopg2.extensions.connection):
        begun = holds = False

        def cursor(self, *args: Any, **kwargs: Any) -> Any:
            return super().cursor(*args, **{"cursor_factory": Cursor} | kwargs)

        def commit(self) -> None:
            self._end("commit", super().commit)

        def rollback(self) -> None:
            self._end("rollback", super().rollback)

        def _end(self, how: str, end: Callable[[], None]) -> None:
            held, self.begun, self.holds = self.holds, False, False
            if not held or stage.abandoned:
                return end()
            worker.pause(how)
            end()
            return stage.let_others_on(worker)

    return Connection


def _short(statement: str) -> str:
    verb = _WRITES.search(statement)
    return verb.group(0) if verb else f"SELECT {', '.join(sorted(set(_TABLES.findall(statement))))}"


class Calls(BaseAdapter):
    """Under a worker's `Outbound`: it stops before each call but those for a token."""

    def __init__(self, worker: "Stepped", inner: BaseAdapter) -> None:
        super().__init__()
        self._worker, self._inner = worker, inner

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = urlsplit(request.url or "")
        if "microsoftonline" in (url.hostname or ""):
            return self._inner.send(request, *args, **kwargs)
        self._worker.pause(f"call: {request.method} {url.path}")
        self._worker.saw(request.method, request.url, request.body)
        try:
            response = self._inner.send(request, *args, **kwargs)
        except requests.RequestException as error:
            self._worker.saw(type(error).__name__)
            raise
        self._worker.saw(response.status_code, response.content)
        return response

    def close(self) -> None:
        self._inner.close()
