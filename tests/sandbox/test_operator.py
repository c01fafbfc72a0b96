"""The demo's processes: where one of them does not come up, the sentence that it left behind is what is told."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.operator import Failed, Services

ROOT = Path(__file__).parents[2]


@pytest.fixture
def services(tmp_path: Path) -> Services:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "server.log").write_text("what an earlier one said\n", encoding="utf-8")
    return Services(tmp_path)


def ended(services: Services, code: str) -> str:
    process = services._spawn("server", ["-c", code], {})
    with pytest.raises(Failed) as told:
        services._ready(services.home / "server.json", process, "the server")
    return str(told.value)


def test_the_sentence_of_a_server_that_ends_is_told_and_not_what_others_wrote_into_its_log(services: Services) -> None:
    code = "print('19:39:04 web    | Worker exiting'); print('Another one runs: stop it.'); print('19:39:05 beat | on')"

    assert ended(services, code) == "the server ended at once, saying: Another one runs: stop it"


def test_where_it_said_nothing_itself_the_last_lines_of_what_it_ran_are_told(services: Services) -> None:
    code = "for n in range(9): print(f'19:39:0{n} web    | {n}')"

    assert ended(services, code).endswith("saying: 19:39:06 web    | 6 19:39:07 web    | 7 19:39:08 web    | 8")


def test_silence_is_told_as_such(services: Services) -> None:
    assert ended(services, "") == "the server ended at once, saying: nothing"


def test_too_few_records_are_refused_before_anything_starts() -> None:
    command = [sys.executable, "-m", "sandbox.demo", "--records", "59"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "must be at least 60" in done.stderr
