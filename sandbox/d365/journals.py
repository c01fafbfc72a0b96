"""Journal headers: created with a number of F&O's own, changed a little, deleted while empty."""

from typing import Any, Final

from sandbox.d365 import forms
from sandbox.d365.environment import Environment
from sandbox.d365.errors import (
    Refusal,
    field_refused,
    must_be_filled,
    not_found_in,
    nothing_selected,
    read_only,
    row_refused,
)
from sandbox.d365.forms import GENERAL, Form
from sandbox.d365.tables import Row

TABLE: Final = "LedgerJournalHeaderEntity"
SOURCE: Final = "LedgerJournalTable"
SET: Final = forms.HEADERS
DESCRIPTION_LENGTH: Final = 60

# Fact: computed by F&O; 403 when sent, on insert and on update alike.
COMPUTED: Final = ("AccountingCurrency", "IsPosted", "JournalTotalDebit", "JournalTotalCredit")
FIXED: Final = ("JournalName", *COMPUTED)

Values = dict[str, Any]


def fresh(form: Form = GENERAL, extra: Values | None = None) -> Values:
    """What F&O knows of a new journal beside its public properties. `extra`: what only its own entity set has."""
    return {
        "form": form.name,
        "extra": extra or {},
        "in_use_by": "",
        "workflow": "NotSubmitted",
        "parent": "",
        "posted_at": "",
        "next_line": 1,
        "voucher": None,
    }


def create(environment: Environment, sent: Values, form: Form = GENERAL, extra: Values | None = None) -> Row:
    """A new header. Fact: only JournalName is required; a number left out comes from the number sequence.

    Own reading: a journal name of another type is not to be found in the entity set's own list of names.
    """
    for prop in COMPUTED:
        if prop in sent:
            raise read_only(prop, "insert")
    company = (sent.get("dataAreaId") or environment.switches.default_company).lower()
    name = _journal_name(environment, company, sent.get("JournalName", ""))
    if name.values["Type"] != form.type:
        told = not_found_in("Name", name.values["Name"], "Journal names")
        raise field_refused(TABLE, "JournalName", f"{told[:-1]} of type {form.type}.")
    number = sent.get("JournalBatchNumber", "")
    if number and not environment.switches.user_numbers:
        # Fact: needs "Allow user changes" on the number sequence. Own words.
        raise field_refused(TABLE, "JournalBatchNumber", f"Number {number} may not be entered; it is automatic.")
    values = {
        "Description": name.values["Description"],
        "PostingLayer": name.values["PostingLayer"],
        **sent,
        "dataAreaId": company,
        "JournalName": name.values["Name"],
        "JournalBatchNumber": number or new_number(environment, company),
    }
    values["Description"] = values["Description"][:DESCRIPTION_LENGTH]
    return environment.tables.insert(SET, values, fresh(form, extra))


def new_number(environment: Environment, company: str) -> str:
    """Fact: numbers look like DAT-000029."""
    return f"{company.upper()}-{environment.store.next(f'd365.journal.{company}'):06}"


def change(environment: Environment, row: Row, sent: Values, extra: Values | None = None) -> Row:
    for prop in FIXED:
        if prop in sent:
            raise read_only(prop)
    if "Description" in sent:
        sent = sent | {"Description": sent["Description"][:DESCRIPTION_LENGTH]}
    return environment.tables.update(row, sent, {"extra": row.hidden.get("extra", {}) | (extra or {})})


def delete(environment: Environment, row: Row) -> None:
    number = row.values["JournalBatchNumber"]
    if row.values["IsPosted"] == "Yes":
        raise _refused(f"Journal '{number}' has been posted and cannot be deleted.")
    if lines_of(environment, row):
        raise _refused("Ledger journal table cannot be deleted while dependent Journal lines exist.")
    environment.tables.delete(row)


def find(environment: Environment, company: str, number: str) -> Row:
    """The header, or the refusal of an update."""
    row = environment.tables.get(SET, dataAreaId=company, JournalBatchNumber=number)
    if row is None:
        raise nothing_selected()
    return row


def lines_of(environment: Environment, header: Row) -> list[Row]:
    """The journal's lines, in the order of their line numbers."""
    number = header.values["JournalBatchNumber"]
    lines = environment.tables.found(forms.LINES, [("JournalBatchNumber", number)])
    own = [line for line in lines if line.values["dataAreaId"] == header.values["dataAreaId"]]
    return sorted(own, key=lambda line: line.values["LineNumber"])


def name_of(environment: Environment, header: Row) -> Row:
    return _journal_name(environment, header.values["dataAreaId"], header.values["JournalName"])


def _journal_name(environment: Environment, company: str, name: str) -> Row:
    if not name:
        raise _refused(must_be_filled("Name"))
    row = environment.tables.get("JournalNames", dataAreaId=company, Name=name)
    if row is None:
        raise field_refused(TABLE, "JournalName", not_found_in("Name", name, "Journal names"))
    return row


def _refused(message: str) -> Refusal:
    return row_refused(TABLE, SOURCE, message)
