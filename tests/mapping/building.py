"""Short ways to say a record, its settings and its master data."""

from decimal import Decimal
from typing import Any

from connector.domain.connection import Posting
from connector.domain.entry import Entry
from connector.domain.master import DimensionValue, Ledger, MainAccount, MasterData, Structure
from connector.domain.problems import Problem
from connector.domain.record import Record, parse
from connector.mapping.mappings import Mappings
from connector.mapping.plan import Skip, plan

POST, REFUND, PAYMENT = "CARD_EXPENSE_POST", "CARD_EXPENSE_REFUND", "CARD_PAYMENT"
ROLES: dict[str, Any] = {
    "card_liability": {"account": "200130"},
    "cash": {"type": "Bank", "account": "USMF OPER"},
}
FORMAT = ("MainAccount", "Department", "CostCenter")
MASTER = MasterData(ledger_format=FORMAT, default_format=("Department", "CostCenter"))


def field(
    name: str, value: str | None, remote: str | None = None, *, remote_field: str | None = None
) -> dict[str, Any]:
    """A field value as Brex sends it: `remote` and `remote_field` are ids pushed by us."""
    return {
        "brex_field_id": f"ef_{name}",
        "remote_field_id": remote_field,
        "field_name": name,
        "brex_field_value_id": value and f"efo_{value}",
        "remote_field_value_id": remote,
        "field_value_name": value,
    }


def gl(account: str) -> dict[str, Any]:
    return field("GL Account", f"Account {account}", account, remote_field="GL_ACCOUNT")


def line(
    amount: str, *fields: dict[str, Any], side: str = "DEBIT", currency: str = "USD", **more: Any
) -> dict[str, Any]:
    money = {"amount": Decimal(amount), "currency": currency}
    return {"type": side, "amount": money, "accounting_field_values": list(fields)} | more


def record(amount: str, *lines: dict[str, Any], kind: str = POST, currency: str = "USD", **more: Any) -> Record:
    return parse(
        {
            "id": "accr_1",
            "type": kind,
            "source_type": "CARD",
            "review_status": "READY_FOR_EXPORT",
            "version": 1,
            "amount": {"amount": Decimal(amount), "currency": currency},
            "erp_posting_date": "2026-11-05T18:20:00Z",
            "updated_at": "2026-11-05T18:20:00Z",
            "line_items": list(lines),
        }
        | more
    )


def posting(**more: Any) -> Posting:
    settings = {
        "start_date": "2026-01-01",
        "legal_entity": "usmf",
        "time_zone": "America/Los_Angeles",
        "journal_name": "BREX",
        "approved_types": [REFUND, PAYMENT],
        "accounts": ROLES,
    }
    return Posting.model_validate(settings | more)


def master(**more: Any) -> MasterData:
    """One chart, "Shared", for the legal entity usmf, and nothing unknown about Department."""
    chart = {account: MainAccount(account) for account in ("110110", "200130", "605140", "606300")}
    structures = (Structure("P&L", FORMAT, ("6*",)), Structure("B/S", FORMAT[:2], ("1*;2*",)))
    known: dict[str, Any] = {
        "ledger_format": FORMAT,
        "default_format": FORMAT[1:],
        "ledgers": {"usmf": Ledger("usmf", "Shared", "USD", structures)},
        "accounts": {"Shared": chart},
        "values": {"Department": {value: DimensionValue(value) for value in ("022", "023")}},
    }
    return MasterData(**(known | more))


def planned(
    of: Record, *rows: tuple[str, str, str, str], settings: Posting | None = None, known: MasterData = MASTER
) -> Entry | Skip | list[Problem]:
    return plan(of, settings or posting(), Mappings(rows), known, frozenset())


def entry(of: Record, *rows: tuple[str, str, str, str], **more: Any) -> Entry:
    """The entry a record becomes; fails, showing the problems, where it becomes none."""
    answer = planned(of, *rows, **more)
    assert isinstance(answer, Entry), answer
    return answer


def problems(of: Record, *rows: tuple[str, str, str, str], **more: Any) -> list[Problem]:
    answer = planned(of, *rows, **more)
    assert isinstance(answer, list), answer
    return answer


def codes(of: Record, *rows: tuple[str, str, str, str], **more: Any) -> list[str]:
    return [problem.code for problem in problems(of, *rows, **more)]


def displays(of: Entry) -> list[str]:
    return [line.account.display for line in of.lines]
