"""Golden cases: a record with all that planning needs in `<name>.json`, its result beside it in `<name>.expected.json`.

Every record type stands in `types/`, each case with the results in all shapes of an entry and the journals that would
collect it; `types/common.json` has what these cases share. docs/mapping.md shows them.

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
from connector.domain.master import (
    DELIMITERS,
    DimensionValue,
    JournalName,
    Ledger,
    MainAccount,
    MasterData,
    Party,
    Structure,
)
from connector.domain.problems import Problem
from connector.domain.record import parse
from connector.domain.reference import reference
from connector.domain.treatments import TREATMENTS
from connector.domain.writes import WriteKind
from connector.mapping.mappings import Mappings
from connector.mapping.plan import Skip, plan
from connector.pipeline.post import period

FOLDER = Path(__file__).parent
TYPES = FOLDER / "types"
COMMON = "common"
PERIODS = ("record", "day", "week", "month")
BALANCING = ("offset", "one", "each")
WIDTH = 120
SHAPES = ("recorded", "spec", "assumed")


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith(".expected"))


def load(name: str) -> dict[str, Any]:
    return jsonio.loads((FOLDER / f"{name}.json").read_bytes())


def expected_path(name: str) -> Path:
    return FOLDER / f"{name}.expected.json"


def type_names() -> list[str]:
    """The cases of `types/`, by Brex's order of types and then by name."""
    found = [path.stem for path in TYPES.glob("*.json") if not path.stem.endswith(".expected") and path.stem != COMMON]
    order = list(TREATMENTS)
    return sorted(found, key=lambda name: (order.index(load_type(name)["record"]["type"]), name))


def load_type(name: str) -> dict[str, Any]:
    """A case with what it has in common with the others; `settings` stand on top of the common ones."""
    common, own = (jsonio.loads((TYPES / f"{one}.json").read_bytes()) for one in (COMMON, name))
    return common | own | {"settings": common["settings"] | own.get("settings", {})}


def type_expected_path(name: str) -> Path:
    return TYPES / f"{name}.expected.json"


def type_result(case: dict[str, Any]) -> str:
    """The case in every shape; a shape that comes out like an earlier one only says so. And its journals."""
    shapes: dict[str, Any] = {}
    for balancing in BALANCING:
        answer = _shown(planned(case, balancing=balancing))
        same = next((name for name, known in shapes.items() if known == answer), None)
        shapes[balancing] = answer if same is None else f"as {same}"
    journals = {}
    for kind in PERIODS:
        entry = planned(case, journal_period=kind)
        if isinstance(entry, Entry) and entry.journal_name:
            journals[kind] = f"{entry.journal_name}, {period(entry.journal_period, entry.date, entry.record_id)}"
    return as_text(shapes | {"journals": journals})


def planned(case: dict[str, Any], **settings: str) -> Entry | Skip | list[Problem]:
    return plan(
        parse(case["record"]),
        Posting.model_validate(case["settings"] | settings),
        Mappings(map(tuple, case["mappings"])),
        master(case["master"]),
        frozenset(),
    )


def result(case: dict[str, Any]) -> str:
    """What planning makes of the case, as the text of its expected file."""
    return as_text(_shown(planned(case)))


def _shown(answer: Entry | Skip | list[Problem]) -> dict[str, Any]:
    if isinstance(answer, Entry):
        if answer.form == "pending_invoice":
            return {"entry": answer.as_json()}
        lines = journal_lines(answer, reference(answer.record_id, 0, WriteKind.ENTRY))
        return {"entry": answer.as_json(), "journal_lines": lines}
    if isinstance(answer, Skip):
        return {"skip": answer.reason}
    return {"problems": [problem.as_json() for problem in answer]}


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
        journal_names=_each(
            data.get("journal_names"), lambda _, rows: {row["name"].casefold(): JournalName(**row) for row in rows}
        ),
        vendors=_each(data.get("vendors"), lambda _, rows: {row["number"].casefold(): Party(**row) for row in rows}),
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
