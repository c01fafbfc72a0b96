"""A seeded population of accounting records for the demo; each knows the end it must come to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from connector.domain import jsonio
from sandbox import bills, payables
from sandbox.cases import Case
from sandbox.coding import (
    ACCOUNTS,
    COST_CENTERS,
    DEPARTMENTS,
    SUSPENDED,
    TRAVEL,
    UNITS,
    UNMAPPED,
    Value,
)
from sandbox.spend import CREDIT, DEBIT, Json, Maker

_FIXTURES: Final = Path(__file__).parent / "fixtures"
_SPLITS: Final = (2, 2, 3, 3, 5, 8, 13, 21, 34, 55, 100)
_DAYS: Final = 10


def populate(
    count: int, now: datetime, seed: int = 1, *, all_types: bool = False, all_forms: bool = False
) -> list[Case]:
    """So many cases (at least 60), posted within the ten days before `now`, in a shuffled order.

    The same seed and `now` give the same cases. The two published records keep their own dates. `all_types`: not only
    card spend, but also reimbursements, bills, and what else there is. `all_forms`: what `sandbox.payables` has.
    """
    builder = _Builder(Maker(seed), now)
    cases = published() + builder.held() + (builder.others() if all_types else [])
    cases += builder.payables(count) if all_forms else []
    cases += [Case(builder.expense(size)) for size in _SPLITS]
    cases += [Case(builder.refund(1 + index % 3)) for index in range(count // 16)]
    cases += [Case(builder.payment()) for _ in range(count // 24)]
    if len(cases) > count:
        raise ValueError(f"at least {len(cases)} records are needed to show everything")
    cases += [Case(builder.expense(1)) for _ in range(count - len(cases))]
    builder.maker.random.shuffle(cases)
    return [
        replace(case, found_by="poll" if index % 12 == 5 or not case.told else "webhook")
        for index, case in enumerate(cases)
    ]


def published() -> list[Case]:
    """Brex's own example record, and a real one that was recorded, which is still being prepared.

    The example comes READY_FOR_EXPORT; here it is taken back to its review, to be exported like the others.
    """
    example = jsonio.loads((_FIXTURES / "published-example-record.json").read_bytes())
    recorded = jsonio.loads((_FIXTURES / "recorded-accounting-record.json").read_bytes())
    return [Case(example | {"review_status": "REVIEW"}), Case(recorded)]


class _Builder:
    def __init__(self, maker: Maker, now: datetime) -> None:
        self.maker = maker
        self._now = now

    def expense(self, lines: int, currency: str | None = None) -> Json:
        """CARD_EXPENSE_POST: so many coded DEBIT lines, and the CREDIT line against them."""
        return self._coded("CARD_EXPENSE_POST", DEBIT, CREDIT, lines, currency)

    def refund(self, lines: int) -> Json:
        """CARD_EXPENSE_REFUND: the same with the directions turned round."""
        return self._coded("CARD_EXPENSE_REFUND", CREDIT, DEBIT, lines)

    def payment(self) -> Json:
        """CARD_PAYMENT: the company pays its card balance, in its bank's currency. Nothing is coded."""
        amount, line = self.maker.amount(5000, 90000), self.maker.line
        lines = [line(DEBIT, amount, "USD"), line(CREDIT, amount, "USD")]
        return self.maker.record("CARD_PAYMENT", "USD", self._moment(), lines)

    def held(self) -> list[Case]:
        """Two of each kind that must wait for a person."""
        makers: tuple[tuple[str, Callable[[], Json]], ...] = (
            ("MAP-ACCOUNT-UNMAPPED", lambda: self._simple(UNMAPPED)),
            ("MAP-ACCOUNT-SUSPENDED", lambda: self._simple(SUSPENDED)),
            ("MAP-ACCOUNT-MISSING", self._uncoded),
            ("TREATMENT-UNKNOWN", self._invoice),
            ("RECORD-DIRECTION", self._wrong_way),
            ("RECORD-CURRENCIES", self._mixed),
            # The one that only F&O refuses: its account structure demands a department.
            ("MAP-VALUE-BLANK", lambda: self._simple(TRAVEL) | {"user": None}),
        )
        return [Case(make(), "held", problem) for problem, make in makers for _ in range(2)]

    def others(self) -> list[Case]:
        """The types that are rarer than card spend: the life of some reimbursements, a few bills, money moved."""
        movement = "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT"
        cases = [Case(self._coded("CARD_EXPENSE_REPAYMENT", CREDIT, DEBIT, 1, "USD"))]
        cases += [Case(self._moved(kind)) for kind in ("CARD_PAYMENT_REFUND", "REWARD_REDEMPTION", "REWARD_REDEMPTION")]
        for lines in (1, 2, 3):
            cases += [
                Case(self._coded("REIMBURSEMENT_EXPENSE_APPROVAL", DEBIT, CREDIT, lines, "USD")),
                # The same spend again, as the cash basis sees it.
                Case(self._coded("REIMBURSEMENT_EXPENSE_POST", DEBIT, CREDIT, lines, "USD"), "skipped"),
                Case(self._moved(f"{movement}_PAYOUT")),
            ]
        cases += [Case(self._moved(f"{movement}_{kind}")) for kind in ("PAYIN", "PAYOUT_REVERSAL", "REFUND")]
        cases.append(Case(self._coded("REIMBURSEMENT_EXPENSE_REPAYMENT", CREDIT, DEBIT, 1, "USD")))
        bills_of = bills.cases(lambda count: self._coded("BILL_EXPENSE", DEBIT, CREDIT, count, "USD"), self._moved)
        of_a_bill = self.expense(1, "USD") | {"invoice_number": "INV-7"}
        return [*cases, *bills_of, Case(of_a_bill, "held", "TREATMENT-TWICE")]

    def payables(self, count: int) -> list[Case]:
        """Everything in US dollars: so are the vendors."""
        return payables.cases(count, lambda kind, lines: self._coded(kind, DEBIT, CREDIT, lines, "USD"), self._moved)

    def _moved(self, kind: str) -> Json:
        """Money that moves without any coding."""
        amount, line = self.maker.amount(20, 400), self.maker.line
        return self.maker.record(kind, "USD", self._moment(), [line(DEBIT, amount, "USD"), line(CREDIT, amount, "USD")])

    def _coded(self, kind: str, side: str, other: str, count: int, currency: str | None = None) -> Json:
        maker = self.maker
        currency = currency or maker.random.choices(("USD", "EUR"), (5, 1))[0]
        coded = [
            maker.line(side, maker.amount(), currency, self._coding(), maker.random.choice((None, "part of it")))
            for _ in range(count)
        ]
        total = sum((line["amount"]["amount"] for line in coded), Decimal(0))
        lines = [*coded, maker.line(other, total, currency)]
        # Fact: the published example has no offsetting line, the recorded one has it.
        return maker.record(kind, currency, self._moment(), coded if maker.random.random() < 0.1 else lines)

    def _coding(self) -> list[Value]:
        """An account, and most of the dimensions."""
        choose, chance = self.maker.random.choice, self.maker.random.random
        coding = [choose((*ACCOUNTS, TRAVEL)), choose(UNITS)]
        if chance() < 0.8 or coding[0] is TRAVEL:
            coding.append(choose(DEPARTMENTS))
        if chance() < 0.6:
            coding.append(choose(COST_CENTERS))
        return coding

    def _simple(self, account: Value) -> Json:
        amount, line = self.maker.amount(), self.maker.line
        lines = [line(DEBIT, amount, "USD", (account, UNITS[0])), line(CREDIT, amount, "USD")]
        return self.maker.record("CARD_EXPENSE_POST", "USD", self._moment(), lines)

    def _uncoded(self) -> Json:
        """Fact: a missing account shows as an entry whose value is null."""
        record = self._simple(ACCOUNTS[0])
        blank: dict[str, Any] = dict.fromkeys(("brex_field_value_id", "remote_field_value_id", "field_value_name"))
        values = record["line_items"][0]["accounting_field_values"]
        values[0] |= blank
        return record

    def _invoice(self) -> Json:
        amount, line = self.maker.amount(), self.maker.line
        lines = [line(DEBIT, amount, "USD"), line(CREDIT, amount, "USD")]
        # Listed among the types without a word of description; so far only seen in the enum.
        return self.maker.record("INVOICE", "USD", self._moment(), lines) | {"source_type": "CARD"}

    def _wrong_way(self) -> Json:
        """A refund whose coded line is a DEBIT."""
        return self._coded("CARD_EXPENSE_REFUND", DEBIT, CREDIT, 1)

    def _mixed(self) -> Json:
        """Lines in two currencies."""
        line, moment = self.maker.line, self._moment()
        lines = [
            line(DEBIT, Decimal("12.34"), "USD", (ACCOUNTS[0], UNITS[0])),
            line(DEBIT, Decimal("8.01"), "EUR", (ACCOUNTS[2], UNITS[0])),
        ]
        return self.maker.record("CARD_EXPENSE_POST", "USD", moment, lines)

    def _moment(self) -> datetime:
        """Within the last days; some at exactly midnight UTC, which stands for a calendar date."""
        earlier = timedelta(days=self.maker.random.randint(1, _DAYS), seconds=self.maker.random.randint(0, 86_399))
        moment = self._now - earlier
        if self.maker.random.random() < 0.05:
            return moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return moment
