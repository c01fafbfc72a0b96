from collections.abc import Iterator

import pytest

from sandbox.d365 import Ledger, create_app, seed
from sandbox.entra import Entra
from sandbox.faults import Faults
from sandbox.state import Store
from tests.sandbox.d365.caller import HOST, Caller

TENANT = "contoso.onmicrosoft.com"


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.close()


@pytest.fixture
def entra(store: Store) -> Entra:
    entra = Entra(store, tenant_id=TENANT)
    entra.register("app-1", "secret")
    entra.add_resource(HOST)
    return entra


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return seed(store, ["app-1"])


@pytest.fixture
def f_and_o(store: Store, ledger: Ledger, entra: Entra) -> Caller:
    """A caller with a good token, over a seeded environment."""
    return Caller(create_app(store, Faults(), entra), a_token(entra))


def a_token(entra: Entra, client_id: str = "app-1", host: str = HOST) -> str:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "secret"}
    return str(entra.issue(TENANT, form | {"scope": f"{host}/.default"})["access_token"])
