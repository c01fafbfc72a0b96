"""Taking a connection file in: what it may say beside its form, and what may no longer change once records exist."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from connector.domain import connection as files
from connector.domain.connection import MASK, SECRETS, BadConnectionFile, ConnectionFile
from connector.outbound.auth import Bearer
from connector.outbound.errors import HostNotAllowed
from connector.outbound.hosts import target
from connector.pipeline.runtime import Runtime
from connector.store import connections, kinds, overview, successions
from connector.store.connections import Connection

_URLS = (("brex", "base_url"), ("brex", "v1_base_url"), ("d365", "host"), ("d365", "authority"))


class NotReplaceable(Exception):
    """The new file would turn the connection, which has records, into another one; `str()` says in what."""


def read(data: Any, trusted_hosts: frozenset[str], doubled: Sequence[str] = ()) -> ConnectionFile:
    """Validate a whole file, its hosts too. Raises `BadConnectionFile` naming every mistake, and no secret.

    `doubled`: the names that stand twice in one object of it.
    """
    mistakes = [f"{name}: stands twice in one object of the file; keep the one that is meant" for name in doubled]
    file = None
    try:
        file = files.read(data)
    except BadConnectionFile as error:
        mistakes += error.mistakes
    wrong = {mistake.partition(":")[0] for mistake in mistakes}
    # Looked at even where the form is wrong elsewhere: all mistakes are told at once.
    mistakes += [told for told in _beyond_form(data, trusted_hosts) if told.partition(":")[0] not in wrong]
    if file is None or mistakes:
        raise BadConnectionFile(mistakes)
    return file


def _beyond_form(data: Any, trusted_hosts: frozenset[str]) -> Iterator[str]:
    """Mistakes in what is well-formed: hosts out of bounds, a mask instead of a secret."""
    for side, key in _URLS:
        try:
            if url := _text(data, side, key):
                target(url, trusted_hosts)
        except HostNotAllowed as error:
            yield f"{side}.{key}: {error}"
    yield from _pushed(data)
    yield from _of_source(data)
    for side, key in SECRETS:
        if _text(data, side, key) == MASK:
            yield f"{side}.{key}: is the mask that `connections show` prints; put the real one there"
    for key in ("token", "transfers_token"):
        try:
            if token := _text(data, "brex", key):
                Bearer(token)
        except ValueError as error:
            yield f"brex.{key}: {error}"


def _pushed(data: Any) -> Iterator[str]:
    """Fact: fields of the group ERP belong to an accounting integration; Brex refuses them without one."""
    brex = data.get("brex") if isinstance(data, dict) else None
    push = brex.get("push") if isinstance(brex, dict) else None
    asked = isinstance(push, dict) and (push.get("accounts") is True or bool(push.get("dimensions")))
    if asked and not _text(data, "brex", "integration_id"):
        yield "brex.integration_id: is required for brex.push, as Brex ties an ERP's fields to its integration"


def _of_source(data: Any) -> Iterator[str]:
    """What goes with one source only. Fact: card transactions have calendar dates and no times, and one amount."""
    brex, asked = (_part(data, side) for side in ("brex", "posting"))
    if _text(data, "brex", "source") != "transactions":
        if brex.get("transactions") is not None:
            yield "brex.transactions: is only for source transactions"
        if brex.get("follows") is not None and brex.get("follows") == _part({"": data}, "").get("name"):
            yield "brex.follows: is this connection itself; it names another one, of source transactions"
        return
    if brex.get("follows") is not None:
        yield "brex.follows: is only for source accounting, which may follow source transactions"
    if asked.get("midnight_is_date") is False:
        yield "posting.midnight_is_date: must be true, as card transactions have dates and no times"
    if asked.get("amounts") == "billing_amount":
        yield "posting.amounts: must be amount, as card transactions have no other"


def _part(data: Any, side: str) -> dict[str, Any]:
    part = data.get(side) if isinstance(data, dict) else None
    return part if isinstance(part, dict) else {}


def _text(data: Any, side: str, key: str) -> str:
    """A setting as it is given; empty where it is left out or no text."""
    part = data.get(side) if isinstance(data, dict) else None
    value = part.get(key) if isinstance(part, dict) else None
    return value.strip() if isinstance(value, str) else ""


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
        follows = connection.settings["brex"].get("follows")
        if follows != file.brex.follows and follows and successions.predecessor(tx, follows, connection.name):
            raise NotReplaceable(
                f"{connection.name} goes on in place of {follows}, so brex.follows cannot change: what {follows} "
                "booked would be booked again"
            )
        basis = connection.settings["posting"].get("reimbursements", "accrual")
        if file.posting.reimbursements != basis and kinds.has_reimbursements(tx, connection.id):
            raise NotReplaceable(
                f"{connection.name} has reimbursements on the {basis} basis, so posting.reimbursements cannot change: "
                "what was approved before and is paid out after would be booked twice or not at all. Let a connection "
                "of another name begin on the other basis, with its own posting.start_date"
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
