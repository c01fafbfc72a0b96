"""Problems of telling Brex, and what is told although nothing is wrong."""

from typing import Final

from connector.domain.problem_table.kind import Kind, Table

PROBLEMS: Final[Table] = {
    "ACK-NOT-READY": Kind(
        "The entry is in the ledger, but Brex has the record in {status} and takes no export result.",
        "Export it again in Brex; the connector will report it without writing it again.",
    ),
    "ACK-NOT-FOUND": Kind(
        "The entry is in the ledger, but Brex no longer knows the record.",
        "If the spend was withdrawn, take the entry back with `connector reverse NAME RECORD_ID --reason WHY`.",
    ),
    "ACK-GIVEN-UP": Kind(
        "Reporting the export to Brex failed {attempts} times: {reason}.",
        "Look at the record's history, mend the cause, then retry.",
    ),
    "SKIPPED-ZERO": Kind(
        "The record is worth zero; there is nothing to book.",
        "Nothing needs to be done.",
    ),
}
