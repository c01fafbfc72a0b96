"""What can go wrong with any call on its way: the columns of the first fault matrix, as the sandbox makes them."""

from dataclasses import dataclass, field
from typing import Any, Final

# What became of the request, which is what decides what has to follow.
WHOLE: Final = "whole"  # carried out, and answered in full, if slowly or oddly
UNSENT: Final = "unsent"  # for certain it never arrived, or was turned away unread
BEFORE: Final = "before"  # nothing was done, and the caller cannot know
AFTER: Final = "after"  # done, and the caller cannot know
LATE: Final = "late"  # given up, and done afterwards
REFUSED: Final = "refused"  # the credentials are dead until a person mends them
ENDED: Final = "ended"  # the token is over; a fresh one is to be had


@dataclass(frozen=True, slots=True)
class Kind:
    """`fault` is a kind of `sandbox.faults`; empty: see `stories.spoil`. `times` None: until it is mended."""

    name: str
    nature: str
    fault: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    times: int | None = 1
    systems: tuple[str, ...] = ("brex", "entra", "d365")
    calls: tuple[str, ...] = ()  # only these; empty: any
    writes_only: bool = False


_BATCH: Final = ("entries",)
# Calls that are the first of their story to need a token.
_FIRST: Final = ("entries", "a journal by its marker", "lines by reference", "journals watched",
                 "the whole ledger's references")  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = (
    Kind("slow answer", WHOLE, "latency", {"seconds": 3}),
    Kind("time-out", AFTER, "latency", {"seconds": 3600}),
    Kind("trickle", AFTER, "trickle", {"seconds": 60, "bytes": 1}),
    Kind("refused", UNSENT, "refuse"),
    Kind("reset before", BEFORE, "reset_before"),
    Kind("reset after", AFTER, "reset_after"),
    Kind("503 before", BEFORE, "status_before", {"code": 503, "headers": {"Retry-After": "5"}}),
    Kind("500 page after", AFTER, "status_after", {"code": 500}),
    Kind("503 page after", AFTER, "status_after", {"code": 503}, writes_only=True),
    Kind("redirect after", AFTER, "status_after", {"code": 302, "headers": {"Location": "https://example.test/"}}),
    Kind("cut short", AFTER, "truncate_after"),
    Kind("half as whole", AFTER, "malformed_after"),
    Kind("other JSON", AFTER, "malformed_after", {"body": '["?"]', "content_type": "application/json"}),
    Kind("429", UNSENT, "throttle"),
    Kind("429, Retry-After", UNSENT, "throttle", {"retry_after": 90}),
    Kind("429 storm", UNSENT, "throttle", times=6),
    Kind("401 once", ENDED, "status_before", {"code": 401, "body": ""}),
    Kind("token ended", ENDED, calls=_FIRST),
    Kind("credentials dead", REFUSED),
    Kind("late", LATE, "late", writes_only=True, systems=("brex", "d365")),
    Kind("part missing", AFTER, "parts_after", {"drop": [0]}, calls=_BATCH),
    Kind("parts reversed", WHOLE, "parts_after", {"order": "reversed"}, calls=_BATCH),
    Kind("part doubled", WHOLE, "parts_after", {"twice": [0]}, calls=_BATCH),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
