"""A worker that dies at a drawn point: in a call, before or after its effect, or in a commit, before or after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import BaseAdapter

from connector.store.engine import Database, Tx


class Crash(BaseException):
    """Not an `Exception`: nothing in the product may catch it, as nothing catches SIGKILL."""


class Fuse:
    """Burns down by one at each point that is passed, and then breaks the worker off. Not lit at first."""

    def __init__(self) -> None:
        self.left: int | None = None

    def light(self, points: int) -> None:
        self.left = points

    def put_out(self) -> None:
        self.left = None

    def passing(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            self.left = None
            raise Crash


class CrashingCalls(BaseAdapter):
    def __init__(self, inner: BaseAdapter, fuse: Fuse) -> None:
        super().__init__()
        self._inner, self._fuse = inner, fuse

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self._fuse.passing()
        answer = self._inner.send(request, *args, **kwargs)
        self._fuse.passing()
        return answer

    def close(self) -> None:
        self._inner.close()


class CrashingDatabase(Database):
    def __init__(self, url: str, fuse: Fuse) -> None:
        super().__init__(url)
        self._fuse = fuse

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        with super().begin() as tx:
            yield tx
            self._fuse.passing()
        self._fuse.passing()
