"""Writes the expected file of every golden case, the inputs that are too long to write by hand, and from them the
worked entries in docs/mapping.md.

python -m tests.golden.generate            says what would change, changes nothing, exits 1 if anything would
python -m tests.golden.generate --force    writes it; then read the difference: it is ledger entries
"""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.golden import cases, page

LONG_SPLIT = "split-of-100"


def long_split() -> dict[str, Any]:
    """Brex's limit: one expense itemised into 100 lines, over two accounts and three departments."""
    base = cases.load("split-of-3")
    offset = base["record"]["line_items"][-1]
    amounts = [Decimal(f"{number}.{number % 100:02d}") for number in range(1, 101)]
    lines = [_line(number, amount) for number, amount in enumerate(amounts, start=1)]
    total = {"amount": sum(amounts), "currency": "USD"}
    record = base["record"] | {"id": "accr_split_100", "amount": total, "memo": "Team offsite"}
    record["line_items"] = [*lines, offset | {"amount": total}]
    return base | {"about": "The longest split: 100 lines. Generated.", "record": record}


def _line(number: int, amount: Decimal) -> dict[str, Any]:
    account = ("605140", "606300")[number % 2]
    department = ("022", "023", "024")[number % 3]
    return {
        "id": f"accrli_{number:03d}",
        "type": "DEBIT",
        "amount": {"amount": amount, "currency": "USD"},
        "memo": f"Item {number}",
        "accounting_field_values": [
            _field("ef_gl", "GL_ACCOUNT", "GL Account", account),
            _field("ef_dep", "Department", "Department", department),
        ],
    }


def _field(field: str, remote: str, name: str, value: str) -> dict[str, Any]:
    return {
        "brex_field_id": field,
        "remote_field_id": remote,
        "field_name": name,
        "brex_field_value_id": f"efo_{value}",
        "remote_field_value_id": value,
        "field_value_name": f"{name} {value}",
    }


def main(force: bool) -> int:
    changed = _write(cases.FOLDER / f"{LONG_SPLIT}.json", cases.as_text(long_split()), force)
    for name in cases.names():
        changed += _write(cases.expected_path(name), cases.result(cases.load(name)), force)
    for name in cases.type_names():
        changed += _write(cases.type_expected_path(name), cases.type_result(cases.load_type(name)), force)
    changed += _write(page.PAGE, page.text(), force)
    return 1 if changed and not force else 0


def _write(path: Path, text: str, force: bool) -> int:
    if path.exists() and path.read_text() == text:
        return 0
    sys.stdout.write(f"{'wrote' if force else 'differs:'} {path.name}\n")
    if force:
        path.write_text(text)
    return 1


if __name__ == "__main__":
    sys.exit(main("--force" in sys.argv[1:]))
