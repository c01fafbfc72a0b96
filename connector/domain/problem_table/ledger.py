"""Problems of what F&O said, or did."""

from typing import Final

from connector.domain.problem_table.kind import Kind, Table

PROBLEMS: Final[Table] = {
    "D365-REFUSED": Kind(
        "F&O refused the entry: {message}",
        "Correct what F&O names, then retry.",
    ),
    "D365-DIMENSION": Kind(
        "F&O refused an account or dimension combination: {message}",
        "Correct the mapping or the account structure in F&O, then retry.",
    ),
    "D365-PERIOD": Kind(
        "F&O refused the date: {message}",
        "Open the period in F&O, or change the date, then retry.",
    ),
    "D365-ALTERED": Kind(
        "F&O wrote something else than was sent: {difference}.",
        "Look at journal {journal} in F&O. Accept it as it stands with `connector retry NAME RECORD_ID --anyway "
        "--reason WHY`, or remove what F&O fills in by default and take the entry back with `connector reverse NAME "
        "RECORD_ID --repost --reason WHY`.",
        anyway=True,
    ),
    "D365-VOUCHER": Kind(
        "F&O spread the entry's lines over vouchers in another way than one voucher per entry: {difference}.",
        "Set the journal name's new voucher rule to In connection with balance, then correct journal {journal} and "
        "retry, or accept it as it stands with `connector retry NAME RECORD_ID --anyway --reason WHY`.",
        anyway=True,
    ),
    "D365-JOURNAL": Kind(
        "F&O refused to open a journal named {name} in {entity}: {message}",
        "Correct posting.journal_name, or mend the journal name in F&O, then retry.",
    ),
    "LEDGER-GONE": Kind(
        "The entry stood in journal {journal}, and F&O no longer has it.",
        "If it was deleted on purpose, say so with `connector reverse NAME RECORD_ID --reason WHY`, with --repost to "
        "write it anew; nothing is sent again by itself.",
    ),
    "LEDGER-TWICE": Kind(
        "The ledger holds this entry more than once ({found}).",
        "Delete the surplus lines in F&O, then retry. Where they are posted, take all of it back with `connector "
        "reverse NAME RECORD_ID --reason WHY`, with --repost to write it anew.",
    ),
    "LEDGER-PARTIAL": Kind(
        "The ledger holds only part of this entry ({found}).",
        "Complete the lines in F&O and retry, or take them back with `connector reverse NAME RECORD_ID --reason WHY`.",
    ),
    "LEDGER-CANNOT-TELL": Kind(
        "It is unknown whether F&O wrote this entry, and F&O cannot tell: {reason}.",
        "Search F&O for Document {reference}. Retry once the journal can be read again. Where F&O has nothing of it, "
        "posted neither, say so with `connector reverse NAME RECORD_ID --gone --reason WHY`, with --repost to write it "
        "anew.",
    ),
    "POST-GIVEN-UP": Kind(
        "Sending failed {attempts} times: {reason}.",
        "Look at the record's history, mend the cause, then retry.",
    ),
}
