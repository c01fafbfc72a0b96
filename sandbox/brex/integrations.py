"""The accounting integration of the account: at most one is active."""

from typing import Any, Final
from uuid import uuid4

from sandbox.brex.answers import Json, RefusalError, accounting, require_object, require_text
from sandbox.clock import Clock, stamp
from sandbox.state import Store

_KIND: Final = "brex_integration"


class Integrations:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, body: Any) -> Json:
        wish = require_object(body, {"vendor", "vendor_account_id"}, set(), "the body")
        vendor = require_text(wish["vendor"], "vendor")
        account = require_text(wish["vendor_account_id"], "vendor_account_id")
        active = self._active()
        if active is None:
            return self._put(_integration(vendor, account, stamp(self._clock())))
        if active["vendor"] != vendor:
            raise _exists(active, vendor, "create")
        if active["vendor_account_id"] != account:
            raise accounting(
                409,
                "VENDOR_ACCOUNT_ID_MISMATCH",
                "Cannot create integration. An active integration for this vendor already exists with a "
                "different vendor account ID.",
                {
                    "existing_integration_id": active["id"],
                    "existing_vendor_account_id": active["vendor_account_id"],
                    "requested_vendor_account_id": account,
                },
            )
        return active

    def disconnect(self, integration_id: str) -> Json:
        integration = self._known(integration_id)
        if integration["status"] != "ACTIVE":
            raise accounting(
                409,
                "INTEGRATION_NOT_ACTIVE",
                "Cannot disconnect integration. Integration is not active.",
                {"integration_id": integration_id, "current_status": integration["status"]},
            )
        return self._put(integration | {"status": "DISABLED"})

    def reactivate(self, integration_id: str) -> Json:
        integration = self._known(integration_id)
        active = self._active()
        if active is not None:
            raise _exists(active, integration["vendor"], "creat")  # the specification's own spelling here
        return self._put(integration | {"status": "ACTIVE"})

    def known(self, integration_id: str) -> bool:
        """An integration that exists, whatever became of it."""
        return self._store.get(_KIND, integration_id) is not None

    def _active(self) -> Json | None:
        return next((doc for doc in self._store.all(_KIND) if doc["status"] == "ACTIVE"), None)

    def _known(self, integration_id: str) -> Json:
        integration = self._store.get(_KIND, integration_id)
        if integration is None:
            raise accounting(404, "NOT_FOUND", "Integration not found.")
        return integration

    def _put(self, integration: Json) -> Json:
        self._store.put(_KIND, integration["id"], integration)
        return integration


def _integration(vendor: str, account: str, moment: str) -> Json:
    """Conflict in the facts: the schema requires integration_id, every example shows id. So both."""
    name = f"int_{uuid4().hex}"
    return {
        "id": name,
        "integration_id": name,
        "vendor": vendor,
        "status": "ACTIVE",
        "created_at": moment,
        "vendor_account_id": account,
    }


def _exists(active: Json, vendor: str, verb: str) -> RefusalError:
    return accounting(
        409,
        "ACTIVE_INTEGRATION_EXISTS",
        f"Cannot {verb} or recreate integration. An active integration with a different vendor already exists.",
        {
            "existing_integration_id": active["id"],
            "existing_vendor": active["vendor"],
            "requested_vendor": vendor,
        },
    )
