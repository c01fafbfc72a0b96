"""F&O: Entra ID's token, the environment and our user in it, then each legal entity and what is set up there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from connector.d365.auth import TokenSource
from connector.d365.client import D365Client
from connector.d365.errors import D365Error, Throttled, Unauthorized, Unavailable
from connector.domain.connection import Posting
from connector.mapping.entities import LegalEntity
from connector.pipeline.ping import accounts, books, journals, network, sequences, vendors
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung, State
from connector.pipeline.ping.sets import Rows, Sets, unread
from connector.pipeline.runtime import Runtime, posting
from connector.store.connections import Connection

_LADDER: Final = Ladder("F&O")
_SETUP: Final = (
    "legal entity", "ledger", "journal name", "number sequences", "account roles", "vendors", "period",
    "ledger format", "default format",
)  # fmt: skip


def climb(runtime: Runtime, connection: Connection, secret: str, now: datetime) -> Iterator[Rung]:
    """`now` is aware: which period has to be open."""
    settings = connection.settings["d365"]
    # The tenant's own public document: any answer will do, the tenant is judged with the token.
    where = f"{settings['authority']}/{settings['tenant_id']}/v2.0/.well-known/openid-configuration"
    reached = network.reach(runtime.outbound, _LADDER, where, "d365.authority", "entra ")
    yield from reached
    tokens = TokenSource(
        runtime.outbound,
        authority=settings["authority"],
        tenant_id=settings["tenant_id"],
        client_id=settings["client_id"],
        client_secret=secret,
        host=settings["host"],
    )
    token = _token(tokens, settings) if reached[-1].state is State.GREEN else _LADDER.skipped("token")[0]
    yield token
    reached = network.reach(runtime.outbound, _LADDER, f"{settings['host']}/data", "d365.host")
    yield from reached
    if token.state is not State.GREEN or reached[-1].state is not State.GREEN:
        yield from _LADDER.skipped("user", *_SETUP)
        return
    sets = Sets(D365Client(runtime.outbound, tokens, settings["host"]))
    user = _user(sets, settings)
    yield user
    if user.state is State.RED:
        yield from _LADDER.skipped(*_SETUP)
        return
    yield from _set_up(sets, posting(connection), now)


def _token(tokens: TokenSource, settings: dict[str, Any]) -> Rung:
    tried = f"a token for {settings['host']} from tenant {settings['tenant_id']}"
    try:
        tokens.token()
    except Unavailable as error:
        return _LADDER.red("token", tried, str(error), "look at the network, or at d365.authority, and try again")
    except D365Error as error:
        return _LADDER.red("token", tried, str(error), f"see to it in Entra ID, or {NEW_FILE}")
    return _LADDER.green("token", tried, "Entra ID gives one")


def _user(sets: Sets, settings: dict[str, Any]) -> Rung:
    """Fact: an application is known to F&O by a row of SysAADClients, which names the user it acts as; a token that
    Entra ID gave and F&O does not take is most often missing there (Microsoft, troubleshooting authentication).
    """
    tried = "SysAADClients: as which user the application acts"
    rows = sets.rows("SysAADClients")
    if isinstance(rows, D365Error):
        return _refused(tried, settings, rows)
    wanted = str(settings["client_id"]).lower()
    users = [str(row.get("UserId") or "") for row in rows if str(row.get("AADClientId")).lower() == wanted]
    if users and not users[0]:
        fix = "choose a user under System administration > Setup > Microsoft Entra ID applications"
        return _LADDER.red("user", tried, "our client_id is registered, but without a user", fix)
    if not users:
        sentence = "F&O takes the token, though our client_id is not among the applications our user may see"
        return _LADDER.amber("user", tried, sentence, "look under Microsoft Entra ID applications which user it is")
    return _LADDER.green("user", tried, f"the application acts as {users[0]}")


def _refused(tried: str, settings: dict[str, Any], error: D365Error) -> Rung:
    """Only a 401 says that F&O does not take the token; anything else is about the set alone."""
    if isinstance(error, Unauthorized) and error.status == 401:
        sentence = (
            "Entra ID's token is good, but F&O does not take it (401): it knows no enabled user for our client_id"
        )
        fix = (
            f"add {settings['client_id']} under System administration > Setup > Microsoft Entra ID applications with "
            "an enabled user; and check that host and tenant_id belong together"
        )
        return _LADDER.red("user", tried, sentence, fix)
    if isinstance(error, Throttled):
        return _LADDER.red("user", tried, str(error), "try again once F&O is less busy")
    if isinstance(error, Unavailable):
        return _LADDER.red("user", tried, str(error), "look at the environment, and try again")
    rung = unread(_LADDER, "user", "SysAADClients", error)
    return _LADDER.amber("user", tried, f"F&O takes the token; as which user {rung.sentence}", rung.fix)


def _set_up(sets: Sets, settings: Posting, now: datetime) -> Iterator[Rung]:
    for code in dict.fromkeys([settings.legal_entity, *settings.entities]):
        entity = LegalEntity(code, settings)
        today = now.astimezone(ZoneInfo(entity.time_zone)).date()
        found = _legal_entity(sets, code)
        yield found
        if found.state is State.RED:
            yield from _LADDER.skipped(*_SETUP[1:-2])
            continue
        ledger = books.ledger(sets, _LADDER, code)
        yield ledger.rung
        yield from journals.look(sets, _LADDER, entity)
        names = [name for some in journals.used(sets, entity).values() for name in some]
        yield from sequences.look(sets, _LADDER, entity, names)
        yield from accounts.look(sets, _LADDER, entity, ledger.chart, today)
        yield from vendors.look(sets, _LADDER, entity)
        yield books.period(sets, _LADDER, code, ledger, today)
    yield from books.formats(sets, _LADDER, settings)


def _legal_entity(sets: Sets, code: str) -> Rung:
    """The set of legal entities may be closed to the integration's user, or missing: there is a second one."""
    tried = f"LegalEntities: {code}"
    rows = sets.rows("LegalEntities", select=("LegalEntityId", "Name"))
    names = _keyed(rows, "LegalEntityId")
    if names is None:
        names = _keyed(sets.rows("Companies", select=("DataArea", "Name")), "DataArea")
    if names is None:
        assert isinstance(rows, D365Error)  # noqa: S101 - else there were names
        return unread(_LADDER, "legal entity", "LegalEntities", rows)
    if code not in names:
        fix = f"correct posting.legal_entity or posting.entities: {NEW_FILE}"
        return _LADDER.red("legal entity", tried, f"{code} does not exist, or our user may not see it", fix)
    return _LADDER.green("legal entity", tried, f"{code}: {names[code]}")


def _keyed(rows: Rows | D365Error, key: str) -> dict[str, str] | None:
    if isinstance(rows, D365Error):
        return None
    return {str(row.get(key)).lower(): str(row.get("Name") or "") for row in rows}
