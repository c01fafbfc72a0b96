from typing import Any

from connector.store.connections import Connection
from tests.cli.conftest import Cli, Spending, Work, stages_of

HEADER = "brex_field,brex_value,d365_dimension,d365_value\n"


def test_export_gives_what_import_takes(cli: Cli, connection: Connection, tmp_path: Any) -> None:
    text = HEADER + 'GL Account,"Meals, team",MainAccount,606100\nDepartment,R&D – Zürich,Department,027\n'
    first, second = tmp_path / "in.csv", tmp_path / "out.csv"
    first.write_text(text, encoding="utf-8-sig")

    assert cli("mappings", "import", "acme", str(first)).exit_code == 0
    assert cli("mappings", "export", "acme", str(second)).exit_code == 0

    assert second.read_text(encoding="utf-8") == text
    assert cli("mappings", "export", "acme").stdout == text


def test_one_wrong_row_and_nothing_is_imported(cli: Cli, connection: Connection) -> None:
    before = cli("mappings", "export", "acme").stdout
    text = HEADER + "GL Account,Good,MainAccount,606100\na,b,c\nGL Account,,MainAccount,1\n"

    result = cli("mappings", "import", "acme", "-", stdin=text)

    assert result.exit_code == 1
    assert "row 3:" in result.stderr
    assert "row 4:" in result.stderr
    assert cli("mappings", "export", "acme").stdout == before


def test_a_file_in_another_encoding_is_refused(cli: Cli, connection: Connection) -> None:
    result = cli("mappings", "import", "acme", "-", stdin=(HEADER + "a,é,MainAccount,1\n").encode("latin-1"))

    assert result.exit_code == 1
    assert "UTF-8" in result.stderr


def test_import_says_which_held_records_are_planned_again_and_they_are(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, work: Work
) -> None:
    record_id = spend.unmapped()
    taken_in()
    assert stages_of(cli)[record_id] == "held"
    rows = cli("mappings", "export", "acme").stdout + "GL Account,Suspense – ask finance,MainAccount,618900\n"

    result = cli("mappings", "import", "acme", "-", stdin=rows)

    assert "1 record held for MAP-ACCOUNT-UNMAPPED" in result.stdout
    work()
    assert stages_of(cli)[record_id] == "acknowledged"


def test_the_same_mappings_again_change_nothing(cli: Cli, connection: Connection) -> None:
    rows = cli("mappings", "export", "acme").stdout

    result = cli("mappings", "import", "acme", "-", stdin=rows)

    assert "nothing was changed" in result.stdout
    assert cli.woken == []
