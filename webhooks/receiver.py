"""Brex's webhooks: verify, store, commit, then wake. Nothing else happens here."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, request
from standardwebhooks import Webhook

from connector.domain import connection as files
from connector.domain import jsonio
from connector.pipeline import intake
from connector.pipeline.runtime import Runtime
from connector.pipeline.source import is_transactions
from connector.store import connections, webhooks
from connector.store.connections import Connection
from connector.vault import VaultError

log = structlog.get_logger()
blueprint = Blueprint("receiver", __name__)

READY_EVENT = "ACCOUNTING_RECORD_READY_FOR_EXPORT"
# Fact: both spellings were published; which one is sent is not known.
ID_KEYS = ("accountingRecordIds", "accounting_record_ids")
MOST_BYTES = 1024 * 1024
# Checked against where the connection is unknown, so that a stranger learns nothing from the time it takes.
_NOBODY = "d2hzZWNfbm9ib2R5X2tub3dzX3RoaXNfb25lX2F0X2FsbA=="


@blueprint.post("/webhooks/brex/<name>")
def receive(name: str) -> Response:
    """200 stored (or known already), 401 not signed by Brex for this connection, 400 signed but unreadable."""
    runtime: Runtime = current_app.extensions["runtime"]
    body = request.get_data(cache=False)
    with runtime.database.begin() as tx:
        connection = connections.by_name(tx, name) if re.fullmatch(files.NAME, name) else None
        secret = _secret(runtime, tx, connection)
    if not _signed(body, secret or _NOBODY) or connection is None or not secret:
        return _answer(401, "not signed by Brex for this connection")
    return _store(runtime, connection, body)


def _secret(runtime: Runtime, tx: Any, connection: Connection | None) -> str:
    if connection is None:
        return ""
    try:
        return connections.secrets(tx, runtime.vault, connection.id).get("brex.webhook_secret", "")
    except VaultError as error:
        log.error("credentials cannot be read", connection=connection.name, reason=str(error))
        return ""


def _signed(body: bytes, secrets: str) -> bool:
    """True where one of the (blank-separated) secrets signed it: while Brex rotates, two are good."""
    return any(_verified(body, secret) for secret in secrets.split())


def _verified(body: bytes, secret: str) -> bool:
    try:
        Webhook(secret).verify(body, dict(request.headers), json_parse=False)
    except Exception as error:
        # The library raises half a dozen kinds on malformed headers; none of them is a stranger's 500.
        log.debug("webhook not verified", reason=type(error).__name__)
        return False
    return True


def _store(runtime: Runtime, connection: Connection, body: bytes) -> Response:
    webhook_id = request.headers["Webhook-Id"]
    try:
        event_type, ids = _read(jsonio.loads(body))
        if not intake.readable_id(webhook_id):
            raise ValueError("no readable Webhook-Id")
    except ValueError as error:
        log.warning("webhook unreadable", connection=connection.name, reason=str(error))
        return _answer(400, f"unreadable: {error}")
    if is_transactions(connection):
        ids = []  # accounting records, which this connection does not read
    actor = f"webhook:{webhook_id}"
    with runtime.database.begin() as tx:
        body_hash = hashlib.sha256(body).hexdigest()
        first = webhooks.first_time(tx, connection.id, webhook_id, event_type, body_hash, len(ids))
        if first:
            found = intake.announce(tx, connection.id, ids, actor=actor, source="webhook")
    if not first:
        return _answer(200, "known already")
    log.info("webhook stored", connection=connection.name, webhook_id=webhook_id, new=found.new, known=found.known,
             records=ids)  # fmt: skip
    if ids and connection.active:
        _wake(connection)
    return _answer(200, "stored")


def _wake(connection: Connection) -> None:
    """Whatever goes wrong here, the records are stored, and the sweep finds them."""
    wake: Callable[[int], object] = current_app.extensions["wake"]
    try:
        wake(connection.id)
    except Exception as error:
        log.warning("not woken", connection=connection.name, reason=type(error).__name__)


def _read(event: Any) -> tuple[str, list[str]]:
    """The event's type and the record ids it announces (none for other events). Raises ValueError."""
    if not isinstance(event, dict) or not intake.readable_id(event.get("event_type")):
        raise ValueError("no event_type")
    event_type = event["event_type"]
    if event_type != READY_EVENT:
        return event_type, []
    ids = next((event[key] for key in ID_KEYS if key in event), None)
    if not isinstance(ids, list) or not all(intake.readable_id(one) for one in ids):
        raise ValueError("no list of accounting record ids")
    return event_type, ids


def _answer(status: int, sentence: str) -> Response:
    return Response(jsonio.dumps({"status": sentence}) + "\n", status, mimetype="application/json")
