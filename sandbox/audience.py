"""What a person sees of the demo: steps, a progress bar, a table, and where to look next. On stderr."""

import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.operator import Failed, Services

_LINES = (
    ("records", "records coded and exported in Brex"),
    ("written", "stand in the F&O ledger"),
    ("vendor_invoices", "of them are bills, in vendor invoice journals"),
    ("acknowledged", "are EXPORTED in Brex"),
    ("held", "wait for a person, each with its problem and fix"),
    ("skipped", "need no entry, each with the reason"),
    ("duplicates", "entries that stand in the ledger twice"),
    ("reconciliation_difference", "difference between connector and ledger"),
    ("brex_requests", "requests to Brex"),
    ("d365_requests", "requests to F&O"),
    ("seconds", "seconds from start to here"),
)


class Audience:
    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._quiet = quiet

    def step(self, text: str) -> None:
        self._console.print(f"• {text}")

    def progress(self, total: int, done: Callable[[], int], seconds: float) -> None:
        """A bar until all records have come to an end. Raises `Failed` where that takes too long."""
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        end = time.monotonic() + seconds
        with Progress(*columns, console=self._console, transient=False) as bar:
            task = bar.add_task("records", total=total)
            while (now := done()) < total:
                bar.update(task, completed=now)
                if time.monotonic() > end:
                    raise Failed(f"only {now} of {total} records came to an end within {seconds:.0f} seconds")
                time.sleep(0.5)
            bar.update(task, completed=now)

    def result(self, result: dict[str, Any], services: Services) -> None:
        table = Table(show_header=False, box=None, padding=(0, 2))
        table.add_column(justify="right")
        table.add_column()
        for key, text in _LINES:
            table.add_row(f"{result[key]}", text)
        self._console.print(table)
        for told in result["unexpected"]:
            self._console.print(f"  unexpected: {told}", markup=False)
        verdict = "Everything came to its expected end." if result["as_expected"] else "NOT as expected."
        self._console.print(f"{verdict} Logs: {services.home / 'log'}", markup=False, soft_wrap=True)

    def stays_up(self, services: Services) -> None:
        lines = (
            "",
            "It stays up. In another terminal, in this folder:",
            "  .venv/bin/connector status",
            "  .venv/bin/connector records demo --stage held",
            "  .venv/bin/connector record demo accr_abc123",
            "  .venv/bin/connector reconcile demo --from 2025-01-01 --to 2030-12-31",
            f"Web: {services.url}/health/ready and /metrics. Ctrl-C stops everything; the data stay.",
        )
        for line in lines:
            self._console.print(line, markup=False, soft_wrap=True)

    def failed(self, sentence: str, services: Services) -> None:
        self._console.print(f"The demo failed: {sentence}. Logs: {services.home / 'log'}", markup=False, soft_wrap=True)
