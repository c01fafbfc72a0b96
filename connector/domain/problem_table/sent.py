"""Problems of what Brex sent."""

from typing import Final

from connector.domain.problem_table.kind import Kind, Table

PROBLEMS: Final[Table] = {
    "RECORD-UNREADABLE": Kind(
        "Brex's answer for this record cannot be read: {reason}.",
        "Look at the raw body with `connector record`; ask Brex support with the trace id, then retry.",
    ),
    "RECORD-NOT-FOUND": Kind(
        "Brex announced this record but does not return it.",
        "Check in Brex that the record still exists and that the token may read accounting records, then retry.",
    ),
    "RECORD-NOT-READY": Kind(
        "In Brex this record is in {status}, not READY_FOR_EXPORT.",
        "Finish its review in Brex and export it again; it then goes on by itself.",
    ),
    "RECORD-WAITING": Kind(
        "It is not booked yet: {reason}.",
        "Complete its expense in Brex (coding, approval); it is read again with every poll and goes on by itself.",
    ),
    "RECORD-ODD": Kind(
        "What Brex shows of it contradicts itself: {reason}.",
        "Look at it in Brex and book it by hand, then skip it with a reason.",
    ),
    "RECORD-CUT-OVER": Kind(
        "Its expense was booked by {old} as {twin}: {reason}.",
        "Compare the two in F&O. Booked already: skip it. A record of its own: `connector cut-over {old} {new} "
        "--book RECORD_ID`.",
    ),
    "RECORD-EXPORTED-ELSEWHERE": Kind(
        "Brex says this record was already exported, but this connector never wrote it.",
        "If another tool or a person booked it, skip it with a reason; otherwise book it by hand.",
    ),
    "RECORD-BEFORE-START": Kind(
        "The posting date {date} lies before this connection's start date {start}.",
        "Skip it if it was keyed by hand before the cut-over, or move posting.start_date.",
    ),
    "RECORD-DIRECTION": Kind(
        "A {type} should have {expected} lines, not {found} ({subject}).",
        "Correct the record in Brex, or book it by hand and skip it.",
    ),
    "RECORD-NO-LINES": Kind(
        "The record has no coded line to book.",
        "Code the record in Brex (general ledger account), then export it again.",
    ),
    "RECORD-UNBALANCED": Kind(
        "The record's lines do not add up: {reason}.",
        "Correct the amounts in Brex, then export the record again.",
    ),
    "RECORD-AMOUNT": Kind(
        "The amount {amount} of {subject} is not an amount of {currency}.",
        "Correct the amount in Brex, or book the record by hand and skip it.",
    ),
    "RECORD-CURRENCIES": Kind(
        "The record's lines are in several currencies ({currencies}); one entry has one.",
        "Split it in Brex by currency, or book it by hand and skip it.",
    ),
    "RECORD-ENTITIES": Kind(
        "The record's lines belong to several legal entities ({entities}), and one entry has one.",
        "Correct the LegalEntity mappings, split it in Brex by entity, set posting.intercompany to linked, or book it "
        "by hand and skip it.",
    ),
    "RECORD-ENTITIES-APART": Kind(
        "The record cannot become two linked entries: {reason}.",
        "Correct the LegalEntity mappings, split it in Brex by entity, or book it by hand and skip it.",
    ),
}
