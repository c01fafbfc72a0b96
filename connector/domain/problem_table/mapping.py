"""Problems of what its codes become in F&O: accounts, dimensions, entities, vendors, tax."""

from typing import Final

from connector.domain.problem_table.kind import ANYWAY, Kind, Table

PROBLEMS: Final[Table] = {
    "MAP-ACCOUNT-MISSING": Kind(
        "No general ledger account is given ({subject}).",
        "Code it in Brex, or map one of its fields to MainAccount.",
    ),
    "MAP-ACCOUNT-UNMAPPED": Kind(
        'No main account is mapped for {field} = "{value}" ({subject}).',
        "Add a line to the mappings: {field},{value},MainAccount,<account>.",
    ),
    "MAP-ACCOUNT-UNKNOWN": Kind(
        "Main account {account} ({subject}) does not exist in the chart of accounts {chart}.",
        "Correct the mapping, or create the account in F&O and run `connector refresh`.",
    ),
    "MAP-ACCOUNT-SUSPENDED": Kind(
        "Main account {account} ({subject}) is suspended or not active on {date}.",
        "Map to another account, or activate it in F&O and run `connector refresh`.",
    ),
    "MAP-ACCOUNT-MANUAL": Kind(
        "Main account {account} ({subject}) does not allow manual entry.",
        "Map to another account, or allow manual entry in F&O and run `connector refresh`.",
    ),
    "MAP-VALUE-UNMAPPED": Kind(
        'No {dimension} is mapped for {field} = "{value}" ({subject}).',
        "Add a line to the mappings: {field},{value},{dimension},<value>.",
    ),
    "MAP-VALUE-UNKNOWN": Kind(
        "{dimension} {value} ({subject}) does not exist in F&O.",
        "Correct the mapping, or create the value in F&O and run `connector refresh`.",
    ),
    "MAP-VALUE-SUSPENDED": Kind(
        "{dimension} {value} ({subject}) is suspended, blocked or not active on {date}.",
        "Map to another value, or activate it in F&O and run `connector refresh`.",
    ),
    "MAP-VALUES-CONFLICT": Kind(
        "There are different values for {dimension} ({subject}): {values}.",
        "Remove or correct one of them.",
    ),
    "MAP-ENTITY-UNKNOWN": Kind(
        "Legal entity {entity} is not set up on this connection.",
        "Correct the LegalEntity mapping, or add the entity under posting.entities.",
    ),
    "MAP-ROLE-MISSING": Kind(
        "The account role {role} is not set for {entity} in {currency}.",
        "Set posting.accounts.{role} in the connection file.",
    ),
    "MAP-ROLE-CURRENCY": Kind(
        "The account role {role} ({account}) is kept in {own}, but the record is in {currency}.",
        "Name an account for it under posting.entities.{entity}.currencies.{currency}.{role}.",
    ),
    "MAP-VENDOR-UNKNOWN": Kind(
        "No vendor account in {entity} is known for {vendor} ({why}).",
        'Tell which it is: `connector vendors confirm NAME "{vendor}" ACCOUNT`; or give posting.accounts.'
        "accounts_payable an account: the vendor that bills of unknown vendors go to.",
    ),
    "MAP-VENDOR-UNSURE": Kind(
        "Which vendor account in {entity} {vendor} is, is not certain: {why}.",
        'Decide once: `connector vendors confirm NAME "{vendor}" ACCOUNT`, or `reject` those that it is not.',
    ),
    "MAP-VENDOR-CHANGED": Kind(
        "The vendor that {vendor} was decided to be in {entity} has changed: {why}.",
        'Decide again: `connector vendors confirm NAME "{vendor}" ACCOUNT`.',
    ),
    "MAP-TAX-UNKNOWN": Kind(
        'Nothing is said about the tax {field} = "{value}" ({subject}).',
        "Add it to posting.tax.codes in the connection file.",
    ),
    "MAP-TAX-GROUP-UNKNOWN": Kind(
        "{what} {group} ({subject}) does not exist in {entity}.",
        "Correct posting.tax.codes, or create the group in F&O and run `connector refresh`.",
    ),
    "MAP-BILLING-AMOUNT": Kind(
        "There is no usable billing amount ({subject}), and this connection books billing amounts.",
        "Set posting.amounts to amount, or book the record by hand and skip it.",
    ),
    "MAP-RATE-MISSING": Kind(
        "F&O has no exchange rate between {currency} and {ledger}, the currency of {entity}, on {date}.",
        "Enter the rate in F&O and run `connector refresh`.",
    ),
    "MAP-LINES-MANY": Kind(
        "The entry would have {lines} lines, and a journal takes {most}.",
        "Split the record in Brex, or book it by hand and skip it.",
    ),
    "MAP-FORMAT-MISSING": Kind(
        "F&O shows no active {format} for integrating applications.",
        "Activate one under General ledger > Chart of accounts > Dimensions > "
        "Financial dimension configuration for integrating applications; where one is active, let the connector's user "
        "read DimensionIntegrationFormats (`connector ping NAME`). Then run `connector refresh`.",
    ),
    "MAP-FORMAT-LACKS": Kind(
        "The active {format} has no segment {dimension} ({subject}).",
        "Add the dimension to the active format in F&O, then run `connector refresh`.",
    ),
    "MAP-EMPLOYEE-VENDOR": Kind(
        "No vendor account in {entity} is known for the employee {user} ({why}).",
        "Add a line to the mappings: user,{user},Vendor,<account>; or give posting.accounts.reimbursements_payable an "
        "account for all others.",
    ),
    "MAP-INVOICE-NUMBER-MISSING": Kind(
        "Brex gives no invoice number for this bill, and F&O needs one.",
        "Enter the number in Brex; or set posting.bills.number_missing to reference, and the connector's own reference "
        "stands in.",
    ),
    "MAP-INVOICE-NUMBER-LONG": Kind(
        "The invoice number {number} has {length} characters, and F&O is taken to keep {most}.",
        "Shorten it in Brex; or, where F&O keeps more, say how many in posting.bills.number_length.",
    ),
    "MAP-INVOICE-TWICE": Kind(
        "The invoice number {number} of vendor {vendor} in {entity} is that of record {other}, too.",
        "Skip the one that is not wanted, or correct its number in Brex and retry." + ANYWAY,
        anyway=True,
    ),
    "MAP-INVOICE-POSTED": Kind(
        "F&O has an invoice {number} of vendor {vendor} in {entity} already ({where}).",
        "Compare the two. Booked already: skip this record with a reason." + ANYWAY,
        anyway=True,
    ),
    "MAP-JOURNAL-MISSING": Kind(
        "It is not said which journal name in {entity} {form} has (there are: {names}).",
        "Name it as posting.treatments.{type}.journal_name, or for one legal entity under "
        "posting.entities.{entity}.journal_names.{type}; create it in F&O where there is none, and run `connector "
        "refresh`.",
    ),
    "MAP-JOURNAL-TYPE": Kind(
        "The journal name {name} of {entity} is of type {own}, and {form} needs one of type {needed}.",
        "Name one of that type in the connection file (there are: {names}), or create it in F&O and run `connector "
        "refresh`.",
    ),
    "MAP-LINKED-CHANGED": Kind(
        "The first entry of {first} stands in F&O, and by the present mappings and settings the two linked entries "
        "would be others: this one would not fit it.",
        "Put the mappings back as they were; or take both back and write them anew: `connector reverse NAME {first} "
        "--repost --reason WHY`.",
    ),
}
