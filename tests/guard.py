"""A rule of the house, enforced in every test: no network call inside a database transaction."""

from typing import Any

import requests
from requests.adapters import BaseAdapter

from connector.store.engine import in_transaction


class NoCallsInTransactions(BaseAdapter):
    def __init__(self, inner: BaseAdapter) -> None:
        super().__init__()
        self._inner = inner

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if in_transaction():
            raise AssertionError(f"{request.method} {request.url} inside a database transaction")
        return self._inner.send(request, *args, **kwargs)

    def close(self) -> None:
        self._inner.close()
