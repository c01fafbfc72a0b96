"""Outside effects: what a write is, and what can be known of one."""

from enum import StrEnum


class WriteKind(StrEnum):
    """What kind of outside effect a write is: `acknowledge` in Brex, all others in F&O.

    `removal` takes an entry's lines out of an unposted journal; `reversal` is the entry that cancels a posted one.
    """

    ENTRY = "entry"
    JOURNAL = "journal"
    ACKNOWLEDGE = "acknowledge"
    REMOVAL = "removal"
    REVERSAL = "reversal"


# What goes into a journal as lines.
LINES = (WriteKind.ENTRY, WriteKind.REVERSAL)
# The forms of an entry that are lines of a journal; a pending invoice is written and looked for in its own way.
JOURNALS = ("general_journal", "invoice_journal", "payment_journal")


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
