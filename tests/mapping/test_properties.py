"""What holds for every record, within Brex's schema and beyond it."""

import copy
import re
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain import jsonio
from connector.domain.connection import Posting
from connector.domain.entry import Account, Entry, from_json
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
from connector.domain.problems import PROBLEMS
from connector.domain.record import Unreadable, parse
from connector.domain.treatments import INVOICES, TREATMENTS, treatment_of
from connector.mapping.frame import TYPES
from connector.mapping.mappings import Mappings
from connector.mapping.plan import Skip, plan
from tests.mapping.test_dimensions import read_back

ACCOUNTS = ["110110", "200130", "605140", "6-1", "6||2", "~"]
DIMENSIONS = ["Department", "CostCenter", "Project"]
VALUES = ["022", "0-1", "a\\", "..", "__"]
CURRENCIES = ["USD", "JPY", "KWD"]
DELIMITER = st.sampled_from(sorted(DELIMITERS.values()))
PLAN = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=100, deadline=None)

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


def answer_for(body: Any, given: tuple[Posting, list[Any], MasterData]) -> Entry | Skip | list[Any]:
    posting, mappings, master = given
    return plan(parse(body), posting, Mappings(mappings), master, frozenset())


@PLAN
@given(bodies(), inputs)
def test_every_record_becomes_an_entry_a_skip_or_problems_and_always_the_same(body: Any, given: Any) -> None:
    answer = answer_for(body, given)
    if isinstance(answer, list):
        assert answer
        for problem in answer:
            assert problem.code in PROBLEMS
            assert not re.search(r"\(\w+\?\)", problem.sentence + problem.fix), "a value is missing"
        jsonio.canonical([problem.as_json() for problem in answer]).encode()
    assert answer == answer_for(copy.deepcopy(body), given)


@PLAN
@given(bodies(), inputs, st.data())
def test_nothing_beyond_the_schema_makes_planning_raise(body: dict[str, Any], given: Any, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        spoil(body, data)
    try:
        record = parse(body)
    except Unreadable:
        return
    posting, mappings, master = given
    answer = plan(record, posting, Mappings(mappings), master, frozenset())
    assert isinstance(answer, Entry | Skip) or answer


def spoil(value: Any, data: st.DataObject) -> None:
    """Put arbitrary JSON somewhere inside."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = data.draw(st.sampled_from(keys))
    if isinstance(value[key], dict | list) and data.draw(st.booleans()):
        spoil(value[key], data)
    else:
        value[key] = data.draw(json)


@PLAN
@given(bodies(), inputs)
def test_every_entry_balances_in_one_voucher_and_is_worth_what_the_record_is(body: dict[str, Any], given: Any) -> None:
    entry = answer_for(body, given)
    if not isinstance(entry, Entry):
        return
    worth = abs(body["amount"]["amount"])
    if given[0].amounts == "billing_amount" and treatment_of(entry.record_type, given[0]).coded_side:  # type: ignore[union-attr]
        coded = [line for line in body["line_items"] if "billing_amount" in line and line["amount"]["amount"]]
        sides = [line["billing_amount"]["amount"] * (1 if line["type"] == "DEBIT" else -1) for line in coded]
        worth = abs(sum(sides))
    check_shape(entry, worth)
    if entry.linked is not None:
        assert entry.form in INVOICES
        check_shape(entry.linked, worth)
    for line in entry.lines:
        assert (line.debit > 0) is not (line.credit > 0)
        assert (line.debit or line.credit).as_tuple().exponent == -digits(entry.currency)
        assert line.text
        assert line.why
        assert bool(line.sales_tax_group) is bool(line.item_sales_tax_group)
    assert from_json(jsonio.loads(jsonio.dumps(entry.as_json()))) == entry


def check_shape(entry: Entry, worth: Decimal) -> None:
    """One voucher, worth so much, with at most one line on a vendor or bank account."""
    if entry.lines[-1].offset:
        [only] = entry.lines
        assert (only.debit or only.credit) == worth
        return
    balance = others = Decimal(0)
    for number, line in enumerate(entry.lines, start=1):
        assert line.offset is None
        balance += line.debit - line.credit
        # A vendor that a mapping gives stands on its role's line, too.
        others += line.debit - line.credit if "account role" in line.why[0] or line.account.type != "Ledger" else 0
        assert (balance == 0) is (number == len(entry.lines))
    assert abs(others) == worth
    assert sum(line.account.type != "Ledger" for line in entry.lines) <= 1


@PLAN
@given(bodies(), inputs)
def test_an_invoice_has_a_number_and_a_vendor_and_a_journal_of_its_kind(body: Any, given: Any) -> None:
    entry = answer_for(body, given)
    if not isinstance(entry, Entry):
        return
    if entry.form in INVOICES:
        assert entry.invoice is not None
        assert entry.invoice.number.strip()
        assert entry.invoice.vendor
        sides = [side for line in entry.lines for side in (line.account, line.offset) if side is not None]
        assert sum(side.type == "Vend" for side in sides) == 1
        assert entry.lines[0].offset is None or entry.lines[0].account.type == "Vend"
    else:
        assert (entry.invoice is None) or entry.form == "payment_journal"
    assert bool(entry.journal_name) is (entry.form != "pending_invoice")
    names = given[2].journal_names
    own = names and names[entry.legal_entity].get(entry.journal_name.casefold())
    assert own is None or own.type in ("", *TYPES.get(entry.form, ()))


@PLAN
@given(bodies(), inputs, st.randoms(use_true_random=False))
def test_the_order_of_brexs_lines_decides_no_more_than_that_of_the_entrys(body: Any, given: Any, random: Any) -> None:
    entry = answer_for(body, given)
    shuffled = copy.deepcopy(body)
    random.shuffle(shuffled["line_items"])
    other = answer_for(shuffled, given)
    assert isinstance(other, type(entry))
    if isinstance(entry, Entry) and isinstance(other, Entry):
        assert sorted(map(repr, other.lines)) == sorted(map(repr, entry.lines))


@PLAN
@given(bodies(), inputs)
def test_every_account_string_reads_back_as_the_formats_say(body: dict[str, Any], given: Any) -> None:
    entry, master = answer_for(body, given), given[2]
    for line in entry.lines if isinstance(entry, Entry) else ():
        for account in (line.account, line.offset or line.account):
            check_account(account, master, line.why)


def check_account(account: Account, master: MasterData, why: tuple[str, ...]) -> None:
    """Each segment holds exactly a value that the line gives a reason for."""
    parts = read_back(account.display, master.delimiter)
    if account.type != "Ledger" or master.ledger_format is None:
        [number] = parts
        what = "MainAccount" if account.type == "Ledger" else account.type
        assert any(reason.startswith(f"{what} {number}: ") for reason in why)
    else:
        check_segments(parts, master.ledger_format, why)
    if account.default_dimensions:
        assert account.type != "Ledger"
        assert master.default_format
        check_segments(read_back(account.default_dimensions, master.delimiter), master.default_format, why)


def check_segments(parts: list[str], segments: tuple[str, ...], why: tuple[str, ...]) -> None:
    for name, value in zip(segments, parts, strict=True):
        if name == "MainAccount":
            assert value
        assert not value or any(reason.startswith(f"{name} {value}: ") for reason in why)


HELD = ("TREATMENT-UNKNOWN", "TREATMENT-HELD", "TREATMENT-TWICE", "TREATMENT-PAID-ELSEWHERE")


@PLAN
@given(bodies(), inputs)
def test_mending_one_problem_leaves_no_new_one_behind(body: dict[str, Any], given: Any) -> None:
    """All problems at once: approving the type or setting the roles only takes problems away."""
    before = answer_for(body, given)
    if not isinstance(before, list) or before[0].code in HELD:
        return
    posting, mappings, master = given
    approved = posting.model_copy(update={"approved_types": list(TREATMENTS)})
    after = answer_for(body, (approved, mappings, master))
    left = [problem for problem in before if problem.code != "TREATMENT-UNCONFIRMED"]
    assert after == left if left else isinstance(after, Entry)
