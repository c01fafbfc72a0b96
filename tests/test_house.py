"""Rules of the house that no tool of the trade checks: read from the source, for every file, also later ones."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = ("connector", "tasks", "webhooks")
# Where amounts pass: from a body to a ledger line and into the tables.
MONEY = ("domain", "mapping", "store", "pipeline", "brex", "d365")
# Compares clocks, and sees no amount.
SECONDS_ONLY = {"doctor.py"}


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


def shown(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def walk(paths: list[Path]) -> Iterator[tuple[Path, ast.AST]]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def money() -> list[Path]:
    return sources(*(f"connector/{room}" for room in MONEY), "sandbox/brex", "webhooks", "tasks")


def test_no_amount_becomes_a_float() -> None:
    calls = [
        shown(path, node)
        for path, node in walk(money())
        if path.name not in SECONDS_ONLY
        and isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "float"
    ]
    assert calls == []


def test_json_with_amounts_is_read_and_written_in_one_place() -> None:
    """The standard library's json makes floats of amounts; connector.domain.jsonio makes Decimals."""
    imports = [
        shown(path, node)
        for path, node in walk(money())
        if path.name != "jsonio.py"
        and isinstance(node, ast.Import | ast.ImportFrom)
        and {"json", "simplejson"} & {getattr(node, "module", None), *(alias.name for alias in node.names)}
    ]
    assert imports == []


def test_what_a_record_becomes_does_not_depend_on_today() -> None:
    calls = [
        shown(path, node)
        for path, node in walk(sources("connector/domain", "connector/mapping"))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
    ]
    assert calls == []


def test_no_file_is_long() -> None:
    lines = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*PRODUCT, "sandbox", "alembic")
    }
    assert {shown(path): number for path, number in lines.items() if number > 400} == {}


def test_every_module_says_what_it_is() -> None:
    silent = [
        shown(path)
        for path in sources(*PRODUCT, "sandbox", "alembic/versions")
        if path.stat().st_size and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_the_folder_of_migrations_does_not_stand_before_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_no_lock_is_held_by_a_session() -> None:
    """A session's lock outlives its worker's patience and dies with its connection: rows with deadlines instead."""
    assert [shown(path) for path in sources("connector/store", "tasks") if "advisory" in path.read_text()] == []


def test_tests_replace_nothing_of_ours() -> None:
    mocks = [
        shown(path, node)
        for path, node in walk(sources("tests"))
        if isinstance(node, ast.ImportFrom | ast.Import)
        and any("mock" in name for name in (getattr(node, "module", "") or "", *(alias.name for alias in node.names)))
    ]
    assert mocks == []


def test_nothing_unfinished_is_left_in_the_text() -> None:
    texts = [*sources(*PRODUCT, "sandbox", "alembic"), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    unfinished = re.compile(r"\b(TODO|FIXME)\b")
    assert [shown(path) for path in texts if unfinished.search(path.read_text(encoding="utf-8"))] == []


def test_the_network_of_a_test_ends_at_this_machine(pytestconfig: pytest.Config) -> None:
    assert set(pytestconfig.getoption("--allow-hosts").split(",")) == {"127.0.0.1", "::1", "localhost"}
