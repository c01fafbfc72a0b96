"""One record of a population, and the end it must come to."""

from dataclasses import dataclass, field
from typing import Final

from sandbox.spend import Json

EXPECTED: Final = "expected"  # the kind under which expectations are kept in the store


@dataclass(frozen=True, slots=True)
class Case:
    """`end`: written, skipped, or held with the code of its one problem. `found_by`: webhook, or poll for those about
    which no message is sent. `told`: whether Brex takes an export result for it once it is written; it takes none for
    bills, which nobody exports there either. `changes`: what somebody changes in Brex once it is written."""

    record: Json
    end: str = "written"
    problem: str | None = None
    found_by: str = "webhook"
    told: bool = True
    changes: Json = field(default_factory=dict)

    def expectation(self) -> Json:
        return {
            "record_id": self.record["id"],
            "type": self.record["type"],
            "end": self.end,
            "problem": self.problem,
            "found_by": self.found_by,
            "told": self.told,
            "changes": self.changes,
        }
