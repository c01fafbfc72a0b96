import pytest

from connector.cli.tables import Column, table


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    table(
        [Column("In the ledger"), Column("Written by us", right=True), Column("Difference", right=True)],
        [["lines with our references", "354,971.87 USD", "0.00 USD"]],
        title="Statement 2026-10-01 to 2026-10-31 (UTC), of the primary card account",
    )
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [200, 60, 40, 34])
def test_numbers_are_whole_however_narrow_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(monkeypatch, capsys, columns)
    assert "354,971.87 USD" in text
    assert "0.00 USD" in text
    assert "Difference" in text


def test_a_title_is_as_wide_as_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    title = printed(monkeypatch, capsys, 40).splitlines()[0]
    assert title == "Statement 2026-10-01 to 2026-10-31 (UTC), of the primary card account"


def test_an_id_stays_on_its_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    row = ["accr_4fhzo0gkfrkskza2wdnpwb2f", "1,571.69 USD", "RECORD-BEFORE-START, MAP-ACCOUNT-UNMAPPED"]
    table([Column("Record"), Column("Amount", right=True), Column("Problems", wrap=True)], [row])
    assert "accr_4fhzo0gkfrkskza2wdnpwb2f  1,571.69 USD" in capsys.readouterr().out
