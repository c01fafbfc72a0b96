"""How a record comes to have a problem, for docs/problems.md: the longer answer beside the table's sentence and fix."""

from typing import Final

CAUSES: Final[dict[str, str]] = {
    "RECORD-UNREADABLE": (
        "A field that every accounting record has is missing, or is not of its kind. Fields and values that Brex "
        "adds do not lead here."
    ),
    "RECORD-NOT-FOUND": (
        "A webhook or a person named a record that the token cannot see, or that was removed meanwhile."
    ),
    "RECORD-NOT-READY": "The record was announced, and taken back into review before it was read.",
    "RECORD-WAITING": (
        "A card transaction whose expense is missing, not approved or not coded by the connection's rule, or whose "
        "date or days of grace are still to come. It waits where it is; after `hold_after_days` it is held."
    ),
    "RECORD-ODD": "Amounts of some kinds of card transaction have a documented sign, and this one has the other.",
    "RECORD-CUT-OVER": (
        "Since a cut-over from card transactions, an accounting record was found beside one of them that is booked, "
        "and the two are neither surely the same nor surely two."
    ),
    "RECORD-EXPORTED-ELSEWHERE": "Another integration, or a person in Brex, marked it as exported.",
    "RECORD-BEFORE-START": (
        "Its local posting date lies before the day from which this connection posts; history was keyed by hand."
    ),
    "RECORD-DIRECTION": (
        "All coded lines stand on the side where the record's type has none, such as a refund that debits the "
        "expense. Directions are never turned round by guessing."
    ),
    "RECORD-NO-LINES": "No line carries a coding, or all coded lines are worth zero.",
    "RECORD-UNBALANCED": "Debits and credits differ, or the coded lines do not come to what the record is worth.",
    "RECORD-AMOUNT": "More decimals than the currency has, a negative line, or no number.",
    "RECORD-CURRENCIES": "A voucher in F&O has one currency.",
    "RECORD-ENTITIES": "The mappings give the lines different legal entities.",
    "RECORD-ENTITIES-APART": "Two linked entries are for two companies, of which one bears what the other has paid.",
    "TREATMENT-UNKNOWN": "Brex has a record type that the table of treatments does not have.",
    "TREATMENT-UNCONFIRMED": (
        "No recorded answer of Brex shows what such a record looks like, so a person looks at the first one."
    ),
    "TREATMENT-HELD": "The connection's settings, or the table of treatments, say that such records wait.",
    "TREATMENT-TWICE": "Booking both records would count the spend twice.",
    "TREATMENT-PAID-ELSEWHERE": "Such a payment never touched the accounts that Brex knows.",
    "TREATMENT-WITHDRAWN": "The bill was cancelled, voided, rejected or taken back to a draft in Brex.",
    "MAP-LINKED-CHANGED": "Mappings, rules or settings were changed after the first of two linked entries was written.",
    "MAP-ACCOUNT-MISSING": "The line's ledger account field is empty, and no mapping, rule or default gives one.",
    "MAP-ACCOUNT-UNMAPPED": "The field is mapped to main accounts, but not for this value.",
    "MAP-ACCOUNT-UNKNOWN": (
        "A typing mistake, leading zeros that a spreadsheet dropped, another chart of accounts, or an account "
        "made since the last refresh."
    ),
    "MAP-ACCOUNT-SUSPENDED": "Suspended or out of its dates, in the chart of accounts or for this legal entity alone.",
    "MAP-ACCOUNT-MANUAL": (
        "*Do not allow manual entry* is set, in the chart of accounts or for this legal entity: often a control "
        "account."
    ),
    "MAP-VALUE-UNMAPPED": "The field is mapped to this dimension, but not for this value.",
    "MAP-VALUE-UNKNOWN": (
        "A typing mistake, leading zeros that a spreadsheet dropped, a value of another legal entity, or one made "
        "since the last refresh."
    ),
    "MAP-VALUE-SUSPENDED": "Suspended, blocked for manual entry or out of its dates, for all or for this legal entity.",
    "MAP-VALUES-CONFLICT": "Two of the line's fields, or two mappings, give the same dimension different values.",
    "MAP-ENTITY-UNKNOWN": "The mappings name a legal entity for which the connection file says nothing.",
    "MAP-ROLE-MISSING": "The other side of the entry is computed from `posting.accounts`, where this role is missing.",
    "MAP-ROLE-CURRENCY": "The role's account says which currency it is kept in.",
    "MAP-VENDOR-UNKNOWN": "The bill's vendor is matched to no vendor account.",
    "MAP-VENDOR-UNSURE": "Several vendors in F&O have such a name, or none is near enough.",
    "MAP-VENDOR-CHANGED": "Since it was decided which vendor a merchant is, that vendor was stopped, renamed or "
    "removed in F&O.",
    "MAP-TAX-UNKNOWN": "The line names a tax code that `posting.tax.codes` does not have.",
    "MAP-TAX-GROUP-UNKNOWN": "The settings name a sales tax group that the legal entity does not have in F&O.",
    "MAP-BILLING-AMOUNT": "Brex gives the billing amount for some records and lines only.",
    "MAP-RATE-MISSING": "F&O converts a foreign currency by its own exchange rates, and has none for the day.",
    "MAP-LINES-MANY": "An entry stands in one journal as a whole, and journals are capped.",
    "MAP-FORMAT-MISSING": "Without an active format F&O cannot read any account string with dimensions.",
    "MAP-FORMAT-LACKS": "The format has the union of the dimensions that all companies use; this one is not in it.",
    "MAP-VALUE-BLANK": (
        "None of the rows of the account structure, or of an advanced rule that applies, that are about this main "
        "account allow a blank there."
    ),
    "MAP-PERIOD-CLOSED": (
        "The period is closed or on hold, or its access level is None for a module that the entry concerns: "
        "Ledger always, Bank or Vend where such an account is on the other side."
    ),
    "MAP-PERIOD-MISSING": "The fiscal calendar of the legal entity's ledger ends before that day, or begins after it.",
    "MAP-CURRENCY-UNKNOWN": "The record is in a currency that was never set up in F&O.",
    "MAP-JOURNAL-UNKNOWN": "Each legal entity has journal names of its own.",
    "MAP-EMPLOYEE-VENDOR": "`reimbursements_payable` is a vendor account, and no mapping makes this employee a vendor.",
    "MAP-INVOICE-NUMBER-MISSING": "A vendor invoice is told apart by its number, and nothing is made up unasked.",
    "MAP-INVOICE-NUMBER-LONG": "A number that F&O cuts would be another invoice's, and could not be found again.",
    "MAP-INVOICE-TWICE": "The vendor sent it twice, or somebody entered it twice in Brex.",
    "MAP-INVOICE-POSTED": (
        "Keyed by hand, or by another tool. Looked for when the record is planned, among posted invoices, pending ones "
        "and the lines of vendor invoice journals, as far as the connector's user may read them."
    ),
    "MAP-JOURNAL-MISSING": (
        "Vendor invoices and payments go into journals of their own, and the company has several such journal names, "
        "or none."
    ),
    "MAP-JOURNAL-TYPE": "F&O has a type of journal name for general journals, vendor invoices and payments each.",
    "MAP-PARTY-UNKNOWN": "Vendors and bank accounts belong to one legal entity.",
    "MAP-PARTY-STOPPED": "The vendor is on hold, or the bank account is not active.",
    "MAP-COMBINATION": (
        "No row of the account structure takes this combination, by our own reading of its criteria. Criteria "
        "that cannot be read for certain are not checked."
    ),
    "MAP-RULE-MISMATCH": (
        "An advanced rule applies, and its structure does not take this combination, by our own reading."
    ),
    "MAP-DERIVED-CONFLICT": "F&O derives this dimension from another one, and the coding gives another value.",
    "MAP-STRUCTURE-NONE": (
        "No account structure of the ledger has a row that takes this main account, by our own reading."
    ),
    "D365-REFUSED": "F&O gave a reason that fits no other code; its words stand in the sentence.",
    "D365-DIMENSION": "F&O's words are about an account or a dimension, but name no cause that is known here.",
    "D365-PERIOD": "F&O's words are about a fiscal period.",
    "D365-ALTERED": (
        "A default or a fixed setting in F&O replaced or added something: an offset account, a dimension, a tax group."
    ),
    "D365-VOUCHER": "The journal name's *New voucher* rule, or a person who worked in the journal at the same time.",
    "D365-JOURNAL": "The journal name is missing, private to a user group, blocked, or its number sequence is used up.",
    "LEDGER-GONE": "Somebody deleted the lines or the journal in F&O.",
    "LEDGER-TWICE": "A request that was thought lost was carried out late, or a person copied the lines.",
    "LEDGER-PARTIAL": "Somebody deleted or moved some of the entry's lines.",
    "LEDGER-CANNOT-TELL": "The answer to a write was lost, and the journal can no longer be read for certain.",
    "INVOICE-TAKEN": (
        "Somebody keyed the bill in F&O, or two bills in Brex carry one number. It is never guessed to be the same."
    ),
    "INVOICE-ALTERED": (
        "Somebody changed, completed or posted the pending invoice before it was whole, or F&O filled something in."
    ),
    "INVOICE-POSTED": "A posted vendor invoice is on the vendor's account, and may be paid or settled.",
    "POST-GIVEN-UP": "The same thing stood in the way every time.",
    "REVERSAL-VENDOR": "A settled vendor line that is reversed leaves its settlement without a counterpart.",
    "REVERSAL-REFUSED": "F&O's words say why, as for any entry.",
    "REVERSAL-UNCLEAR": "Lines were changed, moved or deleted since they were written.",
    "REVERSAL-STANDS": "F&O carried out a late request after the lines had been removed.",
    "REVERSAL-ALONE": "F&O refused to take one of two linked entries back, and a person let that one stand.",
    "ACK-NOT-READY": "Somebody took the record back into review after it was written.",
    "ACK-NOT-FOUND": "The record was removed from Brex after it was written.",
    "ACK-GIVEN-UP": "Brex refused the export result each time.",
    "SKIPPED-ZERO": "All its lines are worth zero.",
}
