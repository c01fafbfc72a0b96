"""What to do about a vendor to be created, as a table."""

import pytest

from connector.pipeline.alignment.judging import Made, Standing, Step, judge

ONE, TWO = Made("1", "Joe"), Made("2", "Joe")


@pytest.mark.parametrize(
    ("standing", "sent", "idempotent", "step"),
    [
        (Standing(), False, False, Step.SEND),
        (Standing(), False, True, Step.SEND),
        (Standing(), True, True, Step.SEND),
        (Standing(), True, False, Step.WAIT),
        (Standing(ours=(ONE,)), True, False, Step.WRITTEN),
        (Standing(ours=(ONE,)), False, False, Step.WRITTEN),  # of a database that was lost since
        (Standing(ours=(ONE,), others=(TWO,)), True, False, Step.WRITTEN),
        (Standing(ours=(ONE, TWO)), True, False, Step.HOLD),
        (Standing(others=(ONE,)), False, False, Step.REFUSE),
        (Standing(others=(ONE,)), True, False, Step.HOLD),
        (Standing(others=(ONE, TWO)), True, True, Step.HOLD),
    ],
)
def test_the_next_step_follows_from_what_stands_there(
    standing: Standing, sent: bool, idempotent: bool, step: Step
) -> None:
    found, why = judge(standing, sent=sent, idempotent=idempotent)
    assert found is step
    assert why
