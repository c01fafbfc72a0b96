"""What a trial counts of a record, by its plan of today and the one it would have. See also tests/cli/test_rules.py."""

from typing import Any

import pytest

from connector.domain.stages import Stage
from connector.pipeline.trial import Trial, _compare
from connector.store.moves import Move
from connector.store.records import Claimed


def _waiting(stage: Stage) -> Claimed:
    return Claimed(1, "accr_1", stage, 0, 0, "{}", True, None, None, [])


def _plan(to: Stage, account: str = "", why: str = "") -> Move:
    entry: dict[str, Any] = {"lines": [{"account": account, "why": [why]}], "notes": [why]}
    return Move(1, Stage.FETCHED, to, "", entry=entry if account else None)


HELD, ONE = _plan(Stage.HELD), _plan(Stage.MAPPED, "601500", "remote id")


@pytest.mark.parametrize(
    ("stage", "today", "then", "counts"),
    [
        (Stage.HELD, HELD, ONE, (1, 0, 0)),
        (Stage.HELD, ONE, _plan(Stage.MAPPED, "606300"), (1, 0, 0)),  # F&O refused the one, and may take the other
        (Stage.HELD, ONE, _plan(Stage.MAPPED, "601500", "mapping"), (0, 0, 0)),  # F&O refused it, and would again
        (Stage.HELD, HELD, HELD, (0, 0, 0)),
        (Stage.MAPPED, ONE, HELD, (0, 1, 0)),
        (Stage.MAPPED, ONE, _plan(Stage.MAPPED, "606300"), (0, 0, 1)),
        (Stage.MAPPED, ONE, _plan(Stage.MAPPED, "601500", "mapping"), (0, 0, 0)),
    ],
)
def test_freed_is_what_would_go_on_otherwise_than_it_does_now(
    stage: Stage, today: Move, then: Move, counts: tuple[int, int, int]
) -> None:
    trial = Trial()
    _compare(today, then, _waiting(stage), trial)
    assert (trial.freed, trial.caught, trial.altered) == counts
