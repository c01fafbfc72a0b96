"""The schedule of a chaos run depends on its seed alone, and its count at the end sees what is wrong."""

import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connector.domain import jsonio
from connector.domain.reference import linked_id, reference
from sandbox.chaos_plan import KILLS, NEVER_WRITTEN, PEOPLE, plan
from sandbox.chaos_result import CANNOT_TELL, count, figures
from sandbox.clock import now
from sandbox.faults import Faults
from sandbox.payables import CLAIM, PAIRED, PAYMENT
from sandbox.population import populate
from tests.sandbox.test_invariants import ID, books, header, line, record, row
from tests.sandbox.test_payables_invariants import invoice, pending

ROOT = Path(__file__).parents[2]
WRITTEN = [{"record_id": ID, "type": "CARD_EXPENSE_POST", "end": "written", "problem": None}]


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_the_same_seed_gives_the_same_schedule(seed: int) -> None:
    assert plan(seed, 400) == plan(seed, 400)
    assert plan(seed, 400) != plan(seed + 1, 400)


def test_it_is_printed_as_json_and_nothing_is_started() -> None:
    words = [sys.executable, "-m", "sandbox.chaos", "--records", "60", "--seed", "5", "--schedule"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert jsonio.loads(done.stdout) == jsonio.loads(jsonio.dumps([step.as_json() for step in plan(5, 60)]))


@pytest.mark.parametrize("records", [60, 400, 2000])
def test_each_kind_of_kill_comes_and_none_twice_in_a_row(records: int) -> None:
    kinds = [step.what for step in plan(3, records) if step.do == "kill"]
    assert set(kinds) == set(KILLS)
    assert len(kinds) >= records // 40
    assert all(one != next_ for one, next_ in pairwise(kinds))


@pytest.mark.parametrize("records", [60, 400, 2000])
def test_every_step_comes_before_the_last_entry_is_written(records: int) -> None:
    steps = plan(4, records)
    written = sum(case.end == "written" for case in populate(records, now(), all_forms=True))
    assert written >= records - NEVER_WRITTEN
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[0].at > 0
    assert steps[-1].at < written


def test_its_faults_are_ones_that_the_stand_ins_know() -> None:
    faults = Faults()
    steps = plan(6, 2000)
    for step in steps:
        if step.do == "fault":
            faults.add(**step.fault)
        else:
            assert step.what in (*KILLS, *PEOPLE)
    kinds = {rule.kind for rule in faults.pending()}
    assert kinds >= {"reset_before", "reset_after", "status_after", "truncate_after", "malformed_after", "late"}


def test_a_run_where_all_is_well() -> None:
    told = count(books(), WRITTEN)
    assert told["broken"] == []
    assert {key: told[key] for key in ("records", "written", "held", "doubled", "lost", "wrongly_exported")} == {
        "records": 1, "written": 1, "held": 0, "doubled": 0, "lost": 0, "wrongly_exported": 0}  # fmt: skip


HELD = {"stage": "held", "export_status": "NONE"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "doubled": ({"lines": [line(), line(LineNumber=2)]}, "doubled"),
    "lost: never heard of": ({"lines": [], "reported": [], "rows": []}, "lost"),
    "lost: held for what was to be written": (
        {"lines": [], "reported": [], "rows": [row(**HELD, problems=[{"code": "POST-GIVEN-UP"}])]}, "lost"),
    "EXPORTED and not there": ({"lines": []}, "wrongly_exported"),
    "a line of nobody": ({"lines": [line(), line(Document=reference("accr_2", 0, "entry"))]}, "unexplained_lines"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_counted_and_said(name: str) -> None:
    changes, counted = WRONG[name]
    told = count(books(**changes), WRITTEN)
    assert told[counted] == 1
    assert told["broken"]


def test_what_f_and_o_cannot_tell_is_held_and_not_lost() -> None:
    held = row(**HELD, problems=[{"code": CANNOT_TELL}])
    told = count(books(lines=[], reported=[], rows=[held], records=[record(review_status="READY_FOR_EXPORT")]), WRITTEN)
    assert (told["broken"], told["lost"], told["held"], told["held_for"]) == ([], 0, 1, {CANNOT_TELL: 1})


def test_its_population_has_every_form_that_an_entry_may_have() -> None:
    made = [case.record["type"] for case in populate(60, now(), all_forms=True) if case.end == "written"]
    assert {"BILL_EXPENSE", PAYMENT, CLAIM, PAIRED} < {*made}
    claims = [case.record for case in populate(300, now(), all_forms=True) if case.record["type"] == CLAIM]
    assert any(len(one["receipts"]) > 1 for one in claims)


REFUND = [WRITTEN[0] | {"type": PAIRED}]
SECOND = linked_id(ID)
STUCK = {"problems": [{"code": CANNOT_TELL}], **HELD}
FIRST = row(stage="written", export_status="NONE", linked=SECOND)


def test_a_record_whose_second_entry_nobody_can_tell_of_is_in_sight_and_not_lost() -> None:
    rows = [FIRST, row(**STUCK, record_id=SECOND)]
    told = count(books(reported=[], records=[record(review_status="READY_FOR_EXPORT")], rows=rows, paired=[ID]), REFUND)
    assert (told["broken"], told["written"], told["forms"]["linked"]) == ([], 0, 0)


def test_a_record_whose_second_entry_is_missing_is_lost() -> None:
    told = count(books(paired=[ID], rows=[row()]), REFUND)
    assert (told["lost"], told["wrongly_exported"]) == (1, 1)


@pytest.mark.parametrize("posted", [True, False])
def test_a_bill_that_was_changed_is_followed_until_it_is_posted(posted: bool) -> None:
    more = [record(amount={"amount": Decimal(25), "currency": "USD"})]
    headers = [header(IsPosted="Yes" if posted else "No")]
    rows = [row(ledger_status="posted" if posted else "unposted")]
    told = count(books(records=more, headers=headers, rows=rows), WRITTEN, {ID: [Decimal(20)]})
    assert told["lost"] == (0 if posted else 1)


def test_an_invoice_that_stands_twice_is_doubled() -> None:
    twice = [invoice("20"), invoice("20", HeaderReference="VI-2")]
    assert count(pending(*twice), WRITTEN)["doubled"] == 1


def test_figures_of_a_run_without_kills_are_zero() -> None:
    assert figures({}, {}, [])["seconds_to_recover"] == {"median": 0.0, "worst": 0.0}
    assert figures({"web": 2}, {}, [1.0, 9.0, 2.0]) == {
        "kills": {"all": 2, "web": 2}, "faults": {"all": 0}, "seconds_to_recover": {"median": 2.0, "worst": 9.0}
    }  # fmt: skip
