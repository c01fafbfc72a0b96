"""A short chaos run with the real processes: killed and disturbed, and everything stands in the ledger once."""

import subprocess
import sys
from pathlib import Path

import pytest

from connector.domain import jsonio
from sandbox.clock import now
from sandbox.population import populate

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.sockets


def test_sixty_records_through_kills_and_faults_stand_in_the_ledger_once(tmp_path: Path) -> None:
    words = ["--records", "60", "--seed", "2", "--kills", "5", "--faults", "3", "--workers", "2", "--json"]
    with (tmp_path / "told").open("w") as told:
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.chaos", *words],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=told, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, (tmp_path / "told").read_text()[-3000:]
    result = jsonio.loads(done.stdout.splitlines()[-1])
    assert result["kills"]["all"] == 5
    ends = [case.end for case in populate(60, now(), all_forms=True)]
    assert (result["records"], result["written"], result["held"]) == (60, ends.count("written"), ends.count("held"))
    nothing = ("doubled", "lost", "wrongly_exported", "unexplained_lines")
    assert [result[key] for key in nothing] == [0, 0, 0, 0]
    assert result["broken"] == []
