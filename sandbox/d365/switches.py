"""What differs between F&O environments, or is unknown of F&O: one switch each, kept with the data."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sandbox.state import Store

_KIND, _KEY = "d365.switches", "all"


@dataclass(frozen=True, slots=True)
class Switches:
    """The defaults are the strictest reading of the facts."""

    # The environment's URL; empty: whatever host a request names. A set one refuses every other Host.
    host: str = ""
    # Fact: without cross-company=true only the caller's default company exists. Not a company with data, so
    # that a forgotten cross-company or dataAreaId shows at once.
    default_company: str = "dat"
    # Fact: up to 10,000 records by Microsoft, 1,000 seen: never assume a size. Small, so that paging happens.
    page_size: int = 100
    # Fact: LineNumber on a new ledger journal line is refused, ignored or accepted ("kept"), by environment.
    line_number: str = "refused"
    # Fact: a failed write is 400 for a single request today; in a changeset 500 was recorded (2020).
    write_status: int = 400
    changeset_status: int = 500
    # With LineNumber kept: whether a number that is taken is refused as a duplicate key, or silently another given.
    # Fact: unknown; so a line number is no idempotency key.
    duplicate_numbers: str = "refused"
    # Fact: a refused changeset was recorded as one part under Content-ID 1. Whether that is the changeset's first id
    # ("first"), always 1 ("one"), or may be missing ("none") is unknown.
    refusal_id: str = "first"
    # Fact: what is sent wins over its default, the empty text too; an extension may fill it in all the same.
    fills_blanks: bool = False
    # Extensions of F&O refuse what they like: here lines with this Document. Empty: none.
    refuses_document: str = ""
    # Fact: a connector sends Prefer: odata.continue-on-error and still expects F&O to stop at a failure.
    continue_on_error: bool = True
    # Fact: DELETE of a missing key is 400 by two clients, 204 by a third.
    delete_missing: int = 400
    # Fact: every row has an ETag; that If-Match is enforced is not documented.
    if_match: bool = True
    # Fact: the period is checked at posting; whether an insert into a closed one is refused is not recorded.
    closed_period_at_insert: bool = False
    # Fact: journal numbers may only be given by the client where the number sequence allows user changes.
    user_numbers: bool = False
    # An account string is read back with every segment of the format (605140-001--) or without trailing blanks.
    trailing_blanks: bool = True
    # Fact: parallel inserts into one journal give an update conflict.
    conflicts: bool = True
    # Whether LedgerJournalHeaders and LedgerJournalLines also show vendor invoice and payment journals: unknown. All
    # are rows of the same two tables; that each set keeps to its own type of journal is the reading here.
    general_shows_all: bool = False
    # Fact: Accounts payable parameters, "Check the invoice number used" (ReuseVoucher: NoDuplicate = reject,
    # NoDuplicateInYear = reject within the fiscal year, AcceptDuplicate, WarnDuplicate); it is checked at posting.
    reuse_invoice: str = "NoDuplicate"
    # Whether the same parameter already refuses a line or a pending invoice when it is saved, is not recorded.
    reuse_checked_at_insert: bool = False
    # Whether a vendor line of an invoice journal needs an invoice number to be posted. Unknown.
    invoice_number_needed: bool = True
    # An invoice that another unposted payment line has marked cannot be marked again. Unknown.
    marks_are_exclusive: bool = True
    # Whether posting an invoice journal makes a VendInvoiceJour row too, or only a VendTrans one. Unknown.
    journals_make_invoices: bool = True
    # Fact: a pending invoice without lines can be picked up by accounts payable. Whether its automation submits one
    # that is not on hold to workflow as soon as it is saved; nothing can be added to it then.
    picks_up_empty: bool = False
    # Fact: nobody is known to supply HeaderReference; refused, ignored or kept where it is sent.
    header_reference: str = "refused"
    # MainAccountDisplayValue of a pending invoice's line: a main account alone, or a whole account string too. Unknown.
    main_account_only: bool = False
    # Fact: document management parameters have a greatest file size.
    attachment_megabytes: int = 50
    # Seconds F&O takes per line. Fact: plan for one to five lines a second; none recorded.
    line_seconds: Decimal = Decimal(0)


def load(store: Store) -> Switches:
    return Switches(**(store.get(_KIND, _KEY) or {}))


def save(store: Store, switches: Switches) -> None:
    doc: dict[str, Any] = asdict(switches)
    store.put(_KIND, _KEY, doc)
