"""Is this installation well: clock, disk, schema, keys, versions, and what is stuck. Changes nothing anywhere."""

import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from connector.outbound.errors import OutboundError
from connector.pipeline.runtime import Runtime
from connector.store import connections, health, schema
from connector.store.connections import Connection

# Fact: a webhook whose time differs by more than five minutes is not accepted (Standard Webhooks).
CLOCK_FAILED, CLOCK_WARNING = 300, 30
DISK_FAILED, DISK_WARNING = 200 * 2**20, 2 * 2**30
OLDEST_WARNING = 3600
OLDEST_POSTGRES, OLDEST_REDIS = 14, (6, 2)
PACKAGES = ("brex-d365-connector", "celery", "cryptography", "msal", "redis", "requests", "sqlalchemy")
CALL_SECONDS = 10.0


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """`seen` is what there is, `fix` what to do about it (empty where it is ok)."""

    name: str
    state: State
    seen: str
    fix: str = ""
    connection: str = ""


def run(runtime: Runtime, home: Path, broker: str | None) -> Iterator[Check]:
    """Every check, as it is done. `broker`: what it says it is, or None where it does not answer."""
    yield versions()
    yield disk(home)
    yield judge_broker(broker)
    try:
        yield from _database(runtime)
    except SQLAlchemyError as error:
        yield Check(
            "database", State.FAILED, f"does not answer ({type(error).__name__})",
            "start it (script/server runs an embedded one), or correct DATABASE_URL",
        )  # fmt: skip


def _database(runtime: Runtime) -> Iterator[Check]:
    with runtime.database.begin() as tx:
        text, major = health.version(tx)
        skew = abs(Decimal(str(time.time())) - health.epoch(tx))
    old = major < OLDEST_POSTGRES
    yield Check("database", State.WARNING if old else State.OK, f"PostgreSQL {text}",
                f"use PostgreSQL {OLDEST_POSTGRES} or later" if old else "")  # fmt: skip
    yield judge_clock("database", skew)
    if (found := judge_schema(schema.state(runtime.database))).state is State.FAILED:
        yield found
        return
    yield found
    with runtime.database.begin() as tx:
        everyone = connections.everyone(tx)
        keys = health.keys(tx, runtime.vault)
    yield judge_keys(keys, runtime.vault.key_id)
    for one in everyone:
        yield from _connection(runtime, one)


def _connection(runtime: Runtime, one: Connection) -> Iterator[Check]:
    yield Check(
        "state", State.OK if one.active else State.WARNING, "active" if one.active else f"paused: {one.state_reason}",
        "" if one.active else f"see to the reason, then `connector resume {one.name}`", one.name,
    )  # fmt: skip
    with runtime.database.begin() as tx:
        stuck = health.stuck(tx, one.id)
    yield from judge_stuck(one.name, stuck)
    yield remote_clock(runtime, one.name, "Brex", one.settings["brex"]["base_url"])
    yield remote_clock(runtime, one.name, "F&O", one.settings["d365"]["host"])


def remote_clock(runtime: Runtime, name: str, side: str, url: str) -> Check:
    """Against the `Date` of an answer, any answer: no credential is sent."""
    began = time.time()
    try:
        answer = runtime.outbound.request("GET", url, seconds=CALL_SECONDS)
    except OutboundError as error:
        return Check("clock", State.WARNING, f"{side} was not asked: {error}", f"`connector ping {name}`", name)
    try:
        told = parsedate_to_datetime(answer.headers.get("Date", "")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return Check("clock", State.WARNING, f"{side} does not tell the time", "compare it with a time server", name)
    # The header has whole seconds and was written at some time during the call.
    skew = max(0.0, began - told - 1, told - time.time())
    return judge_clock(side, skew, name)


def judge_clock(whose: str, seconds: float | Decimal, connection: str = "") -> Check:
    state = State.FAILED if seconds > CLOCK_FAILED else State.WARNING if seconds > CLOCK_WARNING else State.OK
    fix = "" if state is State.OK else "set this machine's clock by NTP: webhooks and tokens are judged by it"
    return Check("clock", state, f"{seconds:.0f} s from {whose}'s", fix, connection)


def disk(home: Path) -> Check:
    """Room where CONNECTOR_HOME is; its nearest folder that exists."""
    folder = next(path for path in (home, *home.parents) if path.exists())
    return judge_disk(folder, shutil.disk_usage(folder).free)


def judge_disk(folder: Path, free: int) -> Check:
    state = State.FAILED if free < DISK_FAILED else State.WARNING if free < DISK_WARNING else State.OK
    fix = "" if state is State.OK else "make room: a database without any stops (`connector data purge` removes bodies)"
    return Check("disk", state, f"{free / 2**30:,.1f} GiB free at {folder}", fix)


def judge_schema(state: schema.State) -> Check:
    if state is schema.State.OLDER:
        return Check("schema", State.FAILED, "older than this release", "run `alembic upgrade head`")
    if state is schema.State.NEWER:
        return Check("schema", State.WARNING, "newer than this release", "finish the upgrade of this machine")
    return Check("schema", State.OK, f"at revision {schema.known()[-1]}")


def judge_broker(version: str | None) -> Check:
    if version is None:
        return Check("broker", State.FAILED, "does not answer",
                     "start it, or correct REDIS_URL: nothing is lost, but no work is begun")  # fmt: skip
    digits = tuple(int(part) for part in version.rpartition(" ")[2].split(".")[:2] if part.isdecimal())
    old = bool(digits) and digits < OLDEST_REDIS
    return Check("broker", State.WARNING if old else State.OK, version,
                 "use Redis 6.2 or Valkey or later" if old else "")  # fmt: skip


def judge_keys(keys: health.Keys, first: str) -> Check:
    told = ", ".join(f"{number} under key {key}" for key, number in sorted(keys.used.items())) or "no credential stored"
    if keys.unreadable:
        lost = ", ".join(f"{kind} of {name}" for name, kind in keys.unreadable)
        return Check("keys", State.FAILED, f"{told}; not readable: {lost}",
                     "put the key that is missing back at the end of CONNECTOR_SECRET_KEYS, or store the connection "
                     "file again (`connector connections add FILE --replace`)")  # fmt: skip
    if set(keys.used) - {first}:
        return Check("keys", State.WARNING, told, "run `connector keys rotate`; only then take the old key out")
    return Check("keys", State.OK, told)


def judge_stuck(name: str, stuck: health.Stuck) -> Iterator[Check]:
    if stuck.uncertain:
        yield Check("uncertain", State.WARNING, f"{stuck.uncertain} write(s) uncertain for more than a day",
                    f"`connector records {name} --stage writing`: look for their references in F&O", name)  # fmt: skip
    if stuck.overdue:
        yield Check("sending", State.FAILED, f"{stuck.overdue} batch(es) sending past their deadline",
                    "no worker declares them uncertain: see that worker and beat run", name)  # fmt: skip
    if stuck.oldest_seconds is not None and stuck.oldest_seconds > OLDEST_WARNING:
        yield Check("waiting", State.WARNING, f"the oldest record waits for {stuck.oldest_seconds // 60:,} min",
                    f"`connector status {name} --workers` shows what it waits for", name)  # fmt: skip
    if not stuck.uncertain and not stuck.overdue and (stuck.oldest_seconds or 0) <= OLDEST_WARNING:
        yield Check("work", State.OK, "nothing is stuck", "", name)


def versions() -> Check:
    told = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            told.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:  # run from a folder, never installed
            told.append(f"{package} (not installed)")
    return Check("versions", State.OK, ", ".join(told))
