"""Why a record cannot go on: one table of codes, sentences and fixes for logs, command line and docs alike.

The rows stand in `connector.domain.problem_table`, by what they are about.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from connector.domain.problem_table import TABLES
from connector.domain.problem_table.kind import ANYWAY, Kind

__all__ = ["ANYWAY", "INFOLOG", "PROBLEMS", "Kind", "Problem"]

PROBLEMS: Final[dict[str, Kind]] = {code: kind for table in TABLES for code, kind in table.items()}

# Under this name `values` keep F&O's own words, where it was F&O that told of the problem.
INFOLOG: Final = "infolog"


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason to hold a record. `subject` names what it is about (a line, a field, an account)."""

    code: str
    subject: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in PROBLEMS:
            raise ValueError(f"no such problem: {self.code}")

    @property
    def sentence(self) -> str:
        if INFOLOG in self.values:
            return f"F&O refused the entry: {self.values[INFOLOG]}"
        return _fill(PROBLEMS[self.code].sentence, self)

    @property
    def fix(self) -> str:
        fix = PROBLEMS[self.code].fix
        # What F&O itself refused, it will not take anyway.
        return _fill(fix.removesuffix(ANYWAY) if INFOLOG in self.values else fix, self)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "sentence": self.sentence,
            "fix": self.fix,
            "subject": self.subject,
            "values": dict(self.values),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> "Problem":
        return Problem(data["code"], data.get("subject", ""), dict(data.get("values") or {}))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"({key}?)"


def _fill(template: str, problem: Problem) -> str:
    return template.format_map(_Blank(problem.values, subject=problem.subject))
