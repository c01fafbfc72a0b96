"""What F&O answered against what was intended: believed only where it says so itself."""

from decimal import Decimal
from typing import Any

import pytest

from connector.d365.batch import InnerError, Part
from connector.d365.batch import content_ids as ids_of
from connector.pipeline.confirm import differences, judge, verdicts

Row = dict[str, Any]
A, B, C, D = (f"BX{letter * 18}" for letter in "ABCD")


def line(reference: str, debit: str = "10.00", credit: str = "0", **values: Any) -> Row:
    """A line as it is sent."""
    return {
        "dataAreaId": "usmf",
        "AccountType": "Ledger",
        "AccountDisplayValue": "602100-001--",
        "DefaultDimensionDisplayValue": "",
        "OffsetAccountType": "Ledger",
        "OffsetAccountDisplayValue": "200130-001--",
        "OffsetDefaultDimensionDisplayValue": "",
        "DebitAmount": Decimal(debit),
        "CreditAmount": Decimal(credit),
        "CurrencyCode": "USD",
        "TransDate": "2026-11-22T12:00:00Z",
        "Text": "Delta Air Lines",
        "Document": reference,
        "SalesTaxGroup": "",
        "ItemSalesTaxGroup": "",
        "SalesTaxCode": "",
        **values,
    }


def split(reference: str) -> list[Row]:
    """Two coded lines and the one that balances them, none with an offset."""
    none = {"OffsetAccountDisplayValue": ""}
    return [line(reference, "10", **none), line(reference, "5", **none), line(reference, "0", "15", **none)]


def answered(intent: list[Row], voucher: str = "BRX0000001", **values: Any) -> tuple[Row, ...]:
    """The rows F&O makes of an intent."""
    given = {"JournalBatchNumber": "USMF-000001", "Voucher": voucher}
    return tuple({**row, **given, "LineNumber": Decimal(place), **values} for place, row in enumerate(intent, start=1))


def done(intent: list[Row], ids: list[str] | None = None, **values: Any) -> Part:
    return Part(tuple(ids or [""] * len(intent)), answered(intent, **values), None)


def refusal(content_id: str = "", message: str = "Account 1 does not exist.", clear: bool = True) -> Part:
    return Part((content_id,), None, InnerError(500, message, "AxODataWriteException", clear))


def outcomes(intents: list[list[Row]], parts: list[Part], *, complete: bool = True) -> list[str]:
    return [one.outcome for one in verdicts(intents, parts, ids_of(intents), complete=complete)]


THREE = [[line(A)], split(B), [line(C)]]
FOUR = [*THREE, [line(D)]]
FIRST_IDS = [ids[0] for ids in ids_of(FOUR)]


def test_all_written_in_order() -> None:
    parts = [done(intent, ids) for intent, ids in zip(THREE, ids_of(THREE), strict=True)]
    found = verdicts(THREE, parts, ids_of(THREE), complete=True)
    assert [one.outcome for one in found] == ["written"] * 3
    assert found[1].ledger == {
        "data_area": "usmf", "journal": "USMF-000001", "lines": [1, 2, 3], "voucher": "BRX0000001",
    }  # fmt: skip
    assert (found[1].differences, found[1].vouchers) == ((), ("BRX0000001",))


def test_rows_are_known_by_their_reference_whatever_their_order() -> None:
    assert outcomes(THREE, [done(THREE[2]), done(THREE[0]), done(THREE[1])]) == ["written"] * 3


def test_rows_count_in_an_answer_that_was_cut_short() -> None:
    assert outcomes(THREE, [done(THREE[0])], complete=False) == ["written", "unknown", "unknown"]


def test_no_answer_leaves_everything_unknown() -> None:
    assert outcomes(THREE, []) == ["unknown"] * 3
    assert outcomes(THREE, [], complete=False) == ["unknown"] * 3


def test_a_refusal_in_its_place_is_believed_with_its_words() -> None:
    found = verdicts(THREE, [done(THREE[0]), refusal(), done(THREE[2])], ids_of(THREE), complete=True)
    assert [one.outcome for one in found] == ["written", "refused", "written"]
    assert found[1].message == "Account 1 does not exist."


def test_a_stop_at_the_first_refusal_leaves_the_rest_unknown() -> None:
    assert outcomes(FOUR, [done(FOUR[0]), refusal(FIRST_IDS[1])]) == ["written", "refused", "unknown", "unknown"]
    assert outcomes(FOUR, [refusal(FIRST_IDS[0])]) == ["refused", "unknown", "unknown", "unknown"]


@pytest.mark.parametrize("content_id", ["", "1", "77"])
def test_a_refusal_that_names_nobody_counts_only_where_every_changeset_has_a_part(content_id: str) -> None:
    """The part before it may be missing, and that entry may stand in the ledger."""
    assert outcomes(FOUR, [refusal(content_id)]) == ["unknown"] * 4
    assert outcomes(FOUR, [done(FOUR[0]), refusal(content_id)]) == ["written", "unknown", "unknown", "unknown"]
    parts = [refusal(content_id), *map(done, FOUR[1:])]
    assert outcomes(FOUR, parts)[0] == ("unknown" if content_id == "77" else "refused")


@pytest.mark.parametrize(
    "values", [{"dataAreaId": "dat"}, {"LineNumber": 7}, {"LineNumber": ["1"]}, {"LineNumber": "1"}]
)
def test_lines_that_cannot_be_ours_are_unknown(values: dict[str, Any]) -> None:
    """Of another company, one line twice, or with a number that is none."""
    intent = split(B)
    assert judge(intent, answered(intent)).outcome == "written"
    assert judge(intent, answered(intent, **values)).outcome == "unknown"


def test_a_difference_is_told_in_bounded_words() -> None:
    told = differences([line(A)], answered([line(A)], SalesTaxGroup="x" * 100_000))
    assert len(told[0]) < 300


def test_a_refusal_in_an_incomplete_answer_is_not_believed() -> None:
    assert outcomes(THREE, [done(THREE[0]), refusal()], complete=False) == ["written", "unknown", "unknown"]


def test_a_refusal_that_does_not_say_why_is_not_believed() -> None:
    parts = [done(THREE[0]), refusal(message="An error has occurred.", clear=False), done(THREE[2])]
    assert outcomes(THREE, parts) == ["written", "unknown", "written"]


def test_a_refusal_beside_parts_out_of_order_is_not_believed() -> None:
    assert outcomes(THREE, [done(THREE[1]), refusal(), done(THREE[0])]) == ["written", "written", "unknown"]


def test_a_refusal_under_the_id_of_another_changeset_is_not_believed() -> None:
    parts = [done(THREE[0]), refusal(FIRST_IDS[2]), done(THREE[2])]
    assert outcomes(THREE, parts) == ["written", "unknown", "written"]
    # Its own first id, any of its ids, or the 1 that says nothing, confirm its place.
    for content_id in (*ids_of(THREE)[1], "1", ""):
        parts = [done(THREE[0]), refusal(content_id), done(THREE[2])]
        assert outcomes(THREE, parts) == ["written", "refused", "written"]


@pytest.mark.parametrize("content_id", ["", "1"])
def test_refusals_at_the_end_of_too_few_parts_may_be_for_anybody(content_id: str) -> None:
    """F&O went on after the first of them, so the part that is missing may stand before either."""
    parts = [done(FOUR[0]), refusal(content_id), refusal(content_id)]
    assert outcomes(FOUR, parts) == ["written", "unknown", "unknown", "unknown"]


def test_refusals_at_the_end_of_too_few_parts_count_where_their_ids_name_them() -> None:
    parts = [done(FOUR[0]), refusal(FIRST_IDS[1]), refusal(FIRST_IDS[2])]
    assert outcomes(FOUR, parts) == ["written", "refused", "refused", "unknown"]


def test_more_parts_than_changesets_refuse_nobody() -> None:
    parts = [refusal(), done(THREE[1]), done(THREE[2]), refusal()]
    assert outcomes(THREE, parts) == ["unknown", "written", "written"]


def test_a_part_for_somebody_else_decides_nothing() -> None:
    assert outcomes(THREE, [done([line(D)]), done(THREE[1]), done(THREE[2])]) == ["unknown", "written", "written"]


def test_a_part_that_mixes_two_references_decides_nothing() -> None:
    mixed = Part(("", ""), (*answered([line(A)]), *answered([line(C)])), None)
    assert outcomes(THREE, [mixed]) == ["unknown"] * 3


def test_the_same_reference_in_two_parts_counts_once() -> None:
    parts = [done(THREE[0]), done(THREE[0], voucher="BRX0000009"), done(THREE[2])]
    found = verdicts(THREE, parts, ids_of(THREE), complete=True)
    assert [one.outcome for one in found] == ["written", "unknown", "written"]
    assert found[0].vouchers == ("BRX0000001",)


def test_too_few_or_too_many_rows_are_unknown() -> None:
    intent = split(B)
    assert judge(intent, answered(intent)[:2]).outcome == "unknown"
    assert judge(intent, [*answered(intent), *answered(intent)]).outcome == "unknown"
    assert judge(intent, []).outcome == "unknown"


@pytest.mark.parametrize(
    "name", ["AccountDisplayValue", "DebitAmount", "CreditAmount", "CurrencyCode", "TransDate", "Document"]
)
def test_rows_without_what_makes_a_line_are_unknown(name: str) -> None:
    (row,) = answered([line(A)])
    assert judge([line(A)], [{key: value for key, value in row.items() if key != name}]).outcome == "unknown"


def test_two_vouchers_are_both_named_and_none_is_the_entry_s() -> None:
    intent = split(B)
    first, second, third = answered(intent)
    verdict = judge(intent, [first, second, third | {"Voucher": "BRX0000002"}])
    assert (verdict.outcome, verdict.vouchers) == ("written", ("BRX0000001", "BRX0000002"))
    assert verdict.ledger["voucher"] == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DebitAmount", Decimal("10.01")),
        ("CreditAmount", Decimal("10")),
        ("AccountType", "Bank"),
        ("AccountDisplayValue", "602100-002--"),
        ("AccountDisplayValue", "602100-001-022-"),
        ("OffsetAccountType", "Bank"),
        ("OffsetAccountDisplayValue", "110110-001--"),
        ("OffsetAccountDisplayValue", ""),
        ("DefaultDimensionDisplayValue", "001"),
        ("OffsetDefaultDimensionDisplayValue", "001"),
        ("CurrencyCode", "EUR"),
        ("TransDate", "2026-11-21T12:00:00Z"),
        ("SalesTaxGroup", "CA"),
        ("ItemSalesTaxGroup", "FULL"),
        ("SalesTaxCode", "VAT"),
        ("Document", D),
    ],
)
def test_every_change_is_told(name: str, value: object) -> None:
    told = differences([line(A)], answered([line(A)], **{name: value}))
    assert [one.split()[0] for one in told] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AccountDisplayValue", "602100-001"),
        ("AccountDisplayValue", "602100-001-"),
        ("OffsetAccountDisplayValue", "200130-001"),
        ("DebitAmount", Decimal("10")),
        ("DebitAmount", 10),
        ("TransDate", "2026-11-22T00:00:00Z"),
        ("CurrencyCode", "usd"),
        ("Text", "Delta Air"),
        ("SalesTaxGroup", None),
        ("OffsetDefaultDimensionDisplayValue", None),
    ],
)
def test_another_spelling_of_the_same_is_no_change(name: str, value: object) -> None:
    assert differences([line(A)], answered([line(A)], **{name: value})) == []


@pytest.mark.parametrize(
    "shown",
    ["HTTPS://x/a_1|2", r"https://x/a\_1\|2", "https://x/a_1|2|||", "by a rule|https://x/a_1|2|header's", "", None],
)
def test_a_financial_tag_may_be_spelt_otherwise_stand_among_others_or_not_be_there(shown: str | None) -> None:
    intent = [line(A, FinTagDisplayValue="https://x/a_1|2|", OffsetFinTagDisplayValue="https://x/a_1|2|")]
    told = differences(intent, answered(intent, FinTagDisplayValue=shown, OffsetFinTagDisplayValue=shown))
    assert told == []


@pytest.mark.parametrize("name", ["FinTagDisplayValue", "OffsetFinTagDisplayValue"])
def test_another_financial_tag_is_told(name: str) -> None:
    intent = [line(A, FinTagDisplayValue="a|b", OffsetFinTagDisplayValue="a|b")]
    assert differences(intent, answered(intent, **{name: "a|c"})) == [f'{name} sent "a|b", F&O has "a|c"']


def test_a_financial_tag_that_was_not_sent_is_not_looked_at() -> None:
    assert differences([line(A)], answered([line(A)], FinTagDisplayValue="of somebody else")) == []


def test_an_offset_type_without_an_offset_account_means_nothing() -> None:
    intent = [line(A, OffsetAccountDisplayValue="")]
    assert differences(intent, answered(intent, OffsetAccountType="Bank")) == []


def test_an_offset_account_that_f_and_o_filled_in_is_told() -> None:
    intent = [line(A, OffsetAccountDisplayValue="")]
    told = differences(intent, answered(intent, OffsetAccountDisplayValue="110110"))
    assert told == ['OffsetAccountDisplayValue sent "", F&O has "110110"']


@pytest.mark.parametrize(
    ("sent", "shown", "delimiter"),
    [
        ("602100--", "602100", "--"),
        ("602100..001....", "602100..001", ".."),
        ("602100|001||", "602100|001", "|"),
        ("602100-OPS\\-1-", "602100-OPS\\-1", "-"),
    ],
)
def test_trailing_blank_segments_may_be_left_out_with_any_delimiter(sent: str, shown: str, delimiter: str) -> None:
    intent = [line(A, AccountDisplayValue=sent)]
    assert differences(intent, answered(intent, AccountDisplayValue=shown), delimiter) == []


def test_an_escaped_delimiter_at_the_end_belongs_to_the_value() -> None:
    intent = [line(A, AccountDisplayValue="602100-OPS\\-")]
    assert differences(intent, answered(intent, AccountDisplayValue="602100-OPS"))


def test_lines_are_compared_in_any_order() -> None:
    intent = split(B)
    assert differences(intent, list(reversed(answered(intent)))) == []


def test_one_line_twice_in_place_of_another_is_told() -> None:
    intent = split(B)
    first, _, third = answered(intent)
    assert differences(intent, [first, first, third]) == ['DebitAmount sent "5", F&O has "10"']
