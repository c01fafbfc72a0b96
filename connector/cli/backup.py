"""`connector backup` and `connector restore`: the embedded database in a file, and back."""

import os
from pathlib import Path
from typing import Annotated

import typer

from connector import settings
from connector.cli.asking import confirm
from connector.cli.failures import Failure
from connector.cli.output import note, say
from connector.cli.words import counted
from connector.embedded import backup as files
from connector.embedded import state
from connector.embedded.errors import AlreadyRunning, EmbeddedError
from connector.store import connections, install, schema
from connector.store.engine import Database

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup's file.", show_default=False)]


def backup(file: File) -> None:
    """Write the embedded database to FILE, while everything goes on.

    Keep CONNECTOR_HOME/secret-keys beside it: without those keys the stored credentials cannot be read.

    Example: connector backup /backups/connector-2026-11-30.dump
    """
    home = _home("backup")
    if not home.is_dir():
        raise Failure(f"There is no database in {home}: set CONNECTOR_HOME to the server's.")
    try:
        with files.running(home, alone=False) as url:
            files.dump(url, file)
    except EmbeddedError as error:
        raise Failure(str(error)) from None
    say(f"{file} holds the database as it was, {counted(file.stat().st_size, 'byte')}.")
    note(f"Keep {state.keys_file(home)} with it, apart and safe: it opens the stored credentials.")


def restore(
    file: File,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: what is there now is replaced.")] = False,
) -> None:
    """Put FILE in the place of the embedded database. Refused while the server runs.

    A backup is behind its ledger: every connection stays paused until `connector recover NAME` has read the ledger.

    Example: connector restore /backups/connector-2026-11-30.dump
    """
    home = _home("restore")
    if not file.is_file():
        raise Failure(f"There is no file {file}.")
    if not yes:
        confirm(f"Replace the database in {home} by {file}?")
    try:
        with files.running(home, alone=True) as url:
            files.restore(url, file)
            names = _paused(url)
    except AlreadyRunning:
        raise Failure(
            f"The server of {home} runs: stop script/server (web, worker and beat) before a restore."
        ) from None
    except EmbeddedError as error:
        raise Failure(str(error)) from None
    say(f"{file} is the database now. Start script/server again, and then, for each connection:")
    for name in names:
        say(f"  connector recover {name}")


def _home(what: str) -> Path:
    if os.environ.get("DATABASE_URL", "").strip():
        raise Failure(
            f"DATABASE_URL is set, so the database is not the embedded one: {what} it with its host's own tools"
            f"{', then run `connector recover NAME`' if what == 'restore' else ''}."
        )
    return settings.home_of(os.environ)


def _paused(url: str) -> list[str]:
    """Pause every connection now, so that it shows; their names. An older schema is migrated and seen at the start."""
    database = Database(url)
    try:
        if schema.state(database) is schema.State.OLDER:
            return ["NAME"]
        with database.begin() as tx:
            install.restored(tx)
            return [one.name for one in connections.everyone(tx)]
    finally:
        database.dispose()
