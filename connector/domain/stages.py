"""Where a record stands, and from where it may move to where."""

from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    RECEIVED = "received"
    FETCHED = "fetched"
    MAPPED = "mapped"
    WRITING = "writing"
    WRITTEN = "written"
    ACKNOWLEDGED = "acknowledged"
    HELD = "held"
    SKIPPED = "skipped"
    REVERSED = "reversed"


class ExportStatus(StrEnum):
    """What Brex has been told."""

    NONE = "NONE"
    EXPORTED = "EXPORTED"
    FAILED = "FAILED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class LedgerStatus(StrEnum):
    """What stands in F&O, as last seen there."""

    NONE = "none"
    UNPOSTED = "unposted"
    POSTED = "posted"
    GONE = "gone"
    ALTERED = "altered"


S = Stage
TRANSITIONS: Final[dict[Stage, frozenset[Stage]]] = {
    S.RECEIVED: frozenset({S.FETCHED, S.HELD, S.SKIPPED}),
    S.FETCHED: frozenset({S.MAPPED, S.HELD, S.SKIPPED, S.FETCHED}),
    S.MAPPED: frozenset({S.WRITING, S.FETCHED, S.HELD, S.SKIPPED}),
    # Also while an entry is being taken back: a live write of kind removal or reversal says so.
    S.WRITING: frozenset({S.WRITTEN, S.HELD, S.FETCHED, S.REVERSED}),
    S.WRITTEN: frozenset({S.ACKNOWLEDGED, S.HELD, S.WRITING, S.REVERSED}),
    S.ACKNOWLEDGED: frozenset({S.HELD, S.WRITING, S.REVERSED}),
    S.HELD: frozenset(
        {S.MAPPED, S.RECEIVED, S.FETCHED, S.WRITING, S.WRITTEN, S.ACKNOWLEDGED, S.SKIPPED, S.REVERSED, S.HELD}
    ),
    S.SKIPPED: frozenset({S.FETCHED, S.RECEIVED}),
    S.REVERSED: frozenset({S.RECEIVED, S.HELD}),
}


def may_move(old: Stage, new: Stage) -> bool:
    return new in TRANSITIONS[old]
