"""The table of problems, by what they are about, in the order of the page (`connector.domain.problems` joins them)."""

from typing import Final

from connector.domain.problem_table import ledger, mapping, pending, reversal, rules, sent, telling, treatments
from connector.domain.problem_table.kind import Table

TABLES: Final[tuple[Table, ...]] = (
    sent.PROBLEMS,
    treatments.PROBLEMS,
    mapping.PROBLEMS,
    rules.PROBLEMS,
    ledger.PROBLEMS,
    pending.PROBLEMS,
    reversal.PROBLEMS,
    telling.PROBLEMS,
)
