"""The Brex account of one customer: what tests and the demo do to it by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sandbox.brex import messages
from sandbox.brex.answers import Json
from sandbox.brex.card import CardAccount
from sandbox.brex.cash import CashAccount
from sandbox.brex.expenses import Expenses
from sandbox.brex.exports import Exports
from sandbox.brex.fields import Fields
from sandbox.brex.integrations import Integrations
from sandbox.brex.messages import Delivery
from sandbox.brex.options import Options
from sandbox.brex.receipts import Receipts
from sandbox.brex.records import Records
from sandbox.brex.subscriptions import READY_EVENT, Subscriptions
from sandbox.brex.tokens import ALL_SCOPES, Tokens
from sandbox.brex.transfers import Transfers
from sandbox.brex.vendors import Vendors
from sandbox.clock import Clock, now
from sandbox.state import Store

COMPANY_ID: Final = "cuacc_sandbox00000000000000001"
TOKEN: Final = "bxt_sandbox-token-of-the-demo"
RECEIPTS_URL: Final = "https://brex-receipts.s3.us-west-2.amazonaws.com"


class Brex:
    """One customer. `options` are the switches; the other attributes are the parts of its account."""

    def __init__(
        self, store: Store, clock: Clock = now, options: Options | None = None, receipts_url: str = RECEIPTS_URL
    ) -> None:
        self.store = store
        self.clock = clock
        self.options = options or Options()
        self.company_id = COMPANY_ID
        self.token = TOKEN
        self.ca: str | None = None  # bundle for receivers with a certificate of their own
        self.tokens = Tokens(store, self.options)
        self.receipts = Receipts(store, clock, receipts_url)
        self.records = Records(store, clock, self.options, self.receipts)
        self.card = CardAccount(store, clock, self.records)
        self.expenses = Expenses(store, clock, self.receipts)
        self.cash = CashAccount(store)
        self.exports = Exports(store, clock, self.options, self.records)
        self.integrations = Integrations(store, clock)
        self.fields = Fields(store, clock, self.options, self.integrations)
        self.vendors = Vendors(store, self.options)
        self.transfers = Transfers(store, clock, self.vendors)
        self.subscriptions = Subscriptions(store, self.options)
        if store.get("brex_token", TOKEN) is None:
            self.tokens.create(ALL_SCOPES, clock(), TOKEN)

    # What people do in Brex

    def add_record(self, record: Json, ready: bool = True) -> str:
        """Add a record; `ready` exports it at once, unless it says it is READY_FOR_EXPORT already."""
        record_id = self.records.add(record)
        if ready and record.get("review_status") != "READY_FOR_EXPORT":
            self.export([record_id])
        return record_id

    def export(self, record_ids: Sequence[str]) -> None:
        """A person presses Export: READY_FOR_EXPORT, with a newer updated_at and version.

        Sends no webhook by itself: see `deliver`. Raises KeyError, ValueError.
        """
        self.records.move(record_ids, ("PREPARE", "REVIEW"), "READY_FOR_EXPORT")

    def pull_back(self, record_id: str) -> None:
        """A person takes a record out of the export queue before it was exported."""
        self.records.move([record_id], ("READY_FOR_EXPORT",), "REVIEW")

    def edit(self, record_id: str, **changes: Any) -> None:
        """A person or Brex changes a record; newer updated_at and version."""
        self.records.change(record_id, **changes)

    def add_receipt(self, record_id: str, kind: str = "pdf") -> str:
        """A person adds a receipt to a record (a kind of `receipts.KINDS`); its id."""
        record = self.records.get(record_id)
        if record is None:
            raise KeyError(record_id)
        receipt_id = self.receipts.add(kind)
        self.edit(record_id, receipts=[*(record["receipts"] or []), {"id": receipt_id, "download_uris": None}])
        return receipt_id

    def remove(self, record_id: str) -> None:
        """The record is gone from Brex: reads leave it out, and a report that names it is a 404."""
        self.records.remove(record_id)

    def statuses(self) -> dict[str, str]:
        """Record id → review_status, oldest first."""
        return {record["id"]: record["review_status"] for record in self.records.all()}

    def reported(self) -> list[Json]:
        """What has been reported to export-results, oldest first."""
        return self.exports.reported()

    def add_field(self, name: str = "GL account", group: str = "ERP", remote_id: str | None = None) -> str:
        """Fact: only an accounting integration makes fields of the group ERP; a field does not show which one."""
        return str(self.fields.add(name, group, remote_id)["brex_id"])

    # Credentials

    def new_token(self, *scopes: str) -> str:
        return self.tokens.create(scopes or ALL_SCOPES, self.clock())

    def revoke_token(self, token: str | None = None) -> None:
        self.tokens.end(token or self.token, "REVOKED")

    def expire_token(self, token: str | None = None) -> None:
        self.tokens.end(token or self.token, "EXPIRED")

    def webhook_secret(self) -> str:
        """The newest secret."""
        return str(self.subscriptions.secrets()[0]["secret"])

    def rotate_secret(self) -> str:
        """A new secret; messages carry two signatures until `finish_rotation`."""
        return self.subscriptions.rotate()

    def finish_rotation(self) -> None:
        self.subscriptions.finish_rotation()

    # Webhooks

    def signed_webhook(
        self, record_ids: Sequence[str], webhook_id: str | None = None, at: datetime | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of an ACCOUNTING_RECORD_READY_FOR_EXPORT message. Ids may repeat."""
        body = messages.ready_body(record_ids, self.company_id, self.options.webhook_body)
        secrets = [str(doc["secret"]) for doc in self.subscriptions.secrets()]
        headers = messages.signed_headers(body, webhook_id or messages.new_id(), at or self.clock(), secrets)
        return body, headers

    def deliver(
        self,
        url: str | None,
        record_ids: Sequence[str],
        *,
        webhook_id: str | None = None,
        schedule: Sequence[float] = messages.SCHEDULE[:2],
    ) -> Delivery:
        """Send the message to `url`, or to the registered endpoint, until it is accepted or `schedule` ends.

        `schedule`: seconds to wait before each attempt. Every attempt has the same Webhook-Id.
        Raises ValueError where there is nowhere to send to.
        """
        url = url or self.subscriptions.url_for(READY_EVENT)
        if url is None:
            raise ValueError("no address given, and no active webhook listens to this event")
        messages.require_deliverable(url)
        webhook_id = webhook_id or messages.new_id()
        statuses: list[int] = []
        for pause in schedule:
            messages.wait(pause)
            body, headers = self.signed_webhook(record_ids, webhook_id)
            statuses.append(messages.post(url, body, headers, self.ca))
            if 200 <= statuses[-1] < 300:
                break
        return Delivery(webhook_id, tuple(statuses))
