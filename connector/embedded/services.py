"""PostgreSQL and Valkey for one home: started, watched and stopped together, by one supervisor at a time."""

import fcntl
import os
from pathlib import Path
from typing import IO

from cryptography.fernet import Fernet

from connector.embedded import account, state
from connector.embedded.errors import AlreadyRunning
from connector.embedded.postgres import Postgres
from connector.embedded.valkey import Valkey


class Embedded:
    """A home's services. `postgres` or `valkey` False: that one is somebody else's, its URL is given."""

    def __init__(
        self, home: Path, *, postgres: bool = True, valkey: bool = True, elsewhere: Path = account.VAR_LIB
    ) -> None:
        """`elsewhere` is where data go that root may not keep in the home (see `account.place_for`)."""
        self.home = home.absolute()  # resolved before anyone changes folder
        self.elsewhere = elsewhere
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self._wanted = (postgres, valkey)
        self._lock: IO[str] | None = None

    def start(self) -> None:
        """Returns when both answer; `connector.settings.load` finds them from then on.

        Raises `AlreadyRunning`, `CannotStart`, `NotInstalled`; then nothing is left running. Call it from the
        main thread: on Linux the servers end with the thread that started them.
        """
        whom = account.server_account()
        account.make_folder(self.home, whom)
        self._lock = _only_one(self.home)
        try:
            self._start(whom)
        except BaseException:
            self.stop()
            raise

    def folders(self) -> list[str]:
        """Where the data are: the home and, where root may not keep them there, one more."""
        places = {self.home} | {server.place for server in (self.postgres, self.valkey) if server is not None}
        return sorted(str(place) for place in places)

    def mend(self) -> list[str]:
        """Start again what has died; their names. Call it now and then."""
        mended = []
        for name, server in (("PostgreSQL", self.postgres), ("Valkey", self.valkey)):
            if server is not None and not server.alive():
                server.start()
                mended.append(name)
        if mended:
            self._tell()
        return mended

    def stop(self) -> None:
        """Valkey first, PostgreSQL last, in order; harmless if repeated. The data stay."""
        if self._lock is None:  # not ours to stop
            return
        state.services_file(self.home).unlink(missing_ok=True)
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()
        self._lock.close()
        self._lock = None

    def _start(self, whom: account.Account | None) -> None:
        postgres, valkey = self._wanted
        place = account.place_for(self.home, whom, self.elsewhere)
        ports = state.read(self.home / "ports.json")
        if postgres:
            state.kept(state.keys_file(self.home), lambda: Fernet.generate_key().decode())
            self.postgres = Postgres(
                home=self.home,
                place=place,
                account=whom,
                password=state.password(self.home, "postgres"),
                port=ports.get("postgres"),
            )
            self.postgres.start()
        if valkey:
            self.valkey = Valkey(
                home=self.home,
                place=place,
                account=whom,
                password=state.password(self.home, "valkey"),
                port=ports.get("valkey"),
            )
            self.valkey.start()
        self._tell()

    def _tell(self) -> None:
        """Keep the ports, so that they stay the same; and say where the services are."""
        servers = {"postgres": self.postgres, "valkey": self.valkey}
        ports = {name: server.port for name, server in servers.items() if server is not None}
        state.write(self.home / "ports.json", state.read(self.home / "ports.json") | ports)
        urls = {"DATABASE_URL": self.postgres, "REDIS_URL": self.valkey}
        running = {name: server.url() for name, server in urls.items() if server is not None}
        state.announce(self.home, running, os.environ)


def _only_one(home: Path) -> IO[str]:
    """Hold the home's lock for as long as the file stays open. Raises `AlreadyRunning`.

    A POSIX record lock: it ends with its process whatever became of that, and a child does not inherit it, so
    nothing that outlives a killed supervisor can hold it.
    """
    lock = (home / "lock").open("a+", encoding="ascii")
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip()
        lock.close()
        raise AlreadyRunning(
            f"The services of {home} are run by another process already{f' ({holder})' if holder else ''}: "
            "stop that one first, or set CONNECTOR_HOME to another folder."
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}")
    lock.flush()
    return lock
