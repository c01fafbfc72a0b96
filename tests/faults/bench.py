"""One cell at work: a world, a connection and what is done to them, until everything has come to its end.

All cells of a run share one database: each has a connection of its own, and everything is asked for by connection.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy import text

from connector.brex.errors import BrexError
from connector.d365.errors import D365Error
from connector.domain import connection as files
from connector.outbound.session import Outbound
from connector.pipeline import poll, refresh, stages, watch
from connector.pipeline.runtime import Runtime, Stop
from connector.store import connections, rules
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.middleware import Seen
from sandbox.world import World
from tests.conftest import KEY, mapping_rows
from tests.faults.calls import ENTITY_SET, Call, name_of
from tests.guard import NoCallsInTransactions
from tests.invariants import assert_kept
from tests.pipeline.helpers import announce, change, codes, let_pass, rows, run_chain, scalar, spend

_NUMBERS = count(1)
# As a person mends credentials.
Mend = Callable[[], object]


class Ill(AssertionError):
    """The cell did not come to its end."""


@dataclass
class Bench:
    world: World
    runtime: Runtime
    connection: Connection
    ids: list[str] = field(default_factory=list)
    mend: Mend | None = None
    pauses: list[str] = field(default_factory=list)  # the sentence of each
    said: list[str] = field(default_factory=list)  # of a command that failed
    begun: int = 0  # where in the traffic the fault was set

    @property
    def database(self) -> Database:
        return self.runtime.database

    # -- what the stories do

    def spend(self, *sizes: int) -> None:
        """Records that Brex has, and of which we have not heard."""
        self.ids += spend(self.world, *sizes, seed=len(self.ids) + 1)

    def announce(self, ids: Sequence[str] = ()) -> None:
        announce(self.runtime, self.connection, ids or self.ids)

    def chain(self) -> None:
        """What was cut off as `late` lands after the chain that gave it up."""
        run_chain(self.runtime, self.connection)
        self.world.faults.release()

    def settle(self, minutes: float = 15) -> None:
        """Run what is due, and let time pass where it waits, until nothing is due soon."""
        for _ in range(60):
            self.chain()
            if self.resumed():
                continue
            seconds = stages.next_seconds(self.runtime, self.connection.id)
            if seconds is None or seconds > minutes * 60:
                return
            let_pass(self.database, seconds + 0.001)
        raise Ill("the work never ends")

    def resumed(self) -> bool:
        """Where it is paused a person mends the cause, and resumes it."""
        with self.database.begin() as tx:
            found = connections.by_id(tx, self.connection.id)
        assert found is not None
        if found.active:
            return False
        self.pauses.append(
            scalar(self.database, "SELECT state_reason FROM connections WHERE id = :id", id=self.connection.id)
        )
        if self.mend is None:
            raise Ill(f"paused: {self.pauses[-1]}")
        self.mend()
        with self.database.begin() as tx:
            connections.resume(tx, self.connection.id)
        return True

    def poll(self) -> None:
        """The hourly poll, until one went through to its end."""
        for _ in range(20):
            change(self.database, "UPDATE connections SET next_poll_at = now() WHERE id = :id", id=self.connection.id)
            if self._active() and poll.run(self.runtime, self.connection) is not None:
                return
            self.resumed()
            let_pass(self.database, 700)
        raise Ill("the poll never ends")

    def watch(self) -> None:
        """The watch of journals, some times an hour apart."""
        for _ in range(12):
            change(self.database, "UPDATE journals SET watch_at = now() WHERE watch_at < 'infinity'")
            if self._active():
                stages.watch_if_due(self.runtime, self.connection.id)
            self.resumed()
            let_pass(self.database, 700)

    def command(self, do: Callable[[], object]) -> None:
        """What a person runs: it says what is wrong, and is run again."""
        for _ in range(20):
            try:
                do()
            except (Stop, BrexError, D365Error) as error:
                self.said.append(str(error))
                if self.mend is not None and not self.resumed():
                    self.mend()
                let_pass(self.database, 700)
            else:
                return
        raise Ill(f"it never works: {self.said[-1]}")

    def _active(self) -> bool:
        return self.runtime.connection(self.connection.id) is not None

    # -- what is looked at afterwards

    def requests(self, call: Call) -> list[Seen]:
        """Requests of this call since the fault was set."""
        found = list(self.world.traffic.latest)[self.begun :]
        found = [seen for seen in found if name_of(seen.system, seen.method, seen.path) == call.name]
        # One entity set stands for all of them.
        return [seen for seen in found if call.name != ENTITY_SET or seen.path.startswith(call.match.split()[1])]

    def noticed(self) -> bool:
        """True where an answer was not clear: some batch has evidence of that."""
        statement = "SELECT count(*) FROM batches WHERE connection_id = :id AND evidence <> ''"
        return bool(scalar(self.database, statement, id=self.connection.id))

    def ends(self) -> dict[str, tuple[str, str, tuple[str, ...]]]:
        """Record id → stage, export status, codes of its problems."""
        found = rows(self.runtime, self.connection)
        return {one: (row["stage"], row["export_status"], tuple(codes(row))) for one, row in found.items()}

    def assert_all_done(self) -> None:
        ends = self.ends()
        assert {one: ends.get(one) for one in self.ids} == dict.fromkeys(self.ids, ("acknowledged", "EXPORTED", ()))

    def assert_kept(self, *, settled: bool = True, **allowed: Any) -> None:
        assert_kept(self.world, self.database, self.connection, settled=settled, **allowed)


def bench(
    database: Database, vault: Vault, *, quiet_seconds: float = 0, known: bool = False, **posting: object
) -> Bench:
    """A world of its own, and a connection to it. `known`: its master data were read before, and not on this bench."""
    others = _read_once(database) if known else 0
    world = World()
    runtime = Runtime(database, vault, Outbound(adapter=NoCallsInTransactions(world.adapter())), quiet_seconds)
    data = world.connection(f"cell-{next(_NUMBERS)}")
    data["posting"] |= posting
    with database.begin() as tx:
        connection_id = connections.add(tx, vault, files.read(data))
        rules.replace_mappings(tx, connection_id, mapping_rows())
        if known:
            for statement in _AS_ANOTHER:
                tx.execute(text(statement), {"id": connection_id, "other": others})
        found = connections.by_id(tx, connection_id)
    assert found is not None
    return Bench(world, runtime, found)


# Every world begins alike, so what was read of one is known of the others.
_AS_ANOTHER = (
    """INSERT INTO master_sets (connection_id, entity_set, read_at, version)
       SELECT :id, entity_set, read_at, version FROM master_sets WHERE connection_id = :other""",
    """INSERT INTO master_rows (connection_id, entity_set, key, row, row_hash)
       SELECT :id, entity_set, key, row, row_hash FROM master_rows WHERE connection_id = :other AND active""",
    "UPDATE connections SET refreshed_at = now(), next_refresh_at = now() + interval '1 day' WHERE id = :id",
)


@cache
def _read_once(database: Database) -> int:
    """The connection of this database that has read its master data, and does nothing else."""
    one = bench(database, vault())
    refresh.run(one.runtime, one.connection)
    change(database, "UPDATE connections SET next_refresh_at = now() + interval '1 day' WHERE id = :id",
           id=one.connection.id)  # fmt: skip
    close(one)
    return one.connection.id


def close(one: Bench) -> None:
    with suppress(Exception):
        one.world.close()


def vault() -> Vault:
    return Vault([KEY])


__all__ = ["Bench", "Ill", "bench", "close", "vault", "watch"]
