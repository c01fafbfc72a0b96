"""What the commands work with: made from the environment at the first need, or handed in (tests do that)."""

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

import typer

from connector import settings
from connector.cli.failures import Failure
from connector.cli.output import note
from connector.pipeline.runtime import Runtime, build
from connector.store import connections
from connector.store.connections import Connection


@dataclass(frozen=True, slots=True)
class Context:
    """`wake` tells the workers that a connection has something to do; False where the broker did not take it."""

    runtime: Runtime
    wake: Callable[[int], bool]
    redis_url: str
    trusted_hosts: frozenset[str] = frozenset()
    public_url: str | None = None

    def connection(self, name: str) -> Connection:
        """Raises `Failure` where there is none of this name."""
        with self.runtime.database.begin() as tx:
            found = connections.by_name(tx, name) if speakable(name) else None
            names = [] if found is not None else [one.name for one in connections.everyone(tx)]
        if found is not None:
            return found
        if not names:
            raise Failure(f"There is no connection yet; add {name} with `connector connections add FILE`.")
        like = get_close_matches(name, names, n=1)
        hint = f"did you mean {like[0]}? " if like else ""
        raise Failure(f"No connection is named {name}: {hint}`connector connections list` shows those there are.")

    def active(self, name: str) -> Connection:
        """The connection, where it may work. Raises `Failure` where it is paused, too."""
        found = self.connection(name)
        if not found.active:
            reason = f" ({found.state_reason})" if found.state_reason else ""
            raise Failure(f"{name} is paused{reason}. See to the reason, then run `connector resume {name}`.")
        return found

    def woken(self, connection: Connection) -> None:
        """Let the workers look now. Nothing depends on it: they look each minute anyway."""
        if connection.active and not self.wake(connection.id):
            note("The broker does not answer, so no worker was woken; once it does, they look each minute.")


def speakable(name: str) -> bool:
    """Whether it could be a name or an id at all; what is not cannot even be asked of the database."""
    return name.isascii() and name.isprintable()


def current(ctx: typer.Context) -> Context:
    """The context of this command. Raises `settings.BadSettings`."""
    if ctx.obj is None:
        loaded = settings.load()
        ctx.obj = Context(build(loaded), _wake, loaded.redis_url, loaded.trusted_hosts, loaded.public_url)
    found: Context = ctx.obj
    return found


def person() -> str:
    """Who is at the keys, for the record's history."""
    try:
        return f"person:{getpass.getuser()}"
    except (KeyError, OSError):  # an account without a name, as containers have them
        return "person"


def _wake(connection_id: int) -> bool:
    from tasks.app import app  # noqa: PLC0415 - Celery takes its time to load, and most commands need none of it
    from tasks.wake import start  # noqa: PLC0415

    return start(app, connection_id)
