"""Two requests at once, a request twice, a request that lands late."""

from threading import Event, Thread

import pytest

from sandbox.d365 import Ledger, create_app
from sandbox.entra import Entra
from sandbox.faults import Faults
from sandbox.middleware import Faulty, Traffic
from sandbox.state import Store
from tests.sandbox.d365.caller import LINES, Batch, Caller, a_line, message_of, written
from tests.sandbox.d365.conftest import a_token

CONFLICT = (
    "Write failed for table row of type 'LedgerJournalLineEntity'. Infolog: Info: Cannot edit a record in Ledger "
    "journal table (LedgerJournalTable). An update conflict occurred due to another user process deleting the record "
    "or changing one or more fields in the record."
)


class Slow:
    """A batch that stops before its second changeset until it is let go."""

    def __init__(self, caller: Caller, ledger: Ledger, number: str) -> None:
        self.half_way, self.go_on = Event(), Event()
        self.answers: list[Batch] = []
        ledger.before_each_changeset(self._wait)
        batch = ([a_line(number, Document="FIRST")], [a_line(number, Document="FIRST")])
        self.thread = Thread(target=lambda: self.answers.append(caller.batch(*batch)))

    def _wait(self, index: int) -> None:
        if index == 1:
            self.half_way.set()
            assert self.go_on.wait(30)

    def __enter__(self) -> "Slow":
        self.thread.start()
        assert self.half_way.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.thread.join()


def test_inserting_into_a_journal_that_another_request_writes_to_conflicts(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    with Slow(f_and_o, ledger, number) as slow:
        answer = f_and_o.batch([a_line(number)])
        assert answer.statuses == [[500]]
        assert answer.message(0) == CONFLICT
        assert f_and_o.refused(number) == CONFLICT
    assert slow.answers[0].statuses == [[201], [201]]
    assert [line["Document"] for line in ledger.lines()] == ["FIRST", "FIRST"]
    assert f_and_o.line(number)


def test_another_journal_can_be_written_to_meanwhile(f_and_o: Caller, ledger: Ledger) -> None:
    number, other = f_and_o.journal(), f_and_o.journal()
    with Slow(f_and_o, ledger, number):
        assert f_and_o.batch([a_line(other)]).statuses == [[201]]


def test_conflicts_can_be_switched_off(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(conflicts=False)
    number = f_and_o.journal()
    with Slow(f_and_o, ledger, number):
        assert f_and_o.batch([a_line(number)]).statuses == [[201]]


def test_a_conflict_can_be_forced(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    with ledger.somebody_writes_to(number):
        assert f_and_o.refused(number.lower()) == CONFLICT
    assert f_and_o.line(number)


def test_a_repeated_request_writes_twice_and_answers_once(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    ledger.repeat_next_write()
    assert f_and_o.batch([a_line(number)]).statuses == [[201]]
    assert [line["LineNumber"] for line in ledger.lines()] == [1, 2]
    f_and_o.line(number)
    assert len(ledger.lines()) == 3


def test_a_late_write_lands_when_it_is_released(store: Store, entra: Entra, ledger: Ledger) -> None:
    faults = Faults()
    app = create_app(store, faults, entra)
    caller = Caller(app, a_token(entra))
    number = caller.journal()
    app.wsgi_app = Faulty("d365", app.wsgi_app, faults, Traffic())  # type: ignore[method-assign]
    hand = Ledger(store, faults)
    hand.late_write("POST /data/$batch")
    with pytest.raises(ConnectionError):
        caller.raw_batch(written([a_line(number)]))
    assert hand.lines() == []
    assert hand.release_late() == 1
    assert len(hand.lines()) == 1


def test_a_line_may_take_its_time(f_and_o: Caller, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    ledger.set(line_seconds="0.25")
    number = f_and_o.journal()
    f_and_o.batch([a_line(number)] * 4, [a_line(number)])
    f_and_o.line(number)
    assert slept == [1.0, 0.25, 0.25]


def test_a_conflict_is_400_for_a_single_insert(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    with ledger.somebody_writes_to(number):
        assert message_of(f_and_o.call("POST", LINES, a_line(number)), 400) == CONFLICT
