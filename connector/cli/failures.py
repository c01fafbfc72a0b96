"""What can go wrong, as a sentence for the person at the keys: what it is, and what to do about it."""

import errno

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connector.brex.errors import BrexError
from connector.brex.errors import Throttled as BrexThrottled
from connector.brex.errors import Unauthorized as BrexUnauthorized
from connector.d365.errors import D365Error
from connector.d365.errors import Throttled as D365Throttled
from connector.d365.errors import Unauthorized as D365Unauthorized
from connector.outbound.errors import OutboundError
from connector.pipeline.runtime import Stop
from connector.settings import BadSettings
from connector.vault import VaultError

# PostgreSQL's codes for a table or column that is not there.
_NO_SUCH = ("42P01", "42703")


class Failure(Exception):
    """The command refuses or fails; `str()` is all that needs to be said."""


def explain(error: Exception) -> str | None:
    """The sentences for an error that was to be expected; None for any other: that is a mistake in the code."""
    match error:
        case SQLAlchemyError():
            found = _database(error)
        case Stop():
            found = _stop(error)
        case BrexError():
            found = _traced(error, "trace id", error.trace_id)
        case D365Error():
            found = _traced(error, "activity id", error.activity_id)
        case VaultError():
            found = _sentence(f"A stored credential cannot be read: {error}")
        case OutboundError():
            found = _sentence(str(error))
        case Failure() | BadSettings():
            found = str(error)
        case OSError(strerror=str(said)) if error.errno != errno.EPIPE:
            found = _sentence(f"{error.filename}: {said}" if error.filename else said)
        case _:
            return None
    return found


def _database(error: SQLAlchemyError) -> str:
    """Never the error's own text: it repeats the statement with its values."""
    if isinstance(error, PoolTimeout):
        return "The database is too busy to answer; try again."
    if not isinstance(error, DBAPIError) or error.orig is None:
        return f"The database cannot be used ({type(error).__name__})."
    code = getattr(error.orig, "pgcode", None)
    said = str(error.orig).strip().partition("\n")[0]
    if code in _NO_SUCH:
        return (
            "The database has no schema, or one older than this release: run `alembic upgrade head` "
            "(script/server does it by itself)."
        )
    if isinstance(error, OperationalError) and code is None:
        return _sentence(
            f"The database does not answer ({said}): start it (script/server runs an embedded one), "
            "or correct DATABASE_URL"
        )
    return _sentence(f"The database refused: {said}")


def _stop(error: Stop) -> str:
    """A side that cannot be used now: paused for its credentials, throttled, or not reachable."""
    if isinstance(error.__cause__, BrexUnauthorized | D365Unauthorized):
        return (
            f"{_sentence(str(error))} The connection is paused: correct its credentials "
            "(`connector connections add FILE --replace`), look with `connector ping`, then `connector resume`."
        )
    if isinstance(error.__cause__, BrexThrottled | D365Throttled):
        return (
            f"{_sentence(str(error))} Nothing is lost: try again once the wait that `connector status` shows is over."
        )
    return f"{_sentence(str(error))} Nothing is lost: `connector ping` shows how far it gets."


def _traced(error: Exception, name: str, trace: str) -> str:
    return f"{_sentence(str(error))}{f' ({name} {trace})' if trace else ''}"


def _sentence(text: str) -> str:
    """A capital at the beginning where it is a plain word, a full stop at the end."""
    text = text.strip()
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower():
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
