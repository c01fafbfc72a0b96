"""Problems found by F&O's own rules, as far as they can be read before anything is sent."""

from typing import Final

from connector.domain.problem_table.kind import ANYWAY, Kind, Table

PROBLEMS: Final[Table] = {
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
}
