"""Taking a connection file in: what it may say beside its form, and what may no longer change once records exist."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from connector.domain import connection as files
from connector.domain.connection import MASK, SECRETS, BadConnectionFile, ConnectionFile
from connector.outbound.auth import Bearer
from connector.outbound.errors import HostNotAllowed
from connector.outbound.hosts import target
from connector.pipeline.runtime import Runtime
from connector.store import connections, overview
from connector.store.connections import Connection

_URLS = (("brex", "base_url"), ("brex", "v1_base_url"), ("d365", "host"), ("d365", "authority"))


class NotReplaceable(Exception):
    """The new file would turn the connection, which has records, into another one; `str()` says in what."""


def read(data: Any, trusted_hosts: frozenset[str]) -> ConnectionFile:
    """Validate a whole file, its hosts too. Raises `BadConnectionFile` naming every mistake, and no secret."""
    file = files.read(data)
    mistakes = [mistake for mistake in (_host(file, *key, trusted_hosts) for key in _URLS) if mistake]
    mistakes += _not_served(file)
    for side, key in SECRETS:
        secret = getattr(getattr(file, side), key)
        if secret is not None and secret.get_secret_value() == MASK:
            mistakes.append(f"{side}.{key}: is the mask that `connections show` prints; put the real one there")
    try:
        Bearer(file.brex.token.get_secret_value())
    except ValueError as error:
        mistakes.append(f"brex.token: {error}")
    if mistakes:
        raise BadConnectionFile(mistakes)
    return file


def _not_served(file: ConnectionFile) -> list[str]:
    """Settings of the file's form that this release cannot keep: better refused than taken and not followed."""
    told = []
    if file.brex.source != "accounting":
        told.append(f'brex.source: "{file.brex.source}" is not served by this release; use "accounting"')
    if file.posting.closed_period != "hold":
        told.append(f'posting.closed_period: "{file.posting.closed_period}" is not served by this release; use "hold"')
    return told


def _host(file: ConnectionFile, side: str, key: str, trusted_hosts: frozenset[str]) -> str:
    try:
        target(getattr(getattr(file, side), key), trusted_hosts)
    except HostNotAllowed as error:
        return f"{side}.{key}: {error}"
    return ""


def unmasked(runtime: Runtime, connection: Connection, data: Any) -> Any:
    """The file's data with the stored secret wherever it shows the mask: what `show` prints can be edited and
    given back."""
    with runtime.database.begin() as tx:
        secrets = connections.secrets(tx, runtime.vault, connection.id)
    for side, key in SECRETS:
        part = data.get(side) if isinstance(data, dict) else None
        if isinstance(part, dict) and part.get(key) == MASK and f"{side}.{key}" in secrets:
            data = {**data, side: {**part, key: secrets[f"{side}.{key}"]}}
    return data


def replace(runtime: Runtime, connection: Connection, file: ConnectionFile) -> None:
    """Store the file in place of the old one. Raises `NotReplaceable`, and then nothing is stored."""
    changed = _identity_changes(connection.settings, files.without_secrets(file))
    with runtime.database.begin() as tx:
        if changed and overview.has_records(tx, connection.id):
            raise NotReplaceable(
                f"{connection.name} has records, so its {' and '.join(changed)} cannot change. That takes a cut-over: "
                f"`connector pause {connection.name}`, then add a connection of another name whose posting.start_date "
                "is the day from which the new one posts"
            )
        connections.replace(tx, runtime.vault, connection.id, file)


def _identity_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What makes a connection the one it is: which Brex queue, into which ledger."""
    before, after = _identity(old), _identity(new)
    return [name for name, value in before.items() if after[name] != value]


def _identity(settings: Mapping[str, Any]) -> dict[str, str]:
    return {
        "brex.source": settings["brex"]["source"],
        "brex.base_url": urlsplit(settings["brex"]["base_url"]).netloc.lower(),
        "d365.host": urlsplit(settings["d365"]["host"]).netloc.lower(),
        "posting.legal_entity": settings["posting"]["legal_entity"],
    }


def shown(connection: Connection, kinds: set[str]) -> dict[str, Any]:
    """The connection file in its own order, secrets masked. `kinds` are the secrets that are stored."""
    data = {side: dict(part) if isinstance(part, dict) else part for side, part in connection.settings.items()}
    for side, key in SECRETS:
        data[side][key] = MASK
    file: dict[str, Any] = files.read(data).model_dump(mode="json")
    for side, key in SECRETS:
        file[side][key] = MASK if f"{side}.{key}" in kinds else None
    return file
