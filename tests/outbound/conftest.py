from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
import trustme

from connector.outbound.session import Outbound
from tests.outbound.server import Script, Server, serve


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("127.0.0.1", "localhost", "sandbox.test")


@pytest.fixture
def start(certificate: trustme.LeafCert) -> Iterator[Callable[..., Server]]:
    """start(script[, certificate]) → a running server, stopped after the test."""
    with ExitStack() as stack:

        def run(script: Script, leaf: trustme.LeafCert | None = certificate) -> Server:
            manager: AbstractContextManager[Server] = serve(script, leaf)
            return stack.enter_context(manager)

        yield run


@pytest.fixture
def outbound(ca_file: str) -> Iterator[Callable[..., Outbound]]:
    """outbound(server, …) → an `Outbound` that trusts these servers' names and the test's authority."""
    made: list[Outbound] = []

    def make(*servers: Server, trusted: tuple[str, ...] = (), proxy: str | None = None) -> Outbound:
        names = frozenset(server.name for server in servers) | frozenset(trusted)
        made.append(Outbound(trusted_hosts=names, ca_bundle=ca_file, proxy=proxy))
        return made[-1]

    yield make
    for one in made:
        one.close()
