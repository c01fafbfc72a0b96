"""The command line as a whole: its help, its exit codes, and a start without any settings."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from connector.cli.main import app

ROOT = Path(__file__).parents[2]


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


ALL = sorted(commands(typer.main.get_command(app)))


def run(*args: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """As from a shell, with nothing in the environment but what is given."""
    return subprocess.run(
        [sys.executable, "-m", "connector.cli.main", *args],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_the_promised_commands_are_there() -> None:
    promised = (
        "connections add, connections list, connections show, connections remove, ping, mappings import, "
        "mappings export, mappings history, rules import, rules export, rules list, rules on, rules off, "
        "rules history, vendors list, vendors suggest, vendors explain, vendors confirm, vendors reject, "
        "vendors import, vendors export, vendors duplicates, vendors align, vendors create, vendors created, "
        "transfers request, transfers approve, transfers list, "
        "backfill, records, record, preview, approve, retry, "
        "skip, reverse, reconcile, statement, cut-over, "
        "status, pause, resume, recover, refresh, audit verify, keys rotate, backup, restore, doctor, data purge, "
        "probe, webhooks register, webhooks list, webhooks rotate, credentials expires, "
        "credentials list, fields diff, fields push, settle"
    )
    assert sorted(tuple(one.split()) for one in promised.split(", ")) == ALL


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_help_of_every_command_has_an_example_of_it(command: tuple[str, ...]) -> None:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(app, [*command, "--help"], prog_name="connector")

    assert result.exit_code == 0
    assert f"Example: connector {' '.join(command)}" in result.stdout


@pytest.mark.parametrize("args", [["nothing"], ["records"], ["records", "acme", "--nothing"], ["connections", "nix"]])
def test_wrong_usage_ends_with_two(args: list[str]) -> None:
    assert CliRunner().invoke(app, args).exit_code == 2


def test_without_settings_it_says_what_is_missing_and_how_to_set_it(tmp_path: Path) -> None:
    result = run("status", CONNECTOR_HOME=str(tmp_path))

    assert (result.returncode, result.stdout) == (1, "")
    assert "DATABASE_URL" in result.stderr
    assert "REDIS_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_needs_no_settings(tmp_path: Path) -> None:
    assert run("records", "--help", CONNECTOR_HOME=str(tmp_path)).returncode == 0
