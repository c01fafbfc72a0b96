"""The demo's hands: starts and stops the processes, and uses the product as any operator would."""

import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.domain import jsonio
from connector.embedded.process import die_with_parent
from sandbox.books import document_of

ROOT = Path(__file__).resolve().parents[1]
STOP_SECONDS = 90.0
# The quiet period before absence is believed: ten minutes for real systems, which the demo need not sit out.
QUIET_SECONDS = "5"
INVOICES = "APInvoice"  # the name of the vendor invoice journals
REFERENCE = re.compile(r"BX[A-Z2-7]{18}")
# A line of the server's log that comes from one of its processes.
RUN_BY_IT = re.compile(r"\d\d:\d\d:\d\d \w+ +\| ")
ENDED = ("acknowledged", "held", "skipped")


class Failed(Exception):
    """The demo cannot go on; the message is a sentence without its full stop."""


class Services:
    """The sandbox and, beside it, what `script/server` runs, for one home. Logs go to files."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.url = ""
        self._processes: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._spoken: dict[str, int] = {}  # process → where in its log its latest run begins
        self._operator: Operator | None = None
        self._about: dict[str, str] | None = None

    def start(self, step: Callable[[str], None]) -> "Operator":
        (self.home / "log").mkdir(mode=0o700, parents=True, exist_ok=True)
        step("Starting the stand-ins for Brex, Entra ID and F&O")
        place = self.home / "sandbox"
        sandbox = self._spawn("sandbox", ["-m", "sandbox", "--home", str(place)], {})
        about = self._ready(place / "sandbox.json", sandbox, "the sandbox")
        step("Starting PostgreSQL, Valkey, web, worker and beat")
        return self._serve(about)

    def forget(self, step: Callable[[str], None]) -> "Operator":
        """The worst that can happen to a database: the server is killed, its data are deleted, it starts anew."""
        if os.environ.get("DATABASE_URL", "").strip():
            raise Failed("DATABASE_URL is set: only a database of the demo's own is ever deleted")
        assert self._about is not None  # noqa: S101 - started before
        name, server = next(one for one in self._processes if one[0] == "server")
        # On Linux everything it started ends with it; elsewhere it is asked to end.
        server.send_signal(signal.SIGKILL if sys.platform == "linux" else signal.SIGINT)
        server.wait()
        self._processes.remove((name, server))
        place = Path(json.loads((self.home / "place.json").read_text(encoding="utf-8"))["place"])
        for data in place.glob("postgres-[0-9]*"):
            self._gone(data / "postmaster.pid")
            shutil.rmtree(data)
        step("The server was killed and its database deleted")
        step("Starting again, with an empty database")
        return self._serve(self._about)

    def _serve(self, about: dict[str, str]) -> "Operator":
        self._about = about
        environ = {
            "CONNECTOR_HOME": str(self.home),
            "CONNECTOR_TRUSTED_HOSTS": about["trusted_hosts"],
            "REQUESTS_CA_BUNDLE": about["ca"],
            "CONNECTOR_QUIET_SECONDS": os.environ.get("CONNECTOR_QUIET_SECONDS", "").strip() or QUIET_SECONDS,
        }
        server = self._spawn("server", ["-m", "connector.embedded"], environ)
        self.url = self._ready(self.home / "server.json", server, "the server")["url"]
        self._operator = Operator(self.url, about, environ)
        return self._operator

    def wait(self) -> None:
        """Until Ctrl-C, or until one of the processes ends by itself."""
        while all(process.poll() is None for _, process in self._processes):
            time.sleep(0.5)
        raise Failed("one of its processes ended by itself")

    def stop(self, step: Callable[[str], None]) -> None:
        """The server first, then the stand-ins. A further Ctrl-C does not break this off."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if self._operator is not None:
            with contextlib.suppress(Failed):
                self._operator.leave()
        if self._processes:
            step("Stopping everything")
        for one in reversed(list(self._processes)):
            self._end(one)

    def _end(self, one: "tuple[str, subprocess.Popen[bytes]]") -> None:
        name, process = one
        process.send_signal(signal.SIGINT if name == "server" else signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._processes.remove(one)

    def _spawn(self, name: str, words: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.home / "log" / f"{name}.log").open("ab") as log:
            self._spoken[name] = log.tell()
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env={**os.environ, **environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - there is no other way to ask for it
            )
        self._processes.append((name, process))
        return process

    def _ready(self, path: Path, process: subprocess.Popen[bytes], what: str) -> dict[str, str]:
        """What the process says of itself once it is ready; an older file is not believed."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            if process.poll() is not None:
                raise Failed(f"{what} ended at once, saying: {self._last_words()}")
            with contextlib.suppress(OSError, ValueError):
                about: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
                if str(about.get("pid")) == str(process.pid):
                    return about
            time.sleep(0.1)
        raise Failed(f"{what} did not get ready within two minutes")

    def _gone(self, lock: Path) -> None:
        end = time.monotonic() + STOP_SECONDS
        while lock.exists():
            if time.monotonic() > end:
                raise Failed("PostgreSQL did not end with its server")
            time.sleep(0.05)

    def _last_words(self) -> str:
        """What the latest process said of itself: its own lines, not those of what it runs. Another instance may
        still be writing to the same log."""
        name = self._processes[-1][0]
        with (self.home / "log" / f"{name}.log").open("rb") as log:
            log.seek(self._spoken[name])
            lines = [line for line in log.read().decode(errors="replace").splitlines() if line.strip()]
        own = [line for line in lines if not RUN_BY_IT.match(line)] or lines[-3:]
        return " ".join(own)[-400:].rstrip(". ") or "nothing"


class Operator:
    def __init__(self, url: str, about: dict[str, str], environ: dict[str, str]) -> None:
        self.url = url
        self._about = about
        self._environ = {**os.environ, **environ}
        self._tls = ssl.create_default_context(cafile=about["ca"])
        self._connection = ""

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The sandbox's own controls: what people do in Brex and F&O."""
        data = None if body is None else jsonio.dumps(body).encode()
        answer: dict[str, Any] = jsonio.loads(self._http(method, self._about["control"] + path, data))
        return answer

    def brex_statuses(self) -> dict[str, str]:
        return {str(key): str(value) for key, value in self.control("GET", "/records").items()}

    def add_connection(self, name: str, source: str = "accounting", forms: str = "") -> None:
        """As an operator would; a second demo finds it there and lets it work again."""
        self._connection = name
        known = self.connector_json("connections", "list", "--json")
        if name in [one["name"] for one in known]:
            self.connector("resume", name)
            return
        file = jsonio.dumps(self.control("GET", f"/connection?name={name}&source={source}&forms={forms}"))
        self.connector("connections", "add", "-", "--paused", stdin=file)  # nothing is planned without its mappings
        mappings = self._http("GET", self._about["control"] + f"/mappings.csv?source={source}", None).decode()
        self.connector("mappings", "import", name, "-", stdin=mappings)
        self.connector("resume", name)

    def recover(self, name: str) -> dict[str, Any]:
        """What the ledger and Brex tell a database that knows nothing: as `connector recover --json` says it."""
        told: dict[str, Any] = self.connector_json("recover", name, "--json")
        return told

    def leave(self) -> None:
        """The stand-ins are about to go: the connection would only find closed doors."""
        if self._connection:
            self.connector("pause", self._connection, "--reason", "the sandbox is stopped")

    def ended(self, name: str) -> int:
        """How many records have come to an end, by the metrics page."""
        text = self._http("GET", f"{self.url}/metrics", None).decode()
        found = re.findall(rf'connector_records{{connection="{name}",stage="(\w+)"}} (\d+)', text)
        return sum(int(count) for stage, count in found if stage in ENDED)

    def entries_in_ledger(self) -> dict[str, int]:
        """Our references in the stand-in's ledger, and in how many vouchers each stands: one, or it is doubled."""
        places: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for line in self.control("GET", "/ledger/lines")["lines"]:
            if REFERENCE.fullmatch(document := document_of(line)):
                places[document].add((line["JournalBatchNumber"], line["Voucher"]))
        return {reference: len(found) for reference, found in places.items()}

    def invoices_in_ledger(self) -> int:
        """How many of our references stand in vendor invoice journals."""
        headers = self.control("GET", "/ledger/headers")["headers"]
        journals = {one["JournalBatchNumber"] for one in headers if one["JournalName"] == INVOICES}
        lines = self.control("GET", "/ledger/lines")["lines"]
        found = {document_of(line) for line in lines if line["JournalBatchNumber"] in journals}
        return sum(REFERENCE.fullmatch(document) is not None for document in found)

    def look_again(self, name: str) -> None:
        """Poll Brex now, not at the next hour: a connection that is resumed does."""
        self.connector("pause", name, "--reason", "to poll at once")
        self.connector("resume", name)

    def reconcile(self, name: str) -> Decimal:
        told = self.connector_json(
            "reconcile", name, "--from", "2025-01-01", "--to", "2030-12-31", "--json", good=(0, 1)
        )
        return Decimal(told["reconciliation_difference"])

    def connector_json(self, *words: str, good: tuple[int, ...] = (0,)) -> Any:
        return jsonio.loads(self.connector(*words, good=good))

    def connector(self, *words: str, stdin: str = "", good: tuple[int, ...] = (0,)) -> str:
        """Run `connector …`; its standard output. Raises `Failed` with its sentence."""
        done = subprocess.run(
            [sys.executable, "-m", "connector", *words],
            cwd=ROOT,
            env=self._environ,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in good:
            raise Failed(f"connector {' '.join(words)}: {done.stderr.strip()[-500:]}")
        return done.stdout

    def _http(self, method: str, url: str, data: bytes | None) -> bytes:
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
        handlers: list[urllib.request.BaseHandler] = [
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=self._tls),
        ]
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=120) as answer:
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {url} answered {error.code}: {error.read()[:300]!r}") from None
        except OSError as error:
            raise Failed(f"{method} {url}: {error}") from None
