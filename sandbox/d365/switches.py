"""What differs between F&O environments, or is unknown of F&O: one switch each, kept with the data."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sandbox.state import Store

_KIND, _KEY = "d365.switches", "all"


@dataclass(frozen=True, slots=True)
class Switches:
    """The defaults are the strictest reading of the facts."""

    # The environment's URL; empty: whatever host a request names. A set one refuses every other Host.
    host: str = ""
    # Fact: without cross-company=true only the caller's default company exists. Not a company with data, so
    # that a forgotten cross-company or dataAreaId shows at once.
    default_company: str = "dat"
    # Fact: up to 10,000 records by Microsoft, 1,000 seen: never assume a size. Small, so that paging happens.
    page_size: int = 100
    # Fact: LineNumber on a new ledger journal line is refused, ignored or accepted ("kept"), by environment.
    line_number: str = "refused"
    # Fact: a failed write is 400 for a single request today; in a changeset 500 was recorded (2020).
    write_status: int = 400
    changeset_status: int = 500
    # With LineNumber kept: whether a number that is taken is refused as a duplicate key, or silently another given.
    # Fact: unknown; so a line number is no idempotency key.
    duplicate_numbers: str = "refused"
    # Fact: a refused changeset was recorded as one part under Content-ID 1. Whether that is the changeset's first id
    # ("first"), always 1 ("one"), or may be missing ("none") is unknown.
    refusal_id: str = "first"
    # Fact: what is sent wins over its default, the empty text too; an extension may fill it in all the same.
    fills_blanks: bool = False
    # Extensions of F&O refuse what they like: here lines with this Document. Empty: none.
    refuses_document: str = ""
    # Fact: a connector sends Prefer: odata.continue-on-error and still expects F&O to stop at a failure.
    continue_on_error: bool = True
    # Fact: DELETE of a missing key is 400 by two clients, 204 by a third.
    delete_missing: int = 400
    # Fact: every row has an ETag; that If-Match is enforced is not documented.
    if_match: bool = True
    # Fact: the period is checked at posting; whether an insert into a closed one is refused is not recorded.
    closed_period_at_insert: bool = False
    # Fact: journal numbers may only be given by the client where the number sequence allows user changes.
    user_numbers: bool = False
    # An account string is read back with every segment of the format (605140-001--) or without trailing blanks.
    trailing_blanks: bool = True
    # Fact: parallel inserts into one journal give an update conflict.
    conflicts: bool = True
    # Seconds F&O takes per line. Fact: plan for one to five lines a second; none recorded.
    line_seconds: Decimal = Decimal(0)


def load(store: Store) -> Switches:
    return Switches(**(store.get(_KIND, _KEY) or {}))


def save(store: Store, switches: Switches) -> None:
    doc: dict[str, Any] = asdict(switches)
    store.put(_KIND, _KEY, doc)
