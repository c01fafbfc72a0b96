"""Records, settings and master data at random: within Brex's schema and beyond it, and often such that they fit."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from connector.domain.connection import Posting
from connector.domain.master import (
    DELIMITERS,
    DimensionValue,
    JournalName,
    Ledger,
    MainAccount,
    MasterData,
    Rate,
    Structure,
)
from connector.domain.money import digits
from connector.domain.treatments import TREATMENTS

ACCOUNTS = ["110110", "200130", "605140", "6-1", "6||2", "~"]
DIMENSIONS = ["Department", "CostCenter", "Project"]
VALUES = ["022", "0-1", "a\\", "..", "__"]
CURRENCIES = ["USD", "JPY", "KWD"]
DELIMITER = st.sampled_from(sorted(DELIMITERS.values()))

words = st.sampled_from(["Travel", "Sales", "usmf", "demf", "", " Sales ", "😀\u200b", "a" * 300]) | st.text(max_size=5)
accounts, dimensions, values = map(st.sampled_from, (ACCOUNTS, DIMENSIONS, VALUES))
fields = st.fixed_dictionaries(
    {
        "brex_field_id": st.sampled_from(["ef_1", "ef_2"]),
        "remote_field_id": st.none() | st.sampled_from(["GL_ACCOUNT", "MainAccount", "LegalEntity", *DIMENSIONS]),
        "field_name": st.none() | words,
        "brex_field_value_id": st.none() | st.sampled_from(["efo_1", "efo_2"]),
        "remote_field_value_id": st.none() | accounts | values,
        "field_value_name": st.none() | words,
    }
)


ACCOUNT_FIELD = {"remote_field_id": "GL_ACCOUNT", "field_name": "GL"}
CODINGS = st.sampled_from([[ACCOUNT_FIELD | {"remote_field_value_id": account}] for account in ACCOUNTS] + [[]])
TAX_FIELD = {"brex_field_id": "ef_vat", "field_name": "VAT"}
TAXES = st.sampled_from([[]] * 9 + [[TAX_FIELD | {"field_value_name": value}] for value in ("20%", "5%", "line", "?")])
NUMBERS = ["INV-7"] * 6 + [None, "N" * 21, "\u200b", "😀*'"]
SIZES = st.sampled_from([0] + [1] * 9)
MOMENTS = ["2026-11-05T00:00:00Z", "2026-11-05T06:30:00.5Z"] * 9 + ["0001-01-01"]


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A record by Brex's schema; often one that adds up."""
    currency = draw(st.sampled_from(CURRENCIES))

    def money(units: int, in_currency: str = currency) -> dict[str, Any]:
        return {"amount": Decimal(units).scaleb(-digits(currency)), "currency": in_currency}

    kind = draw(st.sampled_from([*TREATMENTS, *["CARD_EXPENSE_POST"] * 12, *["BILL_EXPENSE"] * 6, "SOMETHING_NEW"]))
    treatment = TREATMENTS.get(kind)
    coded_side = (treatment.coded_side if treatment else None) or "DEBIT"
    units = draw(st.lists(st.sampled_from([0, 1, 99, 100, 12345, 10**6, 10**14 + 1]), min_size=draw(SIZES), max_size=5))
    lines = [
        {
            "id": "accrli_1",
            "type": draw(st.sampled_from([coded_side] * 20 + ["DEBIT", "CREDIT"] * 3 + ["OTHER"])),
            "amount": money(unit, draw(st.sampled_from([currency] * 40 + CURRENCIES))),
            "memo": draw(st.none() | words),
            "billing_amount": draw(st.sampled_from([None] + [money(unit, "USD")] * 9)),
            "accounting_field_values": draw(CODINGS) + draw(TAXES) + draw(st.just([]) | st.lists(fields, max_size=2)),
        }
        for unit in units
    ]
    net = sum(unit * (1 if line["type"] == coded_side else -1) for unit, line in zip(units, lines, strict=True))
    worth = draw(st.sampled_from([net] * 9 + [-net] * 4 + [7]))
    other = "DEBIT" if coded_side == "CREDIT" else "CREDIT"
    if draw(st.booleans()):
        lines.append({"type": other, "amount": money(abs(net)), "accounting_field_values": []})
    person = {"id": "u1", "first_name": draw(words), "department_name": draw(words), "location_name": draw(words)}
    return {
        "id": "accr_1",
        "type": kind,
        "source_type": draw(st.sampled_from(["CARD"] * 9 + ["BILL", "REIMBURSEMENT"])),
        "review_status": "READY_FOR_EXPORT",
        "status": draw(st.sampled_from(["SUBMITTED"] * 9 + ["PAID_EXTERNALLY", None])),
        "invoice_number": draw(st.sampled_from(NUMBERS if kind.startswith("BILL") else [None] * 9 + ["INV-7"])),
        "due_at": draw(st.sampled_from([None, *MOMENTS[:2], "soon", "9999-12-31T23:59:59-14:00"]))
        if kind.startswith("BILL")
        else None,
        "version": 1,
        "amount": money(worth),
        "billing_amount": draw(st.sampled_from([None] * 3 + [money(worth, "USD")])),
        "erp_posting_date": draw(st.sampled_from(MOMENTS)),
        "updated_at": "2026-11-05T18:20:00Z",
        "user": draw(st.none() | st.just(person)),
        "vendor": draw(st.none() | st.just({"id": "v1", "name": draw(words)})),
        "memo": draw(st.none() | words),
        "line_items": lines,
    }


roles = st.fixed_dictionaries(
    {"type": st.sampled_from(["Ledger", "Bank", "Vend", "Cust"]), "account": st.sampled_from([*ACCOUNTS, None])},
    optional={
        "currency": st.sampled_from([None] * 8 + ["USD", "EUR"]),
        "dimensions": st.dictionaries(dimensions, values, max_size=2),
        "inherit": st.lists(dimensions, max_size=3),
    },
)
ROLES = ["card_liability", "accounts_payable", "reimbursements_payable", "clearing", "cash", "rewards"]
SET = {role: {"account": "200130"} for role in ROLES} | {
    "cash": {"type": "Bank", "account": "B"},
    "accounts_payable": {"type": "Vend", "account": "V"},
}
chart = st.dictionaries(st.sampled_from(ROLES), roles)
SETTINGS: list[dict[str, Any]] = [
    {"debit": "coded"},
    {"credit": "cash"},
    {"credit": "coded", "balancing": "one"},
    {"balancing": "each", "journal_period": "record"},
    {"text": "{invoice}", "journal_name": "OTHER"},
    {"treatment": "entry", "debit": "clearing"},
    {"treatment": "entry", "debit": "coded", "credit": "rewards"},
    {"form": "invoice_journal", "credit": "accounts_payable"},
    {"form": "invoice_journal", "credit": "accounts_payable", "cleared_by": "card_liability"},
    {"form": "pending_invoice", "debit": "accounts_payable", "cleared_by": "cash"},
    {"form": "payment_journal", "journal_name": "PAY"},
    {"form": "general_journal"},
    {"form": "invoice_journal", "journal_name": "PAY"},
    {"cleared_by": "clearing"},
    {"treatment": "skip", "reason": "not wanted"},
    {"treatment": "hold", "reason": "not wanted"},
]
TAX = {
    "field": "vat",
    "codes": {
        "20%": {"account": "605140", "rate": 20, "dimensions": {"Department": "022"}},
        "5%": {"sales_tax_group": "GB", "item_sales_tax_group": "RED"},
        "line": {"account": "110110"},
    },
}
choices = st.fixed_dictionaries(
    {},
    optional={
        "balancing": st.sampled_from(["offset", "one", "each"]),
        "reimbursements": st.sampled_from(["accrual", "cash"]),
        "bills_paid_by_card": st.sampled_from(["hold", "bill_payment", "clearing"]),
        "amounts": st.sampled_from(["amount"] * 3 + ["billing_amount"]),
        "tax": st.just(TAX),
        "bills": st.sampled_from([{"number_missing": "reference"}, {"number_length": 30}]),
        "treatments": st.dictionaries(st.sampled_from(sorted(TREATMENTS)), st.sampled_from(SETTINGS), max_size=3),
    },
)
postings = st.builds(
    lambda accounts, entities, text, approved, midnight, more: Posting.model_validate(
        {
            "start_date": "2026-01-01",
            "legal_entity": "usmf",
            "time_zone": "America/Los_Angeles",
            "journal_name": "BREX",
            "text": text,
            "accounts": SET | accounts,
            "entities": entities,
            "approved_types": approved,
            "midnight_is_date": midnight,
        }
        | more
    ),
    st.just({}) | chart,
    st.dictionaries(st.sampled_from(["demf", "usmf"]), st.fixed_dictionaries({"accounts": chart}), max_size=1),
    st.sampled_from(["{merchant} {user} {memo}", "{", "{x} {memo"]),
    st.sampled_from([list(TREATMENTS)] * 9 + [[]]),
    st.booleans(),
    st.just({}) | choices,
)
rows = st.tuples(
    st.sampled_from(["ef_1", "Travel", "Sales", "GL", "user", "department", "vendor"]),
    st.sampled_from(["efo_1", "Travel", "Sales", "605140", "u1"]),
    st.sampled_from(["MainAccount", "LegalEntity", "Nowhere", "Vendor", *DIMENSIONS]),
    accounts | values | st.sampled_from(["usmf", "demf", "xxxx"]),
)
JOURNALS = {
    one.name.casefold(): one
    for one in (
        JournalName("BREX", type="Daily"), JournalName("OTHER"), JournalName("INV", type="PurchaseLedger"),
        JournalName("PAY", type="Payment"),
    )
}  # fmt: skip
formats = st.none() | st.permutations(["MainAccount", *DIMENSIONS]).map(tuple) | st.just(("MainAccount", "Department"))
masters = st.builds(
    MasterData,
    delimiter=DELIMITER,
    ledger_format=formats,
    default_format=st.none() | st.permutations(DIMENSIONS).map(tuple) | st.just(("Department",)),
    ledgers=st.none()
    | st.just(
        {
            "usmf": Ledger(
                "usmf",
                "Shared",
                "USD",
                (Structure("P&L", ("MainAccount", "Department"), ("6*",)), Structure("B/S", ("MainAccount",))),
                rate_type="Default",
            ),
            "demf": Ledger("demf", "Other", "EUR"),
        }
    ),
    accounts=st.none()
    | st.just({"Shared": {account: MainAccount(account) for account in ACCOUNTS}})
    | st.just({"Shared": {"605140": MainAccount("605140", suspended=True, manual_entry=False)}, "Other": {}}),
    journal_names=st.none() | st.sampled_from([dict.fromkeys(("usmf", "demf"), JOURNALS)] * 3 + [{"usmf": {}}]),
    rates=st.none() | st.sampled_from([{}, {("Default", "JPY", "USD"): (Rate(None, None),)}]),
    values=st.just({})
    | st.just({"department": {value: DimensionValue(value, active_to=date(2026, 1, 1)) for value in VALUES}}),
)
inputs = st.tuples(postings, st.just([]) | st.lists(rows, max_size=6), masters)
json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
