"""Problems of what a record should become."""

from typing import Final

from connector.domain.problem_table.kind import Kind, Table

PROBLEMS: Final[Table] = {
    "TREATMENT-UNKNOWN": Kind(
        "Records of type {type} are not handled yet.",
        "Book this record by hand and skip it with a reason.",
    ),
    "TREATMENT-UNCONFIRMED": Kind(
        "Records of type {type} have not been approved on this connection.",
        "Look at `connector preview`, then approve the type with `connector approve NAME --type {type}`.",
    ),
    "TREATMENT-HELD": Kind(
        "Records of type {type} are held on this connection: {reason}.",
        "Book this record by hand and skip it with a reason, or change posting.treatments.",
    ),
    "TREATMENT-TWICE": Kind(
        "A bill paid by card arrives twice, as BILL_EXPENSE_CARD_PAYMENT and as CARD_EXPENSE_POST, and it is not said "
        "which of them is to be booked (this is the {type}).",
        "Say it in posting.bills_paid_by_card: bill_payment or clearing.",
    ),
    "TREATMENT-PAID-ELSEWHERE": Kind(
        "By Brex's word ({status}) this bill was paid outside Brex: the payment is booked where it was made.",
        "Check that it stands in F&O, then skip this record with a reason.",
    ),
    "TREATMENT-WITHDRAWN": Kind(
        "By Brex's word ({status}) this bill is withdrawn.",
        "Nothing needs to be done: once it is approved in Brex again it goes on by itself. Or skip it with a reason.",
    ),
}
