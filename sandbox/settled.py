"""Spend of a customer without the Accounting API: card transactions with the expenses behind them, and a seeded
population of them for the demo; each knows the end it must come to.

Amounts here are whole cents, as Brex's transactions and expenses have them.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sandbox.brex.customer import Brex
    from sandbox.world import World

Json = dict[str, Any]
USD: Final = "USD"
ACCOUNTS: Final = ("7500 Other G&A", "Meals – team", "Büromaterial (EU)", "SaaS ")
DEPARTMENTS: Final = ("Sales & Marketing", "Operations ", "Finance", "IT")
# What the customer has approved, and what it waits for; expenses show no remote ids, so these are mapped by name.
APPROVED: Final = ("CARD_EXPENSE_REFUND", "CARD_PAYMENT", "REWARD_REDEMPTION", "CHARGEBACK", "BNPL_FEE")
READINESS: Final = {"ready": "approved", "fields": ["GL Account"]}
MAPPINGS: Final = "Business unit,Home,BusinessUnit,001\n"
_PEOPLE: Final = (("Dana ", "Whitfield"), ("José", "Núñez Ibáñez"), ("Wei", "张"))
_MERCHANTS: Final = (
    ("Delta Air Lines", "3058"), ("Uber   *TRIP", "4121"), ("AMZN Mktp US*2K4J81", "5942"),
    ("Café Zürich & Söhne GmbH  ", "5814"),
)  # fmt: skip


def connection(world: "World", name: str) -> Json:
    """A connection file of source transactions that fits this world."""
    data = world.connection(name)
    data["brex"] |= {"source": "transactions", "transactions": dict(READINESS)}
    data["posting"] |= {"approved_types": list(APPROVED)}
    return data


def option(field: str, label: str, option_id: str | None = None) -> Json:
    """A custom field with one option chosen."""
    data = {"option_id": option_id or f"efo_{label.strip()}", "option_label": label}
    return {"key": field, "value": {"value_type": "SINGLE_VALUE", "data_type": "OPTION_STRING", "data": data}}


def coded(account: str = ACCOUNTS[0], unit: str = "Home", department: str | None = None) -> list[Json]:
    fields = [option("GL Account", account), option("Business unit", unit)]
    return fields + ([option("Department", department)] if department else [])


class Purse:
    """Spends one customer's money. The same seed spends it in the same way."""

    def __init__(self, brex: "Brex", seed: int = 1) -> None:
        self.brex = brex
        self.random = Random(seed)  # noqa: S311 - repeatable, not secret

    def spend(
        self,
        cents: int = 1230,
        kind: str = "PURCHASE",
        *,
        day: date | None = None,
        parts: Sequence[int] = (),
        fields: list[Json] | None = None,
        bare: bool = False,
        **expense: Any,
    ) -> str:
        """A settled transaction and its expense (none with `bare`), split into `parts`; the transaction's id.

        `cents` are signed as Brex signs them.
        """
        day = day or self.brex.clock().date()
        name, mcc = self.random.choice(_MERCHANTS)
        merchant = {"raw_descriptor": name, "mcc": mcc, "country": "USA"}
        expense_id = None
        if not bare:
            expense_id = self._expense(abs(cents), day, merchant, parts, coded() if fields is None else fields, expense)
        return self.brex.card.add(kind, cents, day, expense_id=expense_id, merchant=merchant)

    def moved(self, kind: str, cents: int, day: date | None = None) -> str:
        """A transaction without a card: COLLECTION, REWARDS_CREDIT, BNPL_FEE."""
        return self.brex.card.add(kind, cents, day or self.brex.clock().date())

    def _expense(
        self, cents: int, day: date, merchant: Json, parts: Sequence[int], fields: list[Json], more: Json
    ) -> str:
        first, last = self.random.choice(_PEOPLE)
        posted = f"{day}T09:30:00.000000Z"
        common = {
            "category": "OFFICE_SUPPLIES",
            "merchant_id": f"merch_{merchant['mcc']}",
            "merchant": merchant,
            "user_id": f"cuuser_{first.strip()}",
            "user": {"id": f"cuuser_{first.strip()}", "first_name": first, "last_name": last},
            "payment_posted_at": posted,
            "purchased_at": posted,
        }
        whole = common | {"billing_amount": money(cents), "original_amount": money(cents), "memo": "Team lunch"}
        coding = {"custom_fields": None if parts else fields}
        made = [
            common | {"billing_amount": money(part), "original_amount": money(part), "custom_fields": fields}
            for part in parts
        ]
        return self.brex.expenses.add(made, **(whole | coding | more))


def money(cents: int, currency: str = USD) -> Json:
    return {"amount": cents, "currency": currency}


def populate(brex: "Brex", count: int, now: datetime, seed: int = 1) -> list[Json]:
    """So many transactions (at least 40), settled within the ten days before `now`; what must become of each."""
    purse = Purse(brex, seed)
    expected: list[Json] = []

    def case(transaction_id: str, kind: str, end: str = "written", problem: str | None = None) -> None:
        expected.append({"record_id": transaction_id, "type": kind, "end": end, "problem": problem,
                         "found_by": "poll", "told": False})  # fmt: skip

    def day() -> date:
        return (now - timedelta(days=purse.random.randint(1, 10))).date()

    def cents() -> int:
        return purse.random.randint(300, 90000)

    for _ in range(2):
        case(purse.spend(cents(), day=day(), bare=True), "CARD_EXPENSE_POST", "received", "RECORD-WAITING")
        case(purse.spend(cents(), day=day(), status="SUBMITTED"), "CARD_EXPENSE_POST", "received", "RECORD-WAITING")
        case(purse.spend(cents(), day=day(), fields=[]), "CARD_EXPENSE_POST", "received", "RECORD-WAITING")
        case(purse.spend(2000, day=day(), parts=(900, 1000)), "CARD_EXPENSE_POST", "held", "RECORD-UNBALANCED")
        case(purse.spend(-cents(), day=day()), "CARD_EXPENSE_POST", "held", "RECORD-ODD")
        ahead = (now + timedelta(days=3)).date()
        case(purse.spend(cents(), day=ahead), "CARD_EXPENSE_POST", "received", "RECORD-WAITING")
        case(purse.spend(-cents(), "CHARGEBACK", day=day()), "CHARGEBACK")
        case(purse.moved("REWARDS_CREDIT", -cents(), day()), "REWARD_REDEMPTION")
        case(purse.spend(cents(), "BNPL_FEE", day=day()), "BNPL_FEE")
    for size in (2, 3, 5, 8, 34):
        parts = [cents() for _ in range(size)]
        case(purse.spend(sum(parts), day=day(), parts=parts), "CARD_EXPENSE_POST")
    for _ in range(count // 16):
        case(purse.spend(-cents(), "REFUND", day=day()), "CARD_EXPENSE_REFUND")
    for _ in range(count // 24):
        case(purse.moved("COLLECTION", -cents(), day()), "CARD_PAYMENT")
    if len(expected) > count:
        raise ValueError(f"at least {len(expected)} transactions are needed to show everything")
    while len(expected) < count:
        fields = coded(purse.random.choice(ACCOUNTS), department=purse.random.choice((None, *DEPARTMENTS)))
        memo = purse.random.choice((None, "Offsite 🎉"))
        case(purse.spend(cents(), day=day(), fields=fields, memo=memo), "CARD_EXPENSE_POST")
    return expected
