"""One database for all cells of a process: each cell has a connection of its own in it."""

from collections.abc import Iterator

import pytest

from connector.embedded import testing
from connector.store.engine import Database
from tests.conftest import migrate

pytest.register_assert_rewrite("tests.faults.bench", "tests.faults.stories")


@pytest.fixture(scope="session")
def shared() -> Iterator[Database]:
    with testing.fresh_database(migrate) as url:
        database = Database(url)
        yield database
        database.dispose()
