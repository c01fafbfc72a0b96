"""Previews of many records: as a table, and as a CSV file with the exact lines that would be sent."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from connector.cli.backfill import progress_bar
from connector.cli.context import Context
from connector.cli.output import err, note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted, money, problems
from connector.domain.entry import Account, Entry, EntryLine
from connector.mapping import csvtable
from connector.pipeline import preview as looking
from connector.pipeline.map import total
from connector.pipeline.preview import Preview
from connector.store.connections import Connection

COLUMNS = ("record_id", "record_type", "reference", "legal_entity", "journal_name", "date", "currency", "line",
           "account_type", "account", "dimensions", "offset_type", "offset", "offset_dimensions", "debit", "credit",
           "text", "why", "problems")  # fmt: skip


def show(context: Context, connection: Connection, *, brex: bool, csv: Path | None, as_json: bool) -> None:
    """Plan all that waits, and show it. Raises `Stop` and the clients' errors."""
    found: list[Preview] = []
    with progress_bar(err()) as progress:
        task = progress.add_task("Planning", total=None, words="")
        for page in looking.queue(context.runtime, connection, brex=brex):
            found += page
            progress.advance(task, len(page))
    if csv is not None:
        write(csv, found)
    if as_json:
        print_json([for_programs(one) for one in found])
    elif csv is None:
        _print(found)


def _print(found: Sequence[Preview]) -> None:
    if not found:
        say("Nothing waits.")
        return
    columns = [
        Column("Record"), Column("Type", leave=5), Column("Date", leave=3), Column("Amount", right=True, leave=1),
        Column("Debit", wrap=True, leave=2), Column("Credit", wrap=True, leave=4), Column("Otherwise", wrap=True),
    ]  # fmt: skip
    table(columns, [_row(one) for one in found])
    written = sum(one.entry is not None for one in found)
    held = sum(bool(one.problems) for one in found)
    note(
        f"{counted(len(found))}: {written:,} would be written, {held:,} held, {len(found) - written - held:,} skipped."
    )


def _row(one: Preview) -> list[str]:
    if one.entry is None:
        codes = ", ".join(dict.fromkeys(problem.code for problem in one.problems))
        return [one.record_id, "", "", "", "", "", codes or f"skipped: {one.skipped}"]
    entry = one.entry
    debits, credits_ = _sides(entry)
    return [one.record_id, entry.record_type, entry.date.isoformat(), money(total(entry), entry.currency),
            _names(debits), _names(credits_), ""]  # fmt: skip


def _sides(entry: Entry) -> tuple[list[Account], list[Account]]:
    debits = [line.account if line.debit else line.offset for line in entry.lines if line.debit or line.offset]
    credits_ = [line.account if line.credit else line.offset for line in entry.lines if line.credit or line.offset]
    return [one for one in debits if one], [one for one in credits_ if one]


def _names(accounts: Iterable[Account]) -> str:
    return ", ".join(dict.fromkeys(account.display for account in accounts))


def _harmless(text: str) -> str:
    """Words from outside, in a file that people open as a spreadsheet: never a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def write(file: Path, found: Sequence[Preview]) -> None:
    """One row for each ledger line; one for each record that would have none."""
    rows = [row for one in found for row in _csv_rows(one)]
    file.write_text(csvtable.write(COLUMNS, rows), encoding="utf-8")
    note(f"{counted(len(found))} written to {file}, in {counted(len(rows), 'row')}.")


def _csv_rows(one: Preview) -> list[list[str]]:
    if one.entry is None:
        told = " ".join(f"{problem.code}: {problem.sentence}" for problem in one.problems)
        return [[one.record_id, *[""] * (len(COLUMNS) - 2), told or f"skipped: {one.skipped}"]]
    entry = one.entry
    head = [one.record_id, entry.record_type, one.reference, entry.legal_entity, entry.journal_name,
            entry.date.isoformat(), entry.currency]  # fmt: skip
    return [[*head, str(number), *_cells(line), ""] for number, line in enumerate(entry.lines, start=1)]


def _cells(line: EntryLine) -> list[str]:
    offset = line.offset or Account("", "")
    return [line.account.type, line.account.display, line.account.default_dimensions,
            offset.type, offset.display, offset.default_dimensions,
            f"{line.debit:f}", f"{line.credit:f}", _harmless(line.text), _harmless("; ".join(line.why))]  # fmt: skip


def for_programs(found: Preview) -> dict[str, object]:
    return {
        "record_id": found.record_id,
        "source": found.source.lower(),
        "entry": None if found.entry is None else found.entry.as_json(),
        "reference": found.reference,
        "skipped": found.skipped,
        "problems": problems([problem.as_json() for problem in found.problems]),
        "notes": found.notes,
    }
