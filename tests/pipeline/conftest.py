"""What tests of real worker processes share: one process to fork them from, and one set of sockets."""

from collections.abc import Iterator

import pytest

from tests.pipeline.processes import Doors, Workers


@pytest.fixture(scope="session")
def forks() -> Iterator[Workers]:
    forks = Workers()
    yield forks
    forks.close()


@pytest.fixture(scope="session")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    doors = Doors(tmp_path_factory.mktemp("doors"))
    yield doors
    doors.close()
