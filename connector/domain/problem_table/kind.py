"""What one row of the table of problems says."""

from dataclasses import dataclass
from typing import Final

# Ends the fix of every kind that a person may accept.
ANYWAY: Final = " Where F&O is known to take it: `connector retry NAME RECORD_ID --anyway --reason WHY`."


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. `sentence` and `fix` are templates over the problem's `values`.

    A new row also gets its cause in `causes`; then `python -m connector.domain.guide > docs/problems.md`.

    `anyway`: a person may accept it for a record, knowingly (`connector retry NAME RECORD_ID --anyway`).
    """

    sentence: str
    fix: str
    anyway: bool = False


Table = dict[str, Kind]
