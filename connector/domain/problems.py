"""Why a record cannot go on: one table of codes, sentences and fixes for logs, command line and docs alike."""

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. `sentence` and `fix` are templates over the problem's `values`.

    A new row also gets its cause in `causes`; then `python -m connector.domain.guide > docs/problems.md`.

    `anyway`: a person may accept it for a record, knowingly (`connector retry NAME RECORD_ID --anyway`).
    """

    sentence: str
    fix: str
    anyway: bool = False


# Under this name `values` keep F&O's own words, where it was F&O that told of the problem.
INFOLOG: Final = "infolog"
ANYWAY: Final = " Where F&O is known to take it: `connector retry NAME RECORD_ID --anyway --reason WHY`."


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason to hold a record. `subject` names what it is about (a line, a field, an account)."""

    code: str
    subject: str = ""
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in PROBLEMS:
            raise ValueError(f"no such problem: {self.code}")

    @property
    def sentence(self) -> str:
        if INFOLOG in self.values:
            return f"F&O refused the entry: {self.values[INFOLOG]}"
        return _fill(PROBLEMS[self.code].sentence, self)

    @property
    def fix(self) -> str:
        fix = PROBLEMS[self.code].fix
        # What F&O itself refused, it will not take anyway.
        return _fill(fix.removesuffix(ANYWAY) if INFOLOG in self.values else fix, self)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "sentence": self.sentence,
            "fix": self.fix,
            "subject": self.subject,
            "values": dict(self.values),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> "Problem":
        return Problem(data["code"], data.get("subject", ""), dict(data.get("values") or {}))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"({key}?)"


def _fill(template: str, problem: Problem) -> str:
    return template.format_map(_Blank(problem.values, subject=problem.subject))


PROBLEMS: Final[dict[str, Kind]] = {
    # What Brex sent
    "RECORD-UNREADABLE": Kind(
        "Brex's answer for this record cannot be read: {reason}.",
        "Look at the raw body with `connector record`; ask Brex support with the trace id, then retry.",
    ),
    "RECORD-NOT-FOUND": Kind(
        "Brex announced this record but does not return it.",
        "Check in Brex that the record still exists and that the token may read accounting records, then retry.",
    ),
    "RECORD-NOT-READY": Kind(
        "In Brex this record is in {status}, not READY_FOR_EXPORT.",
        "Finish its review in Brex and export it again; it then goes on by itself.",
    ),
    "RECORD-WAITING": Kind(
        "It is not booked yet: {reason}.",
        "Complete its expense in Brex (coding, approval); it is read again with every poll and goes on by itself.",
    ),
    "RECORD-ODD": Kind(
        "What Brex shows of it contradicts itself: {reason}.",
        "Look at it in Brex and book it by hand, then skip it with a reason.",
    ),
    "RECORD-CUT-OVER": Kind(
        "Its expense was booked by {old} as {twin}: {reason}.",
        "Compare the two in F&O. Booked already: skip it. A record of its own: `connector cut-over {old} {new} "
        "--book RECORD_ID`.",
    ),
    "RECORD-EXPORTED-ELSEWHERE": Kind(
        "Brex says this record was already exported, but this connector never wrote it.",
        "If another tool or a person booked it, skip it with a reason; otherwise book it by hand.",
    ),
    "RECORD-BEFORE-START": Kind(
        "The posting date {date} lies before this connection's start date {start}.",
        "Skip it if it was keyed by hand before the cut-over, or move posting.start_date.",
    ),
    "RECORD-DIRECTION": Kind(
        "A {type} should have {expected} lines, not {found} ({subject}).",
        "Correct the record in Brex, or book it by hand and skip it.",
    ),
    "RECORD-NO-LINES": Kind(
        "The record has no coded line to book.",
        "Code the record in Brex (general ledger account), then export it again.",
    ),
    "RECORD-UNBALANCED": Kind(
        "The record's lines do not add up: {reason}.",
        "Correct the amounts in Brex, then export the record again.",
    ),
    "RECORD-AMOUNT": Kind(
        "The amount {amount} of {subject} is not an amount of {currency}.",
        "Correct the amount in Brex, or book the record by hand and skip it.",
    ),
    "RECORD-CURRENCIES": Kind(
        "The record's lines are in several currencies ({currencies}); one entry has one.",
        "Split it in Brex by currency, or book it by hand and skip it.",
    ),
    "RECORD-ENTITIES": Kind(
        "The record's lines belong to several legal entities ({entities}); one entry has one, and two linked ones are "
        "not written.",
        "Correct the LegalEntity mappings, split it in Brex by entity, or book it by hand and skip it.",
    ),
    # What it should become
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
    # What F&O's own rules make of it, as far as they can be read
    "MAP-VALUE-BLANK": Kind(
        "{dimension} is blank ({subject}), but main account {account} needs a value there by the {by}.",
        "Code it in Brex, or map one of the record's fields to {dimension}.",
    ),
    "MAP-PERIOD-CLOSED": Kind(
        "The date {date} lies in {period} of {entity}, which is {state}.",
        "Open the period in F&O and run `connector refresh`, or set posting.closed_period to first_open_day.",
    ),
    "MAP-PERIOD-MISSING": Kind(
        "No fiscal period of {entity} has the date {date}.",
        "Create the fiscal year in F&O under General ledger > Calendars, then run `connector refresh`.",
    ),
    "MAP-CURRENCY-UNKNOWN": Kind(
        "F&O has no currency {currency}.",
        "Create the currency in F&O and run `connector refresh`, or book the record by hand and skip it.",
    ),
    "MAP-JOURNAL-UNKNOWN": Kind(
        "{entity} has no journal name {name}.",
        "Correct posting.journal_name, or create the journal name in F&O and run `connector refresh`.",
    ),
    "MAP-PARTY-UNKNOWN": Kind(
        "{kind} {number} ({subject}) does not exist in {entity}.",
        "Correct posting.accounts, or create it in F&O and run `connector refresh`.",
    ),
    "MAP-PARTY-STOPPED": Kind(
        "{kind} {number} ({subject}) is stopped in {entity} ({hold}).",
        "Release it in F&O and run `connector refresh`, or use another one.",
    ),
    "MAP-COMBINATION": Kind(
        "Main account {account} with {wrong} ({subject}) is not allowed by the {by}.",
        "Correct the coding or the mapping, or the structure in F&O." + ANYWAY,
        anyway=True,
    ),
    "MAP-RULE-MISMATCH": Kind(
        "Main account {account} with {wrong} ({subject}) is not allowed by the {by}.",
        "Correct the coding or the mapping, or the advanced rule in F&O." + ANYWAY,
        anyway=True,
    ),
    "MAP-DERIVED-CONFLICT": Kind(
        "{dimension} {value} ({subject}) is not what F&O derives from {driver}: {derived}.",
        "Correct the coding or the mapping, or the derived dimensions in F&O." + ANYWAY,
        anyway=True,
    ),
    "MAP-STRUCTURE-NONE": Kind(
        "Main account {account} ({subject}) belongs to no account structure of {entity}.",
        "Map to another account, or add it to a structure in F&O." + ANYWAY,
        anyway=True,
    ),
    # What F&O said, or did
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
    # Taking it back
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
    # Telling Brex
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
