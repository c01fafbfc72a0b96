"""What holds for every record, within Brex's schema and beyond it."""

import copy
import re
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain import jsonio
from connector.domain.connection import Posting
from connector.domain.entry import Account, Entry, from_json
from connector.domain.master import MasterData
from connector.domain.money import digits
from connector.domain.problems import PROBLEMS
from connector.domain.record import Unreadable, parse
from connector.domain.treatments import INVOICES, TREATMENTS, treatment_of
from connector.mapping.frame import TYPES
from connector.mapping.mappings import Mappings
from connector.mapping.plan import Skip, plan
from tests.mapping.drawn import bodies, inputs, json
from tests.mapping.test_dimensions import read_back

PLAN = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=100, deadline=None)


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
