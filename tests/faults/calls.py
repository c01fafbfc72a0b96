"""Every call the connector makes to another system: the one list that the fault matrix is made of.

A call is known by its method and its path with the query. The tests next door fail where the product makes a call
that is not listed here, and where a client has a method that no line here names.
"""

import re
from dataclasses import dataclass
from typing import Final

READ: Final = "read"
WRITE: Final = "write"
ENTITY_SET: Final = "an entity set"


@dataclass(frozen=True, slots=True)
class Call:
    """`pattern` is matched with "METHOD path?query"; the first line that fits has the call. `made_by`: methods of the
    clients. `match` is what `Faults.add` takes to hit it and no other call of the same story.
    """

    name: str
    system: str
    kind: str
    pattern: str
    made_by: tuple[str, ...]
    match: str


_RECORDS: Final = r"GET /v3/accounting/records\?"
_JOURNALS: Final = "(LedgerJournal|VendInvoiceJournal|VendorPaymentJournal)"
_LINES: Final = rf"GET /data/{_JOURNALS}Lines\?"
_HEADERS: Final = rf"GET /data/{_JOURNALS}Headers\?"
_PAGES: Final = ("BrexClient.pages",)

CALLS: Final[tuple[Call, ...]] = (
    Call("records by id", "brex", READ, _RECORDS + r".*&ids=", ("BrexClient.by_ids",), "GET &ids="),
    Call("a later page", "brex", READ, _RECORDS + r".*&cursor=", _PAGES, "GET &cursor="),
    Call("one record: is Brex there?", "brex", READ, _RECORDS + r".*&limit=1&",
         ("BrexClient.pages", "BrexClient.count", "BrexClient.touch"), "GET &limit=1&"),
    Call("the queue", "brex", READ, _RECORDS + r".*review_status=READY_FOR_EXPORT", _PAGES,
         "GET review_status=READY"),
    Call("exported records", "brex", READ, _RECORDS + r".*review_status=EXPORTED", _PAGES, "GET review_status=EXP"),
    Call("bills", "brex", READ, _RECORDS + r".*source_type=BILL", _PAGES, "GET source_type=BILL"),
    Call("changed records", "brex", READ, _RECORDS + r".*source_type=(CARD|REIMBURSEMENT)$", _PAGES,
         "GET limit=500&source_type=CARD"),
    Call("export results", "brex", WRITE, "POST /v3/accounting/records/export-results$", ("BrexClient.report",),
         "POST /export-results"),
    Call("the company", "brex", READ, "GET /v2/company$", ("BrexClient.company",), "GET /v2/company"),
    Call("webhook secrets", "brex", READ, "GET /v1/webhooks/secrets$", ("Webhooks.secrets",), "GET /webhooks/secrets"),
    Call("webhook endpoints", "brex", READ, r"GET /v1/webhooks(\?cursor=.*)?$", ("Webhooks.endpoints",),
         "GET /v1/webhooks"),
    Call("a new webhook endpoint", "brex", WRITE, "POST /v1/webhooks$", ("Webhooks.create",), "POST /v1/webhooks"),
    Call("a webhook endpoint changed", "brex", WRITE, "PUT /v1/webhooks/[^/]+$", ("Webhooks.update",), "PUT /v1/"),
    Call("accounting fields", "brex", READ, r"GET /v1/fields\?", ("V1.get",), "GET /v1/fields"),
    Call("may vendors be read?", "brex", READ, r"GET /v1/vendors\?limit=1$", ("V1.get",), "GET /v1/vendors"),
    Call("is the host there?", "brex", READ, "GET /$", ("Outbound.request",), "GET /"),
    Call("the tenant's endpoints", "entra", READ, r"GET /[^/]+/v2\.0/\.well-known/openid-configuration$",
         ("TokenSource.token", "TokenSource.fresh"), "GET openid-configuration"),
    Call("a token", "entra", READ, "POST /[^/]+/oauth2/v2.0/token$", ("TokenSource.token", "TokenSource.fresh"),
         "POST /token"),
    Call("entries", "d365", WRITE, r"POST /data/\$batch$", ("D365Client.send", "D365Client.remove"),
         "POST /data/$batch"),
    Call("a new journal", "d365", WRITE, f"POST /data/{_JOURNALS}Headers$", ("D365Client.create_header",),
         "POST /data/LedgerJournalHeaders"),
    Call("a journal by its marker", "d365", READ, _HEADERS + ".*Description%20eq", ("D365Client.headers_marked",),
         "GET Description%20eq"),
    Call("a journal", "d365", READ, _HEADERS + ".*and%20JournalBatchNumber%20eq", ("D365Client.header",),
         "GET Headers?cross-company=true&$filter=dataAreaId%20eq%20'usmf'%20and%20JournalBatchNumber"),
    Call("journals watched", "d365", READ, _HEADERS + r".*and%20\(JournalBatchNumber%20eq", ("D365Client.headers",),
         "GET and%20(JournalBatchNumber"),
    Call("the whole ledger's references", "d365", READ, _LINES + r".*%20eq%20'BX\*'.*&\$select=dataAreaId,\w+(&|$)",
         ("D365Client.lines_beginning",), "GET &$select=dataAreaId,Document"),
    Call("a period's lines", "d365", READ, _LINES + r".*%20eq%20'BX\*'", ("D365Client.lines_beginning",), "GET BX*"),
    Call("lines by reference", "d365", READ, _LINES + r".*and%20\((Document|PaymentReference)%20eq",
         ("D365Client.lines_by_document",), "GET and%20(Document"),
    Call("a journal's lines", "d365", READ, _LINES + ".*and%20JournalBatchNumber%20eq",
         ("D365Client.lines_of_journal",),
         "GET Lines?cross-company=true&$filter=dataAreaId%20eq%20'usmf'%20and%20JournalBatchNumber"),
    Call("account formats", "d365", READ, r"GET /data/DimensionIntegrationFormats\?", ("D365Client.rows",),
         "GET /data/DimensionIntegrationFormats"),
    Call("is the service there?", "d365", READ, "GET /data$", ("Outbound.request",), "GET /data"),
    # Any other set that the security role of docs/connecting.md lists; which, is tested there.
    Call(ENTITY_SET, "d365", READ, r"GET /data/[A-Z]\w+(\?|$)", ("D365Client.rows",), "GET /data/MainAccounts"),
)  # fmt: skip
BY_NAME: Final = {call.name: call for call in CALLS}


def name_of(system: str, method: str, path: str) -> str | None:
    """The call that a request is; None for one that is not listed. `path` with its query, as it was sent."""
    for call in CALLS:
        if call.system == system and re.match(call.pattern, f"{method} {path}"):
            return call.name
    return None


# Methods of clients without a row, and why: what goes wrong with them is tested at their own doors. Method → (why, the
# tests, by their path under tests/).
_STATEMENT: Final = ("only `connector statement` asks; it ends with the reason", "pipeline/test_statements.py")
_FIELDS: Final = ("`connector fields`, a command: lost answers are looked for, and each value stands once",
                  "cli/test_fields_broken_off.py")  # fmt: skip
_VENDORS: Final = ("vendors on wish: a lost answer is looked for, none is created twice",
                   "cli/test_alignment_create.py")  # fmt: skip
_TRANSFERS: Final = ("transfers on wish: a lost answer is looked for, and repeated under its own key",
                     "cli/test_transfers.py")  # fmt: skip
_SPEND: Final = ("`source: transactions`: reads only; pages that shift or go round are read again or refused",
                 "brex/test_spend.py")  # fmt: skip
_V1: Final = ("the other clients' way to Brex's v1 paths, each with rows or a reason", "brex/test_webhooks.py")
ELSEWHERE: Final = {
    **dict.fromkeys(("Card.statements", "Card.transactions"), _STATEMENT),
    **dict.fromkeys(("Fields.fields", "Fields.values", "Fields.send"), _FIELDS),
    **dict.fromkeys(("Vendors.pages", "Vendors.named", "Vendors.instruments", "Vendors.create"), _VENDORS),
    "D365Client.create": _VENDORS,
    "D365Client.change": ("pending vendor invoices: killed at every step, made once and finished, or held",
                          "pipeline/invoices/test_kills.py"),
    **dict.fromkeys(("Transfers.marked", "Transfers.create"), _TRANSFERS),
    **dict.fromkeys(
        (f"Spend.{name}" for name in ("transactions", "one_page", "cash_accounts", "cash_transactions", "expenses",
                                      "updated_expenses", "parts", "expense")), _SPEND,
    ),
    "V1.send": _V1,
}  # fmt: skip
