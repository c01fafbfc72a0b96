"""What a shell sees: completion, colour on a terminal only, tables that fit."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from connector.cli.main import app
from connector.store.connections import Connection
from tests.cli.conftest import Cli, Spending, Work
from tests.cli.test_main import ROOT, run


def test_completion_can_be_installed_and_shown() -> None:
    told = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["--help"]).stdout
    assert "--install-completion" in told
    assert "--show-completion" in told


def test_a_shell_that_asks_is_told_the_commands(tmp_path: Path) -> None:
    found = run(
        CONNECTOR_HOME=str(tmp_path), _CONNECTOR_COMPLETE="complete_bash",
        COMP_WORDS="connector re", COMP_CWORD="1",
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert {"recover", "reconcile", "restore", "retry"} <= set(found.stdout.split())


def test_there_is_no_colour_where_the_output_is_not_a_terminal(cli: Cli, connection: Connection) -> None:
    cli("pause", "acme")
    for command in (["status"], ["doctor"], ["connections", "list"], ["data", "purge", "--older-than", "40"]):
        assert "\x1b" not in cli(*command).output


def test_there_is_colour_on_a_terminal(tmp_path: Path) -> None:
    """A sentence of refusal is red."""
    main, other = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "connector.cli.main", "restore", "none.dump"],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "CONNECTOR_HOME": str(tmp_path), "TERM": "xterm-256color"},
        stdout=other, stderr=other, check=False,
    )  # fmt: skip
    told = os.read(main, 4096).decode()
    os.close(main)
    os.close(other)
    assert done.returncode == 1
    assert "\x1b[31m" in told


def test_tables_fit_the_width(cli: Cli, connection: Connection, spend: Spending, taken_in: Work) -> None:
    spend.expense()
    spend.unmapped()
    taken_in()
    for command in (["doctor"], ["status"], ["records", "acme"], ["connections", "list"],
                    ["data", "purge", "--older-than", "40"]):  # fmt: skip
        lines = cli(*command, columns=80).stdout.splitlines()
        assert lines
        assert [line for line in lines if len(line) > 80] == []
