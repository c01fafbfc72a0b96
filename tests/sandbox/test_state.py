import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.state import Store


class _StopError(Exception):
    pass


def _broken_off(store: Store, *changes: Callable[[], object]) -> None:
    """Makes the changes in one transaction, which then fails."""

    def run() -> None:
        with store.transaction():
            for change in changes:
                change()
            raise _StopError

    with pytest.raises(_StopError):
        run()


def _names(store: Store, kind: str = "thing") -> list[Any]:
    return [doc["name"] for doc in store.all(kind)]


def test_what_goes_in_and_comes_out_are_copies() -> None:
    store = Store()
    doc: dict[str, Any] = {"name": "a", "lines": [{"amount": Decimal("1.10")}]}
    store.put("thing", "1", doc)
    doc["lines"][0]["amount"] = Decimal(9)
    seen = store.get("thing", "1")
    assert seen == {"name": "a", "lines": [{"amount": Decimal("1.10")}]}
    seen["name"] = "b"
    assert _names(store) == ["a"]


def test_a_float_is_refused_because_money_would_not_survive_it() -> None:
    with pytest.raises(TypeError, match="float"):
        Store().put("thing", "1", {"amount": 1.1})


def test_an_exception_undoes_puts_deletes_and_sequences() -> None:
    store = Store()
    for name in "abc":
        store.put("thing", name, {"name": name})
    _broken_off(
        store,
        lambda: store.put("thing", "a", {"name": "A"}),
        lambda: store.delete("thing", "b"),
        lambda: store.put("thing", "d", {"name": "d"}),
        lambda: store.next("number"),
    )
    assert _names(store) == ["a", "b", "c"]
    assert store.next("number") == 1


def test_an_inner_transaction_is_a_savepoint() -> None:
    store = Store()
    with store.transaction():
        store.put("thing", "a", {"name": "a"})
        _broken_off(store, lambda: store.put("thing", "b", {"name": "b"}))
        store.put("thing", "c", {"name": "c"})
    assert _names(store) == ["a", "c"]


def test_a_replaced_document_keeps_its_place_and_one_put_again_goes_last() -> None:
    store = Store()
    for name in "abc":
        store.put("thing", name, {"name": name})
    store.put("thing", "a", {"name": "A"})
    store.delete("thing", "b")
    store.put("thing", "b", {"name": "B"})
    assert _names(store) == ["A", "c", "B"]


def test_all_takes_a_condition() -> None:
    store = Store()
    for name in "abc":
        store.put("thing", name, {"name": name})
    assert [doc["name"] for doc in store.all("thing", lambda doc: doc["name"] > "a")] == ["b", "c"]


def test_the_file_brings_back_documents_order_amounts_and_sequences(tmp_path: Path) -> None:
    path = str(tmp_path / "state.sqlite")
    store = Store(path)
    for name in "abc":
        store.put("thing", name, {"name": name, "amount": Decimal("10.50")})
    store.delete("thing", "a")
    assert store.next("number") == 1
    _broken_off(store, lambda: store.put("thing", "never", {"name": "never"}))
    store.close()

    again = Store(path)
    assert _names(again) == ["b", "c"]
    assert str(again.all("thing")[0]["amount"]) == "10.50"
    assert again.next("number") == 2
    again.put("thing", "d", {"name": "d"})
    assert _names(again) == ["b", "c", "d"]
    again.close()


def test_a_transaction_keeps_other_threads_out() -> None:
    store = Store()

    def count() -> None:
        for _ in range(50):
            with store.transaction():
                doc = store.get("thing", "counter") or {"value": 0}
                store.put("thing", "counter", {"value": doc["value"] + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("thing", "counter") == {"value": 200}
