"""Which F&O data entities the connector's user needs, with which rights, and what for: the security role to make.

`docs/connecting.md` shows this table; a test keeps the two and what is really called in step.
"""

from dataclasses import dataclass
from typing import Final

READ: Final = "Read"
WRITE: Final = "Read, Create"
REMOVE: Final = "Read, Create, Delete"
CHANGE: Final = "Read, Create, Update, Delete"


@dataclass(frozen=True, slots=True)
class Access:
    """`needed`: without it nothing is posted. Otherwise F&O is left to judge what could not be looked at before.

    `only`: it is needed for these entries alone; without it they wait, and everything else is posted.
    """

    entity_set: str
    rights: str
    purpose: str
    needed: bool = False
    only: str = ""


_PENDING: Final = "`pending_invoice`"
_PAYMENTS: Final = "`payment_journal`"
# No Correct; Update for one thing: a pending vendor invoice of ours is taken off hold. Deleted are lines of ours, out
# of journals that are not posted, and pending invoices of ours, where a person asks for it (`connector reverse`) or F&O
# refused the invoice's lines, and nothing else.
USED: Final[tuple[Access, ...]] = (
    Access("LedgerJournalHeaders", WRITE, "journals: opened, found again, followed until posted", needed=True),
    Access("LedgerJournalLines", REMOVE, "entries: written, read back to be certain; Delete: taken back", needed=True),
    Access("VendInvoiceJournalHeaders", WRITE, "the same for bills, in vendor invoice journals", only="bills"),
    Access("VendInvoiceJournalLines", REMOVE, "the same for bills, in vendor invoice journals", only="bills"),
    Access("VendInvoiceJourBiEntities", READ, "is an invoice number used already: posted invoices", only="bills"),
    Access(
        "VendorInvoiceHeaders", CHANGE,
        "the same: pending invoices; where bills become such: made, released; Delete: taken back", only="bills",
    ),
    Access("VendorInvoiceLines", WRITE, "lines of pending vendor invoices", only=_PENDING),
    Access("VendorInvoiceDocumentAttachments", WRITE, "receipts, attached to pending invoices", only=_PENDING),
    Access("VendorPaymentJournalHeaders", WRITE, "the same for payments that mark their invoice", only=_PAYMENTS),
    Access("VendorPaymentJournalLines", REMOVE, "the same for payments that mark their invoice", only=_PAYMENTS),
    Access("DimensionIntegrationFormats", READ, "the order of segments in account strings", needed=True),
    Access("DimensionParameters", READ, "the delimiter of account strings", needed=True),
    Access("Ledgers", READ, "each company's chart, currency and account structures", needed=True),
    Access("MainAccounts", READ, "checks of accounts before posting"),
    Access("FinancialDimensionValues", READ, "checks of dimension values before posting"),
    Access("AccountStructures", READ, "dimensions an account does not have are left blank"),
    Access("AccountStructureConstraints", READ, "which structure an account belongs to, and what it allows"),
    Access("AdvancedRules", READ, "checks of combinations before posting"),
    Access("AdvancedRuleCriteria", READ, "the same: when a rule applies"),
    Access("LedgerAdvancedRuleStructures", READ, "the same: which dimensions a rule adds"),
    Access("LedgerAdvancedRuleStructureConstraints", READ, "the same: what a rule allows"),
    Access("AttributeValueDerivedDimensions", READ, "dimensions that follow from another one"),
    Access("MainAccountLegalEntities", READ, "a company's own settings of an account; `ping`"),
    Access("FinancialDimensionValueLegalEntityOverridesV2", READ, "a company's own settings of a dimension value"),
    Access("FiscalPeriods", READ, "checks of dates before posting; `ping`"),
    Access("LedgerFiscalPeriods", READ, "the same: which periods are open; `ping`"),
    Access("Currencies", READ, "checks of currencies before posting"),
    Access("ExchangeRates", READ, "the same: is there a rate for the day"),
    Access("VendorsV3", WRITE, "checks before posting, alignment; Create: only where vendors are created here"),
    Access("VendorsV2", WRITE, "the same, where VendorsV3 is not served; one of the two is enough"),
    Access("TaxGroups", READ, "sales tax groups, for the settings"),
    Access("TaxItemGroupHeadings", READ, "item sales tax groups, for the settings"),
    Access("JournalNames", READ, "does the journal name exist; `ping`: is it fit for purpose"),
    Access("SequenceV2Tables", READ, "`ping`: can F&O number vouchers and journals"),
    Access("NumberSequencesV2References", READ, "`ping`: which number sequence numbers journals"),
    Access("LegalEntities", READ, "the companies' names; `ping`: does the legal entity exist"),
    Access("Companies", READ, "`ping`: the same, where LegalEntities is closed"),
    Access("BankAccounts", READ, "checks of bank accounts before posting; `ping`"),
    Access("SysAADClients", READ, "`ping`: as which user the application acts"),
)


def table() -> str:
    """The table of `docs/connecting.md`."""
    needed = {True: "yes", False: ""}
    rows = [
        f"| `{one.entity_set}` | {one.rights} | {one.purpose} | {one.only or needed[one.needed]} |" for one in USED
    ]
    return "\n".join(["| data entity | rights | what for | needed to post |", "|---|---|---|---|", *rows])
