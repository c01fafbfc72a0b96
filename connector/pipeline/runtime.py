"""What every stage needs: the database, the vault, one way out, and the clients of a connection."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from random import SystemRandom
from time import monotonic

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connector.brex import errors as brex_errors
from connector.brex.client import BrexClient
from connector.brex.spend import Spend
from connector.d365 import errors as d365_errors
from connector.d365.auth import TokenSource
from connector.d365.client import D365Client
from connector.domain.connection import Posting
from connector.domain.readiness import Readiness
from connector.outbound.calls import Meter, metered
from connector.outbound.pacing import backoff
from connector.outbound.session import Outbound
from connector.pipeline.joined import JoinedSource
from connector.pipeline.source import Source, is_transactions
from connector.settings import Settings
from connector.store import connections, figures, install, pacing, records, successions, tokens
from connector.store.connections import Connection
from connector.store.engine import Database, Tx
from connector.vault import Vault

log = structlog.get_logger()


class Stop(Exception):
    """This side of the connection cannot be used now. The stage ends; what it claimed is given back."""


@dataclass(frozen=True, slots=True)
class Clients:
    version: str
    brex: Source
    d365: D365Client


class TimeBox:
    """A stage works until its box is empty and then lets the next one in. Local time only measures its own work."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def open(self) -> bool:
        return monotonic() < self._end


@dataclass
class Runtime:
    database: Database
    vault: Vault
    outbound: Outbound
    quiet_seconds: float = 600.0  # the quiet period before absence is believed
    _clients: dict[int, Clients] = field(default_factory=dict)

    def connection(self, connection_id: int) -> Connection | None:
        """The connection where it may work now; None where it is paused or removed."""
        with self.database.begin() as tx:
            install.check(tx)
            found = connections.by_id(tx, connection_id)
            if found is None or not found.active or not _may_work(tx, found):
                return None
        return found

    def clients(self, connection: Connection) -> Clients:
        """Clients live as long as the connection's credentials and settings stay the same: tokens are kept."""
        with self.database.begin() as tx:
            version = connections.credentials_version(tx, connection.id)
            kept = self._clients.get(connection.id)
            if kept is not None and kept.version == version:
                return kept
            secrets = connections.secrets(tx, self.vault, connection.id)
        clients = self._build(connection, version, secrets)
        self._clients[connection.id] = clients
        return clients

    def _build(self, connection: Connection, version: str, secrets: dict[str, str]) -> Clients:
        brex, d365 = connection.settings["brex"], connection.settings["d365"]
        tokens = TokenSource(
            self.outbound,
            authority=d365["authority"],
            tenant_id=d365["tenant_id"],
            client_id=d365["client_id"],
            client_secret=secrets["d365.client_secret"],
            host=d365["host"],
        )
        hosts = {"base_url": brex["base_url"], "v1_base_url": brex["v1_base_url"]}
        source: Source = BrexClient(self.outbound, token=secrets["brex.token"], **hosts)
        if is_transactions(connection):
            source = JoinedSource(
                BrexClient(self.outbound, token=secrets["brex.token"], **hosts),
                Spend(self.outbound, token=secrets["brex.token"], **hosts),
                Readiness.model_validate(brex.get("transactions") or {}),
                posting(connection).start_date,
                self._today,
            )
        return Clients(version, source, D365Client(self.outbound, tokens, d365["host"]))

    def _today(self) -> date:
        with self.database.begin() as tx:
            moment: datetime = records.now(tx)
        return moment.astimezone(UTC).date()

    def ready(self, connection: Connection, side: str) -> bool:
        """False while this side asked every worker of the connection to wait."""
        with self.database.begin() as tx:
            return pacing.wait_seconds(tx, connection.id, side) <= 0

    @contextmanager
    def calling(self, connection: Connection, side: str) -> Iterator[None]:
        """Around calls of a client: throttling, refused credentials and unreachable hosts end the stage as `Stop`.

        All other errors of the client pass through: what they mean is for the stage to say.
        """
        with metered() as meter:
            try:
                with self._judged(connection, side):
                    yield
            finally:
                self._count(connection, meter)

    @contextmanager
    def _judged(self, connection: Connection, side: str) -> Iterator[None]:
        try:
            yield
        except (brex_errors.Throttled, d365_errors.Throttled) as error:
            self.leave_alone(connection, side, error.retry_after)
            raise Stop(f"{side} asked us to wait") from error
        except (brex_errors.NotSent, d365_errors.NotSent) as error:
            self.leave_alone(connection, side, None)
            raise Stop(str(error)) from error
        except (brex_errors.Unauthorized, d365_errors.Unauthorized) as error:
            with self.database.begin() as tx:
                paused = connections.pause(tx, connection.id, str(error))
            if paused:
                log.warning("connection paused", connection=connection.name, side=side, reason=str(error))
            raise Stop(str(error)) from error
        else:
            with self.database.begin() as tx:
                pacing.clear(tx, connection.id, side)
                if side == "brex":
                    tokens.used(tx, connection.id)

    def _count(self, connection: Connection, meter: Meter) -> None:
        """Figures are worth no failure: what they are about has its own."""
        calls = {key: (number, Decimal(str(round(seconds, 3)))) for key, (number, seconds) in meter.calls.items()}
        if not calls:
            return
        with suppress(SQLAlchemyError), self.database.begin() as tx:
            figures.add(tx, connection.id, calls)

    def leave_alone(self, connection: Connection, side: str, retry_after: float | None) -> None:
        """All workers of the connection keep away from this side for a while, longer with every strike in a row."""
        with self.database.begin() as tx:
            strikes = pacing.strike(tx, connection.id, side)
            seconds = backoff(strikes, retry_after, SystemRandom())
            pacing.leave_alone(tx, connection.id, side, seconds)
        log.info("waiting", connection=connection.name, side=side, seconds=round(seconds, 1), strikes=strikes)


def _may_work(tx: Tx, connection: Connection) -> bool:
    """One that has ended never works again, and one that follows another not before that has."""
    brex = connection.settings["brex"]
    if is_transactions(connection):
        return not successions.followed_by(tx, connection.id)
    follows = brex.get("follows")
    return not follows or successions.predecessor(tx, follows, connection.name) is not None


def posting(connection: Connection) -> Posting:
    return Posting.model_validate(connection.settings["posting"])


def build(settings: Settings) -> Runtime:
    """The runtime of one process; nothing is connected to yet, so this is safe before a fork."""
    return Runtime(
        Database(settings.database_url),
        Vault(settings.secret_keys),
        Outbound(
            trusted_hosts=settings.trusted_hosts,
            ca_bundle=settings.ca_bundle,
            proxy=settings.proxy,
        ),
        settings.quiet_seconds,
    )
