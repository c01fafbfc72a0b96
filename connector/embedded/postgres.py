"""One PostgreSQL server of our own: made, started, stopped. 127.0.0.1 only, scram, no socket file.

Its data lie in a folder that carries the major version: a newer PostgreSQL never touches data it cannot read.
"""

import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg2

from connector.embedded import process
from connector.embedded.account import Account
from connector.embedded.binaries import PostgresPrograms, postgres_programs
from connector.embedded.errors import CannotStart

USER = "connector"
DATABASE = "connector"
START_SECONDS = 60  # recovery after a crash included
STOP_SECONDS = 30

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes; a home may not be so short
    "max_connections": "100",
    "log_min_error_statement": "panic",  # a statement carries its values, and this log may be read by anyone
    "log_error_verbosity": "terse",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FAST_NOT_SAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # for tests only


class Postgres:
    def __init__(
        self,
        *,
        home: Path,
        place: Path,
        account: Account | None,
        password: str,
        port: int | None,
        durable: bool = True,
    ) -> None:
        """`home` gets the log, `place` the data; `port` is used if it is free."""
        self.home, self.place, self.account, self.password = home, place, account, password
        self.settings = SETTINGS if durable else SETTINGS | FAST_NOT_SAFE
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the database on first use, end what a killed predecessor left, start, wait until it answers.

        Raises `CannotStart`, `NotInstalled`.
        """
        programs = self._programs().usable_by(self.account, self.place)
        data = self._data(programs.major)
        if not data.exists():
            self._make(programs, data)
        _end_leftover(data)
        for _ in range(3):  # another program may take the port between the look and the start
            self.port = process.free_port(self.port)
            if self._launch(programs, data):
                break
            time.sleep(0.2)
        else:
            raise CannotStart(f"The embedded PostgreSQL does not start; see {self.home / 'log/postgres.log'}.")
        self._create_database()

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Clients are cut off, everything is on disk. Harmless where it does not run."""
        if self._process is not None:
            process.stop(self._process, signal.SIGINT, STOP_SECONDS)
            self._process = None

    def _data(self, major: int) -> Path:
        return self.place / f"postgres-{major}"

    def _programs(self) -> PostgresPrograms:
        """The newest PostgreSQL; but the one whose data are here already, if there are any."""
        offered = postgres_programs()
        majors = [int(path.name.split("-")[1]) for path in self.place.glob("postgres-[0-9][0-9]")]
        if not majors:
            return offered[0]
        for programs in offered:
            if programs.major == max(majors):
                return programs
        raise CannotStart(
            f"{self._data(max(majors))} was made by PostgreSQL {max(majors)}, which is no longer installed "
            "here: move the data over with that version's pg_dump, or set CONNECTOR_HOME to a new folder."
        )

    def _make(self, programs: PostgresPrograms, data: Path) -> None:
        new = data.with_name(f"{data.name}.new")  # under its own name only when it is whole
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        secret = self.place / "initdb.password"
        secret.touch(mode=0o600)
        secret.write_text(self.password, encoding="ascii")
        if self.account is not None:
            self.account.owns(new)
            self.account.owns(secret)
        try:
            self._initdb(programs, new, secret)
        finally:
            secret.unlink()
        new.rename(data)

    def _initdb(self, programs: PostgresPrograms, data: Path, secret: Path) -> None:
        command = [
            str(programs.program("initdb")), "--pgdata", str(data), "--username", USER, "--pwfile",
            str(secret), "--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions", "--locale=C",
        ]  # fmt: skip
        if programs.major >= 17:  # the same order of text on every machine, whatever its C library
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if "fsync" in self.settings:
            command += ["--no-sync"]
        with process.open_log(self.home, "postgres") as log:
            made = process.start(command, account=self.account, log=log, last_signal=signal.SIGKILL)
            if made.wait() != 0:
                raise CannotStart(f"The embedded database cannot be made; see {self.home / 'log/postgres.log'}.")

    def _launch(self, programs: PostgresPrograms, data: Path) -> bool:
        """Whether it came up; False where it ended by itself (its log says why)."""
        settings = self.settings | {"port": str(self.port)}
        command = [str(programs.program("postgres")), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with process.open_log(self.home, "postgres") as log:
            self._process = process.start(command, account=self.account, log=log, last_signal=signal.SIGINT)
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None:
            try:
                self._connect("postgres").close()
            except psycopg2.OperationalError as error:
                self._judge(str(error), deadline)
                time.sleep(0.02)
            else:
                return True
        return False

    def _judge(self, refusal: str, deadline: float) -> None:
        """Not accepting yet is a reason to wait; the wrong password or too long a time is none."""
        wrong_password = "password authentication failed" in refusal  # the server speaks English: LC_ALL=C
        if wrong_password or time.monotonic() > deadline:
            self.stop()
            why = (
                f"{self.home / 'postgres.password'} is not what its data were made with: put that back"
                if wrong_password
                else f"it does not answer after {START_SECONDS} seconds; see {self.home / 'log/postgres.log'}"
            )
            raise CannotStart(f"The embedded PostgreSQL cannot be used: {why}.")

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname=database,
            connect_timeout=5,
        )

    def _create_database(self) -> None:
        connection = self._connect("postgres")
        try:
            connection.autocommit = True  # CREATE DATABASE refuses a transaction
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()


def _end_leftover(data: Path) -> None:
    """A predecessor that was killed may have left its server running, or only its lock file.

    The server is stopped cleanly and not taken over: it would not end with us. The lock file goes where its
    process id belongs to some other program by now (after a restart of the machine or container); PostgreSQL
    itself would refuse.
    """
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + STOP_SECONDS
    asked = False
    while lock.exists():
        try:
            leftover = int(lock.read_text(encoding="ascii").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            leftover = 0
        if not leftover or not process.runs_with(leftover, str(data)):
            lock.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            raise CannotStart(f"Process {leftover}, an older embedded PostgreSQL on {data}, does not stop: end it.")
        elif not asked:
            process.ask(leftover, signal.SIGINT)
            asked = True
        time.sleep(0.02)
