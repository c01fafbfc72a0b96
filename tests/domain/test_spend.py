"""A card transaction and its expense become the body of a record: by type, to the cent, ready or not for a reason."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain import jsonio, record, spend
from connector.domain.spend import Rule

DAY = date(2026, 11, 20)
FIELDS = Rule(approved=False, fields=("GL Account",))


def transaction(kind: str = "PURCHASE", cents: Any = 1230, **more: Any) -> dict[str, Any]:
    return {
        "id": "pste_1", "type": kind, "amount": {"amount": cents, "currency": "USD"}, "expense_id": "expense_1",
        "description": "x", "posted_at_date": DAY.isoformat(), "initiated_at_date": "2026-11-18",
    } | more  # fmt: skip


def expense(**more: Any) -> dict[str, Any]:
    return {
        "id": "expense_1", "updated_at": "2026-11-20T10:00:00.123Z", "status": "APPROVED", "category": "TRAVEL",
        "merchant_id": "m_1", "merchant": {"raw_descriptor": "Uber  *TRIP", "mcc": "4121", "country": "USA"},
        "user": {"id": "cuuser_1", "first_name": "Wei ", "last_name": "Zhang"}, "department": {"name": "IT"},
        "memo": "Airport", "custom_fields": [single("GL Account", "STRING", "606400")],
    } | more  # fmt: skip


def single(key: str, data_type: str, data: Any) -> dict[str, Any]:
    return {"key": key, "value": {"value_type": "SINGLE_VALUE", "data_type": data_type, "data": data}}


def several(key: str, *data: Any) -> dict[str, Any]:
    return {"key": key, "value": {"value_type": "LIST", "data_type": "STRING", "data": list(data)}}


def part(number: int, cents: int, currency: str = "USD", **more: Any) -> dict[str, Any]:
    return expense(id=f"expense_1{number}", billing_amount={"amount": cents, "currency": currency}) | more


def read(
    told: dict[str, Any], of: dict[str, Any] | None = None, rule: Rule = FIELDS, today: date = DAY
) -> record.Record:
    body = spend.join(told, expense() if of is None else of, rule, today)
    return record.parse(jsonio.loads(jsonio.dumps(body)))


def test_cents_become_major_units_and_all_that_a_person_reads_is_there() -> None:
    found = read(transaction())
    assert (found.id, found.source_id, found.type, found.source_type) == (
        "pste_1", "expense_1", "CARD_EXPENSE_POST", "TRANSACTION",
    )  # fmt: skip
    assert (found.amount.amount, found.amount.currency) == (Decimal("12.30"), "USD")
    assert (found.vendor_name, found.mcc, found.category) == ("Uber  *TRIP", "4121", "TRAVEL")
    assert found.user_name == "Wei Zhang"
    assert (found.department, found.memo, found.posting_time.isoformat()) == (
        "IT", "Airport", "2026-11-20T00:00:00+00:00",
    )  # fmt: skip
    assert [(one.field_name, one.value_name) for one in found.lines[0].fields] == [
        ("GL Account", "606400"), ("Category", "TRAVEL"),
    ]  # fmt: skip


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "1230"), ("KWD", "1.230"), ("EUR", "12.30"), (None, "12.30")])
def test_the_smallest_unit_is_the_currencys_own(currency: str | None, shown: str) -> None:
    found = read(transaction(amount={"amount": 1230, "currency": currency}))
    assert found.amount.amount == Decimal(shown)


@pytest.mark.parametrize(
    ("kind", "cents", "becomes", "sides"),
    [
        ("PURCHASE", 1230, "CARD_EXPENSE_POST", ["DEBIT"]),
        ("REFUND", -1230, "CARD_EXPENSE_REFUND", ["CREDIT"]),
        ("REFUND", 1230, "CARD_EXPENSE_REFUND", ["CREDIT"]),
        ("CHARGEBACK", -1230, "CHARGEBACK", ["CREDIT"]),
        ("CHARGEBACK", 1230, "CHARGEBACK", ["CREDIT"]),
        ("BNPL_FEE", 1230, "BNPL_FEE", ["DEBIT"]),
        ("REWARDS_CREDIT", -1230, "REWARD_REDEMPTION", ["DEBIT", "CREDIT"]),
        ("COLLECTION", -1230, "CARD_PAYMENT", ["DEBIT", "CREDIT"]),
    ],
)
def test_its_type_says_what_it_is_and_never_its_sign(kind: str, cents: int, becomes: str, sides: list[str]) -> None:
    found = read(transaction(kind, cents))
    assert (found.type, [line.direction for line in found.lines]) == (becomes, sides)
    assert found.amount.amount == Decimal("12.30")
    assert found.oddities == ()


@pytest.mark.parametrize(("kind", "cents"), [("PURCHASE", -5), ("BNPL_FEE", -5), ("COLLECTION", 5)])
def test_a_sign_that_is_documented_and_against_the_type_is_told(kind: str, cents: int) -> None:
    [told] = read(transaction(kind, cents)).oddities
    assert told.startswith(f"a {kind} of ")


@pytest.mark.parametrize("kind", ["SOMETHING_NEW", None])
def test_a_type_nobody_knows_keeps_its_name(kind: str | None) -> None:
    assert read(transaction(kind)).type == (kind or "UNKNOWN")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"amount": None}, "amount"),
        ({"amount": {"amount": "12"}}, "amount"),
        ({"posted_at_date": "soon"}, "erp_posting_date"),
        ({"id": None}, "id"),
    ],
)
def test_what_cannot_be_read_says_so_when_it_is_parsed(told: dict[str, Any], wrong: str) -> None:
    with pytest.raises(record.Unreadable, match=wrong):
        read(transaction(**told))


def test_a_split_becomes_lines_with_their_own_coding() -> None:
    own = [single("GL Account", "STRING", "602100")]
    parts = [part(1, 1000, custom_fields=own), part(2, 230, custom_fields=None), part(3, 999, status="VOID")]
    found = read(transaction(), expense(status="SPLIT", expense_line_items=parts))
    assert [(one.id, one.amount.amount, one.fields[0].value_name) for one in found.lines] == [
        ("expense_11", Decimal("10.00"), "602100"), ("expense_12", Decimal("2.30"), "606400"),
    ]  # fmt: skip


def test_a_part_that_takes_away_stands_on_the_other_side() -> None:
    found = read(transaction(cents=900), expense(expense_line_items=[part(1, 1000), part(2, -100)]))
    assert [(one.direction, str(one.amount.amount)) for one in found.lines] == [("DEBIT", "10.00"), ("CREDIT", "1.00")]


def test_parts_of_two_currencies_keep_theirs() -> None:
    found = read(transaction(), expense(expense_line_items=[part(1, 1000), part(2, 230, "EUR")]))
    assert [one.amount.currency for one in found.lines] == ["USD", "EUR"]


# Readiness


def test_without_an_expense_it_waits_where_it_should_have_one() -> None:
    assert read(transaction(expense_id=None), {}).waits == ("Brex shows no expense for it yet",)
    assert read(transaction(), {}).waits == ("its expense expense_1 is not shown by Brex",)
    assert read(transaction("COLLECTION", -5, expense_id=None), {}).waits == ()
    assert read(transaction("BNPL_FEE", 5, expense_id=None), {}).waits == ()


def test_it_waits_for_each_field_of_each_part() -> None:
    rule = Rule(approved=False, fields=("gl account ", "Department"))
    parts = [part(1, 1000, custom_fields=None), part(2, 230)]
    split = expense(custom_fields=None, expense_line_items=parts)
    assert read(transaction(), split, rule).waits == (
        "gl account  is not filled in in part 1", "Department is not filled in in part 1",
        "Department is not filled in in part 2",
    )  # fmt: skip


def test_a_category_may_be_what_is_waited_for() -> None:
    rule = Rule(approved=False, fields=("category",))
    assert read(transaction(), expense(category=None), rule).waits == ("category is not filled in",)
    assert read(transaction(), None, rule).waits == ()


def test_it_waits_for_approval_of_the_whole_or_of_each_part() -> None:
    rule = Rule(approved=True)
    assert read(transaction(), expense(status="SUBMITTED"), rule).waits == ("its expense is SUBMITTED, not approved",)
    assert read(transaction(), expense(status="SUBMITTED", approved_at="2026-11-20T00:00:00Z"), rule).waits == ()
    split = expense(status="SPLIT", expense_line_items=[part(1, 1000), part(2, 230, status="DRAFT")])
    assert read(transaction(), split, rule).waits == ("its expense is DRAFT, not approved",)


def test_a_split_without_its_parts_waits() -> None:
    assert "split" in read(transaction(), expense(status="SPLIT")).waits[0]


def test_days_of_grace_pass_and_dates_ahead_come() -> None:
    rule = Rule(approved=False, grace_days=3)
    [grace] = read(transaction(), None, rule, DAY + timedelta(2)).waits
    assert grace == "its days of grace for coding end on 2026-11-23"
    assert read(transaction(), None, rule, DAY + timedelta(3)).waits == ()
    [ahead] = read(transaction(), None, FIELDS, DAY - timedelta(1)).waits
    assert ahead == "Brex dates it 2026-11-20, which is still to come"


def test_what_waits_for_long_is_overdue() -> None:
    rule = Rule(hold_after_days=30)
    assert not read(transaction(), None, rule, DAY + timedelta(30)).overdue
    assert read(transaction(), None, rule, DAY + timedelta(31)).overdue


# Custom fields


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (single("GL Account", "STRING", " 606400 "), "606400"),
        (single("GL Account", "OPTION_STRING", {"option_id": "o_1", "option_label": "606400"}), "606400"),
        (single("GL Account", "DECIMAL", Decimal("606400")), "606400"),
        (single("GL Account", "BOOLEAN", True), "true"),
        (several("GL Account", "606400"), "606400"),
    ],
)
def test_a_field_of_another_type_than_yesterday_says_the_same(field: dict[str, Any], shown: str) -> None:
    [found, _] = read(transaction(), expense(custom_fields=[field])).lines[0].fields
    assert (found.value_name, found.field_remote_id) == (shown, "GL_ACCOUNT")


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (several("GL Account", "606400", "602100"), "2 values: 606400, 602100"),
        (single("GL Account", "MONEY", {"amount": 700, "currency": "USD"}), "an amount: 700 USD"),
    ],
)
def test_what_is_no_single_value_waits_in_plain_words_and_is_no_coding_silently_dropped(
    field: dict[str, Any], shown: str
) -> None:
    found = read(transaction(), expense(custom_fields=[field]))
    assert found.waits == (f"GL Account is not a single value ({shown})",)
    assert found.lines[0].fields[0].value_name == shown


@pytest.mark.parametrize("odd", [None, "x", [], {"data": None}, {"data": []}, {"data": {}}, {"data": [None, ""]}])
def test_an_empty_field_is_not_filled_in(odd: Any) -> None:
    found = read(transaction(), expense(custom_fields=[{"key": "GL Account", "value": odd}, "x", {"value": 1}]))
    assert found.waits == ("GL Account is not filled in",)


def test_what_leads_to_its_receipts_is_kept_and_no_link_to_a_file() -> None:
    links = {"receipts": [{"id": "r_1", "download_uris": ["https://s3/secret"]}, {"id": None}, "x", {"id": 7}]}
    body = spend.join(transaction(), expense(**links, dashboard_url="https://dashboard.brex.com/e/1"), FIELDS, DAY)
    assert (body["receipt_ids"], body["link"]) == (["r_1"], "https://dashboard.brex.com/e/1")
    assert "secret" not in jsonio.dumps(body)
    assert record.parse(body).receipts == ("r_1",)
    bare = spend.join(transaction(), expense(receipts=None, dashboard_url="javascript:x"), FIELDS, DAY)
    assert not {"receipts", "receipt_ids", "link"} & bare.keys()
