"""What a person sees of a chaos run: steps, a bar with the kills so far, and the figures. On stderr."""

import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.chaos_run import Run

_PAUSE = 0.3
_LINES = (
    ("records", "records"),
    ("written", "stand in the ledger, once and whole"),
    ("held", "wait for a person"),
    ("doubled", "stand there twice"),
    ("lost", "came to another end than theirs"),
    ("wrongly_exported", "are EXPORTED in Brex and not in the ledger"),
    ("unexplained_lines", "lines that no record explains"),
    ("seconds", "seconds"),
)


class Audience:
    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    def step(self, text: str) -> None:
        self._console.print(f"• {text}")

    def progress(self, run: Run) -> None:
        """A bar until everything has come to an end. Raises `Failed` where it does not."""
        columns = (TextColumn("  written"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, TextColumn("{task.description}"), console=self._console) as bar:
            task = bar.add_task("", total=run.all)
            while run.go_on():
                bar.update(task, completed=run.written, description=_words(run))
                time.sleep(_PAUSE)
            bar.update(task, completed=run.written, description=_words(run))

    def result(self, result: dict[str, Any], home: Path) -> None:
        table = Table(show_header=False, box=None, padding=(0, 2))
        table.add_column(justify="right")
        table.add_column()
        for key, text in _LINES:
            table.add_row(str(result[key]), text)
        recover = result["seconds_to_recover"]
        table.add_row(str(recover["median"]), f"seconds to recover from a kill (median; worst: {recover['worst']})")
        for key in ("kills", "faults"):
            kinds = ", ".join(f"{number} {kind}" for kind, number in result[key].items() if kind != "all")
            table.add_row(str(result[key]["all"]), f"{key}: {kinds}")
        self._console.print(table)
        for told in result["broken"][:20]:
            self._console.print(f"  BROKEN: {told}", markup=False, soft_wrap=True)
        verdict = "Exactly once, all of it." if not result["broken"] else f"NOT kept. Logs: {home / 'log'}"
        self._console.print(verdict, markup=False, soft_wrap=True)

    def failed(self, sentence: str, home: Path) -> None:
        self._console.print(f"The run failed: {sentence}. Logs: {home / 'log'}", markup=False, soft_wrap=True)


def _words(run: Run) -> str:
    kills = sum(run.kills.values())
    to_come = sum(step.do == "kill" for step in run.steps)
    waiting = ", recovering" if run.recovering else ""
    return f"{run.ended} at their end; {kills} of {kills + to_come} kills, {sum(run.faults.values())} faults{waiting}"
