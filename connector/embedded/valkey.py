"""One Valkey server of our own, the broker. Nothing is kept on disk: it holds wake-ups, never records."""

import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from connector.embedded import process
from connector.embedded.account import Account
from connector.embedded.binaries import valkey_program
from connector.embedded.errors import CannotStart

START_SECONDS = 20
STOP_SECONDS = 10


class Valkey:
    def __init__(self, *, home: Path, place: Path, account: Account | None, password: str, port: int | None) -> None:
        """`home` gets the log; `port` is used if it is free."""
        self.home, self.place, self.account, self.password = home, place, account, password
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start and wait until it answers. Raises `CannotStart`, `NotInstalled`."""
        program = valkey_program(self.account, self.place)
        self._end_leftover()
        for _ in range(3):  # another program may take the port between the look and the start
            self.port = process.free_port(self.port)
            if self._launch(program):
                return
        raise CannotStart(f"The embedded Valkey does not start; see {self.home / 'log/valkey.log'}.")

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Harmless where it does not run."""
        if self._process is not None:
            process.stop(self._process, signal.SIGTERM, STOP_SECONDS)
            self._process = None

    def _launch(self, program: Path) -> bool:
        # Settings go in by standard input: an argument could be read by every user of the machine.
        with process.open_log(self.home, "valkey") as log, tempfile.TemporaryFile() as settings:
            settings.write(self._configuration().encode())
            settings.seek(0)
            self._process = process.start(
                [str(program), "-"],
                account=self.account,
                log=log,
                last_signal=signal.SIGTERM,
                stdin=settings,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _configuration(self) -> str:
        return "\n".join(
            (
                "bind 127.0.0.1",
                f"port {self.port}",
                f"requirepass {self.password}",
                'save ""',
                "appendonly no",
                "daemonize no",
                "maxmemory-policy noeviction",
                "",
            )
        )

    def _answers(self) -> bool:
        client = self._client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _end_leftover(self) -> None:
        """A killed predecessor may have left its server running where there is no parent-death signal.

        Only ours takes our password, so whoever accepts it on our port may be told to end.
        """
        if self.port is not None and self._answers():
            client = self._client()
            try:
                client.shutdown(nosave=True)
            except redis.RedisError:
                pass  # it went away while answering, as asked
            finally:
                client.close()

    def _client(self) -> "redis.Redis":
        return redis.Redis(
            host="127.0.0.1",
            port=self.port or 0,
            password=self.password,
            socket_timeout=2,
            socket_connect_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
