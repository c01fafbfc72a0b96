"""The whole sandbox: Brex, Entra ID and F&O over one store, as WSGI apps and as Python handles."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sandbox.brex import Brex
from sandbox.brex import create_app as create_brex_app
from sandbox.brex.customer import RECEIPTS_URL
from sandbox.clock import Clock, now
from sandbox.control import create_app as create_control_app
from sandbox.d365 import Ledger
from sandbox.d365 import create_app as create_d365_app
from sandbox.d365 import seed as seed_d365
from sandbox.entra import Entra
from sandbox.faults import Faults
from sandbox.inprocess import WSGIAdapter
from sandbox.middleware import Faulty, OnceAsked, Traffic
from sandbox.state import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TENANT_ID: Final = "6f9f2c52-2b3e-4c0e-9d3a-5a0b6d3c7e11"
CLIENT_ID: Final = "b0a1d7f4-53c8-4f0e-8a52-0d9a5ad0c3f2"
CLIENT_SECRET: Final = "sandbox~client-secret-of-the-demo"

# What the demo's customer has looked at and approved; the pay-ins of bills are still to come.
APPROVED: Final = (
    "CARD_EXPENSE_REFUND",
    "CARD_EXPENSE_REPAYMENT",
    "CARD_PAYMENT",
    "CARD_PAYMENT_REFUND",
    "REWARD_REDEMPTION",
    "REIMBURSEMENT_EXPENSE_APPROVAL",
    "REIMBURSEMENT_EXPENSE_REPAYMENT",
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT",
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL",
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN",
    "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND",
    "BILL_EXPENSE",
    "BILL_EXPENSE_PAYMENT",
)

# In process the stand-ins answer under the real hosts' names: nothing needs to be trusted for that.
REAL_HOSTS: Final = {
    "brex": "https://api.brex.com",
    "brex_v1": "https://platform.brexapis.com",
    "entra": "https://login.microsoftonline.com",
    "d365": "https://contoso.operations.dynamics.com",
    "receipts": RECEIPTS_URL,
}


class World:
    """`path`: an SQLite file that keeps the state. `urls`: where each system is reached.

    `apps`: brex, brex_v1, entra, d365, receipts (each behind the fault middleware) and control.
    `requests`: how many requests each system got; `traffic.latest` says which.
    """

    def __init__(
        self,
        path: str | None = None,
        *,
        clock: Clock = now,
        urls: Mapping[str, str] = REAL_HOSTS,
        seed: int = 0,
    ) -> None:
        self.clock = clock
        self.urls = dict(urls)
        self.store = Store(path)
        self.faults = Faults(seed)
        self.traffic = Traffic()
        self.entra = Entra(self.store, clock, tenant_id=TENANT_ID, seed=seed)
        if not self.entra.knows(CLIENT_ID):
            self.entra.register(CLIENT_ID, CLIENT_SECRET)
        self.entra.add_resource(self.urls["d365"])
        self.brex = Brex(self.store, clock, receipts_url=self.urls.setdefault("receipts", RECEIPTS_URL))
        seed_d365(self.store, [CLIENT_ID])
        self.d365 = Ledger(self.store, self.faults, clock)
        self.apps: dict[str, WSGIApplication] = {
            "brex": self._faulty("brex", OnceAsked(lambda: create_brex_app(self.brex))),
            "brex_v1": self._faulty("brex", OnceAsked(lambda: create_brex_app(self.brex, legacy=True))),
            "entra": self._faulty("entra", self.entra.app),
            "d365": self._faulty("d365", create_d365_app(self.store, self.faults, self.entra)),
            "receipts": self._faulty("receipts", OnceAsked(self.brex.receipts.create_app)),
            "control": OnceAsked(lambda: create_control_app(self)),
        }

    @property
    def requests(self) -> Counter[str]:
        return self.traffic.counts

    def adapter(self) -> WSGIAdapter:
        """A `requests` adapter under which `urls` lead to the apps, without a socket."""
        return WSGIAdapter(
            {url.removeprefix("https://"): self.apps[name] for name, url in self.urls.items() if name != "control"}
        )

    def connection(self, name: str = "demo") -> dict[str, Any]:
        """A connection file that fits this world (secrets included: they guard nothing)."""
        return {
            "name": name,
            "brex": {
                "token": self.brex.token,
                "base_url": self.urls["brex"],
                "v1_base_url": self.urls["brex_v1"],
                "webhook_secret": self.brex.webhook_secret(),
            },
            "d365": {
                "host": self.urls["d365"],
                "tenant_id": TENANT_ID,
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "authority": self.urls["entra"],
            },
            "posting": {
                # Before the oldest record of the population: Brex's published example is of April 2025.
                "start_date": "2025-01-01",
                "legal_entity": "usmf",
                "time_zone": "America/Los_Angeles",
                "journal_name": "BREX",
                "journal_period": "day",
                "approved_types": list(APPROVED),
                "accounts": {
                    "card_liability": {
                        "type": "Ledger",
                        "account": "200130",
                        "dimensions": {"BusinessUnit": "001"},
                    },
                    # The vendor of bills whose own is not found by name.
                    "accounts_payable": {"type": "Vend", "account": "US-101"},
                    "reimbursements_payable": {"type": "Ledger", "account": "200140"},
                    "clearing": {"type": "Ledger", "account": "110190"},
                    "cash": {"type": "Bank", "account": "USMF OPER"},
                    "rewards": {"type": "Ledger", "account": "403200"},
                },
            },
        }

    def close(self) -> None:
        self.store.close()

    def _faulty(self, system: str, app: "WSGIApplication") -> Faulty:
        return Faulty(system, app, self.faults, self.traffic)
