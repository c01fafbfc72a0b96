"""Problems of taking an entry back."""

from typing import Final

from connector.domain.problem_table.kind import Kind, Table

PROBLEMS: Final[Table] = {
    "REVERSAL-VENDOR": Kind(
        "The entry to be taken back has a line on a vendor account.",
        "Check in F&O that it is not settled against a payment, then run the same `connector reverse` with "
        "--vendor-checked. `connector retry` lets the entry stand.",
    ),
    "REVERSAL-REFUSED": Kind(
        "F&O refused to take the entry back: {message}",
        "Mend what F&O names (for a closed period give --date), then run `connector reverse` again. "
        "`connector retry` lets the entry stand.",
    ),
    "REVERSAL-UNCLEAR": Kind(
        "It is unclear what of the entry is left to be taken back: {reason}.",
        "Look in F&O for Document {reference} and finish it there by hand, then run `connector reverse` again: with "
        "--gone where nothing of it stands any more, posted neither.",
    ),
    "REVERSAL-STANDS": Kind(
        "The entry was taken back, and F&O shows lines of it again ({found}).",
        "They came from a request that F&O carried out late. Run `connector reverse` again.",
    ),
    "REVERSAL-ALONE": Kind(
        "It stands in F&O, and the entry that it is linked to, {other}, was taken back.",
        "Take it back, too: `connector reverse NAME {record} --reason WHY`; with --repost both are written anew. The "
        "second of the two alone may be written anew instead: `connector retry NAME {other} --repost --reason WHY`, "
        "then `connector retry NAME {record}`.",
    ),
}
