"""Golden cases: a record with all that planning needs in `<name>.json`, its result beside it in `<name>.expected.json`.

`brex_shape` says how sure we are that Brex sends such a record: "recorded" (a real answer), "spec" (Brex's published
example) or "assumed".
"""

from datetime import date
from pathlib import Path
from typing import Any

import simplejson

from connector.d365.wire import journal_lines
from connector.domain import jsonio
from connector.domain.connection import Posting
from connector.domain.entry import Entry
from connector.domain.master import DELIMITERS, DimensionValue, Ledger, MainAccount, MasterData, Structure
from connector.domain.record import parse
from connector.domain.reference import reference
from connector.domain.writes import WriteKind
from connector.mapping.mappings import Mappings
from connector.mapping.plan import Skip, plan

FOLDER = Path(__file__).parent
WIDTH = 120
SHAPES = ("recorded", "spec", "assumed")


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith(".expected"))


def load(name: str) -> dict[str, Any]:
    return jsonio.loads((FOLDER / f"{name}.json").read_bytes())


def expected_path(name: str) -> Path:
    return FOLDER / f"{name}.expected.json"


def result(case: dict[str, Any]) -> str:
    """What planning makes of the case, as the text of its expected file."""
    answer = plan(
        parse(case["record"]),
        Posting.model_validate(case["settings"]),
        Mappings(map(tuple, case["mappings"])),
        master(case["master"]),
        frozenset(),
    )
    if isinstance(answer, Entry):
        lines = journal_lines(answer, reference(answer.record_id, 0, WriteKind.ENTRY))
        return as_text({"entry": answer.as_json(), "journal_lines": lines})
    if isinstance(answer, Skip):
        return as_text({"skip": answer.reason})
    return as_text({"problems": [problem.as_json() for problem in answer]})


def as_text(value: Any) -> str:
    """JSON for reading: what fits stands on one line. Amounts keep their digits."""
    return _lay_out(value, "") + "\n"


def _lay_out(value: Any, indent: str) -> str:
    flat = simplejson.dumps(value, use_decimal=True, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{inner}{simplejson.dumps(key)}: {_lay_out(part, inner)}" for key, part in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _lay_out(part, inner) for part in value) + f"\n{indent}]"


def master(data: dict[str, Any]) -> MasterData:
    """Master data from its JSON; what is left out is unknown."""
    return MasterData(
        delimiter=DELIMITERS[data.get("delimiter", "Hyphen")],
        ledger_format=_tuple(data.get("ledger_format")),
        default_format=_tuple(data.get("default_format")),
        ledgers=_each(data.get("ledgers"), _ledger),
        accounts=_each(data.get("accounts"), lambda _, rows: {row["id"]: main_account(row) for row in rows}),
        values=_each(data.get("values", {}), lambda _, rows: {row["value"]: _value(row) for row in rows}) or {},
    )


def _each(data: dict[str, Any] | None, make: Any) -> Any:
    return None if data is None else {key: make(key, value) for key, value in data.items()}


def _tuple(data: list[str] | None) -> tuple[str, ...] | None:
    return None if data is None else tuple(data)


def _ledger(entity: str, data: dict[str, Any]) -> Ledger:
    structures = tuple(
        Structure(row["name"], tuple(row["segments"]), tuple(row.get("main_account_criteria", ())))
        for row in data.get("structures", ())
    )
    return Ledger(entity, data["chart"], data["currency"], structures)


def main_account(row: dict[str, Any]) -> MainAccount:
    return MainAccount(**_dated(row))


def _value(row: dict[str, Any]) -> DimensionValue:
    return DimensionValue(**_dated(row))


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {key: date.fromisoformat(value) if key.startswith("active_") else value for key, value in row.items()}
