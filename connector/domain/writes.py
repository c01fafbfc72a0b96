"""Outside effects: what a write is, and what can be known of one."""

from enum import StrEnum


class WriteKind(StrEnum):
    """What kind of outside effect a write is. `entry` and `journal` are in F&O, `acknowledge` in Brex."""

    ENTRY = "entry"
    JOURNAL = "journal"
    ACKNOWLEDGE = "acknowledge"


class Outcome(StrEnum):
    """`open`: intended, not known to have been sent. `uncertain`: sent, and no answer we may believe."""

    OPEN = "open"
    WRITTEN = "written"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


class BatchStatus(StrEnum):
    """`sending`: bytes may be on their way until the deadline. `uncertain`: the deadline passed, or the answer broke.
    `settled`: every write in it is known. `unsent`: surely nothing left this machine."""

    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SETTLED = "settled"
    UNSENT = "unsent"
