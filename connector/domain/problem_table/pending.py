"""Problems of pending vendor invoices in F&O."""

from typing import Final

from connector.domain.problem_table.kind import Kind, Table

PROBLEMS: Final[Table] = {
    "INVOICE-TAKEN": Kind(
        "F&O has an invoice of this vendor with this number already, and it is not ours: {found}.",
        "Where it is the same bill, keyed by hand, skip the record. Otherwise correct the invoice number in Brex or in "
        "F&O, then retry.",
    ),
    "INVOICE-ALTERED": Kind(
        "The vendor invoice in F&O is not as it was made: {difference}.",
        "Look at pending vendor invoice {journal} in F&O. Where its total, vendor and number are still ours, accept it "
        "as it stands with `connector retry NAME RECORD_ID --anyway --reason WHY`; else mend or delete it there, then "
        "retry.",
        anyway=True,
    ),
    "INVOICE-POSTED": Kind(
        "The vendor invoice is posted in F&O ({found}), and is not taken back from here.",
        "A credit note is a person's to write in F&O. `connector retry` lets the invoice stand.",
    ),
}
