"""The sandbox as a program: real sockets, TLS, concurrent requests, restarts."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.domain import jsonio
from tests.sandbox.conftest import record

pytestmark = [pytest.mark.sockets]

ROOT = Path(__file__).parents[2]


@contextmanager
def _running(home: Path, port_base: int = 18440) -> Iterator[dict[str, str]]:
    """The sandbox of this folder; it must end cleanly on SIGTERM, saying nothing on stderr."""
    command = [sys.executable, "-m", "sandbox", "--home", str(home), "--port-base", str(port_base)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        try:
            assert first, process.communicate()
            about: dict[str, str] = jsonio.loads(first)
            assert about == jsonio.loads((home / "sandbox.json").read_text())
            yield about
        finally:
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=30)
        assert (process.returncode, told) == (0, "")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with _running(tmp_path_factory.mktemp("home")) as about:
        yield about


def test_a_second_one_of_the_same_home_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with _running(tmp_path) as about:
        command = [sys.executable, "-m", "sandbox", "--home", str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

        assert (done.returncode, done.stdout) == (1, "")
        assert "run already, or are still stopping" in done.stderr
        assert jsonio.loads((tmp_path / "sandbox.json").read_text()) == about


def _session(about: dict[str, str]) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = about["ca"]
    return session


def _control(about: dict[str, str], method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else jsonio.dumps(body)
    with _session(about) as session:
        answer = session.request(method, about["control"] + path, data=data)
    assert answer.status_code == 200, answer.text
    return jsonio.loads(answer.content)


def _bearer(about: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {_control(about, 'GET', '/connection')['brex']['token']}"}


def test_every_system_answers_over_verified_tls(sandbox: dict[str, str]) -> None:
    file = _control(sandbox, "GET", "/connection")
    assert file["d365"]["host"] == sandbox["d365"]
    assert sandbox["trusted_hosts"].split(",")[0] == sandbox["brex"].removeprefix("https://")
    d365 = file["d365"]
    form = {
        "grant_type": "client_credentials",
        "client_id": d365["client_id"],
        "client_secret": d365["client_secret"],
        "scope": f"{d365['host']}/.default",
    }
    with _session(sandbox) as session:
        url = f"{sandbox['entra']}/{d365['tenant_id']}/oauth2/v2.0/token"
        token = session.post(url, data=form).json()["access_token"]
        names = session.get(
            f"{d365['host']}/data/JournalNames?cross-company=true", headers={"Authorization": f"Bearer {token}"}
        )
        assert names.status_code == 200
        for system in ("brex", "brex_v1"):
            assert session.get(sandbox[system] + "/v2/company", headers=_bearer(sandbox)).status_code == 200


def test_a_client_that_does_not_trust_the_authority_is_kept_out(sandbox: dict[str, str]) -> None:
    session = requests.Session()
    session.trust_env = False
    with pytest.raises(requests.exceptions.SSLError):
        session.get(sandbox["brex"])
    session.close()


def test_one_connection_carries_several_requests(sandbox: dict[str, str]) -> None:
    port = int(sandbox["brex"].rpartition(":")[2])
    context = ssl.create_default_context(cafile=sandbox["ca"])
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        for _ in range(3):
            connection.sendall(b"POST /v1/webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nnull")
            answer = b""
            while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 403 ")


def test_a_peer_that_says_nothing_keeps_nobody_waiting(sandbox: dict[str, str]) -> None:
    port = int(sandbox["brex"].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)), _session(sandbox) as session:
        assert session.get(sandbox["brex"] + "/v2/company", headers=_bearer(sandbox)).status_code == 200


def test_concurrent_exports_are_each_counted_once(sandbox: dict[str, str]) -> None:
    ids = [f"accr_many_{number}" for number in range(40)]
    _control(sandbox, "POST", "/records", {"records": [record(record_id) for record_id in ids]})
    headers = _bearer(sandbox)

    def report(record_id: str) -> int:
        body = jsonio.dumps({"results": [{"accounting_record_id": record_id, "success": {}}]})
        with _session(sandbox) as session:
            url = sandbox["brex"] + "/v3/accounting/records/export-results"
            return session.post(url, data=body, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(report, ids * 2))
    assert sorted(codes) == [200] * 40 + [422] * 40


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("reset_before", {}, requests.exceptions.ConnectionError),
        ("reset_after", {}, requests.exceptions.ConnectionError),
        ("truncate_after", {"bytes": 5}, requests.exceptions.ChunkedEncodingError),
    ],
)
def test_faults_break_real_connections(
    sandbox: dict[str, str], kind: str, options: dict[str, int], error: type[Exception]
) -> None:
    fault = {"system": "brex", "match": "GET /v2/company", "kind": kind} | options
    headers = _bearer(sandbox)
    _control(sandbox, "POST", "/faults", fault)
    with _session(sandbox) as session:
        with pytest.raises(error):
            session.get(sandbox["brex"] + "/v2/company", headers=headers)
        assert session.get(sandbox["brex"] + "/v2/company", headers=headers).status_code == 200


def test_state_ports_and_authority_survive_a_restart(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    with _running(home, 19440) as first:
        _control(first, "POST", "/records", {"records": [record("accr_1")]})
        file = _control(first, "GET", "/connection")
    with _running(home, 19470) as again:
        assert {name: again[name] for name in again if name != "pid"} == {
            name: first[name] for name in first if name != "pid"
        }
        assert _control(again, "GET", "/records") == {"accr_1": "READY_FOR_EXPORT"}
        assert _control(again, "GET", "/connection") == file


def test_ports_that_are_taken_are_avoided(tmp_path: Path, sandbox: dict[str, str]) -> None:
    taken = {int(sandbox[name].rpartition(":")[2]) for name in ("brex", "entra", "d365")}
    with _running(tmp_path, min(taken)) as about:
        ports = {int(about[name].rpartition(":")[2]) for name in ("brex", "brex_v1", "entra", "d365", "control")}
    assert len(ports) == 5
    assert not ports & taken
