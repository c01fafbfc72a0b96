"""The pure core of a push: what has to change, for any two sides."""

from collections.abc import Iterator
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.pipeline.push.diff import Change, Kind, Option, Present, diff

# Few enough to meet, and in an order that code points and people see differently.
IDS = st.sampled_from(["1", "10", "2", "A", "a", "É", "z", "ﬀ", "\U0001f600", "a-1", "a 1"])
NAMES = st.sampled_from(["Meals", "meals", "Travel", ""])
options = st.dictionaries(IDS, NAMES).map(lambda found: [Option(one, found[one]) for one in sorted(found)])
present = st.lists(st.tuples(IDS, NAMES, st.booleans()), max_size=12).map(
    lambda rows: sorted(
        (Present(f"efo_{n}", remote_id, value, disabled) for n, (remote_id, value, disabled) in enumerate(rows)),
        key=lambda one: (one.remote_id, one.brex_id),
    )
)


def applied(changes: list[Change], there: list[Present]) -> list[Present]:
    """As Brex would: created values get ids of their own, changed ones keep theirs."""
    numbers = count(1000)
    values = {one.brex_id: one for one in there}
    for change in changes:
        item = change.item()
        if change.kind is Kind.CREATE:
            brex_id = f"efo_{next(numbers)}"
            values[brex_id] = Present(brex_id, item["remote_id"], item["value"], item["is_disabled"])
        else:
            old, data = values[item["brex_id"]], item["data"]
            values[old.brex_id] = Present(
                old.brex_id, old.remote_id, data.get("value", old.value), data.get("is_disabled", old.disabled)
            )
    return sorted(values.values(), key=lambda one: (one.remote_id, one.brex_id))


@given(options, present)
def test_applied_it_lets_people_choose_exactly_what_is_wanted(wanted: list[Option], there: list[Present]) -> None:
    after = applied(list(diff(wanted, there)), there)

    assert sorted((one.remote_id, one.value) for one in after if not one.disabled) == [
        (one.remote_id, one.value) for one in wanted
    ]


@given(options, present)
def test_a_second_one_is_empty(wanted: list[Option], there: list[Present]) -> None:
    assert list(diff(wanted, applied(list(diff(wanted, there)), there))) == []


@given(options, present)
def test_nothing_is_deleted_and_what_is_coded_keeps_its_id(wanted: list[Option], there: list[Present]) -> None:
    after = applied(list(diff(wanted, there)), there)

    assert {(one.brex_id, one.remote_id) for one in there} <= {(one.brex_id, one.remote_id) for one in after}
    chosen = {one.remote_id: one.brex_id for one in after if not one.disabled}
    before = {one.remote_id for one in there}
    assert all(not chosen[one.remote_id].startswith("efo_1000") for one in wanted if one.remote_id in before)


@given(options, present)
def test_no_value_is_changed_twice(wanted: list[Option], there: list[Present]) -> None:
    ids = [change.brex_id for change in diff(wanted, there) if change.brex_id]
    assert len(ids) == len(set(ids))


def test_each_kind_of_change() -> None:
    there = [
        Present("1", "a", "Meals", False),
        Present("2", "b", "Old name", False),
        Present("3", "c", "Back", True),
        Present("4", "d", "Gone", False),
        Present("5", "e", "Gone long ago", True),
    ]
    wanted = [Option("a", "Meals"), Option("b", "New name"), Option("c", "Is back"), Option("f", "New")]

    assert list(diff(wanted, there)) == [
        Change(Kind.RENAME, "b", "New name", "2", "Old name"),
        Change(Kind.ENABLE, "c", "Is back", "3", "Back"),
        Change(Kind.DISABLE, "d", None, "4", "Gone"),
        Change(Kind.CREATE, "f", "New"),
    ]


def test_of_doubled_values_the_one_that_people_use_stays() -> None:
    there = [Present("1", "a", "Meals", True), Present("2", "a", "Meals", False), Present("3", "a", "Meals", False)]

    assert list(diff([Option("a", "Meals")], there)) == [Change(Kind.DISABLE, "a", None, "3", "Meals")]


@pytest.mark.parametrize("ids", [["b", "a"], ["a", "a"]])
def test_a_wrong_order_is_no_reason_to_create_everything_anew(ids: list[str]) -> None:
    with pytest.raises(ValueError, match="comes after"):
        list(diff([Option(one, one) for one in ids], []))
    if ids != ["a", "a"]:
        with pytest.raises(ValueError, match="comes after"):
            list(diff([], [Present(one, one, one, False) for one in ids]))


def test_it_holds_no_more_than_a_row_of_each_side() -> None:
    taken = 0

    def endless() -> Iterator[Option]:
        nonlocal taken
        for taken in count(1):
            yield Option(f"{taken:09}", "x")

    assert len(list(islice(diff(endless(), []), 1000))) == 1000
    assert taken == 1000
