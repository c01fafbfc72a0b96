"""Journal lines: inserted one by one under an unposted header, by everybody through the same door."""

from typing import Any, Final

from sandbox.d365 import forms, journals, line_values, settlement, vouchers
from sandbox.d365.environment import Environment
from sandbox.d365.errors import (
    UPDATE_CONFLICT,
    Refusal,
    infolog,
    must_be_filled,
    not_found_in,
    read_only,
)
from sandbox.d365.forms import GENERAL, Form
from sandbox.d365.schema import folded, tidy
from sandbox.d365.tables import Row

SET: Final = forms.LINES
_KEYS: Final = ("dataAreaId", "JournalBatchNumber", "LineNumber")

Values = dict[str, Any]


def insert(
    environment: Environment, sent: Values, who: object, form: Form = GENERAL, extra: Values | None = None
) -> Row:
    """A new line. `sent` holds only what the client gave; `who` is its request. Raises `Refusal`.

    `extra`: what only the form's own entity set has. The header must be of the form.
    """
    header = _header(environment, sent, form)
    _check_journal(environment, header, who)
    name = journals.name_of(environment, header)
    given = {prop: value for prop, value in sent.items() if prop not in (*_KEYS, "Voucher")}
    values, hidden = line_values.compose(environment, header, name, {"AccountType": form.account_type, **given})
    hidden |= {"form": form.name, "extra": extra or {}}
    settlement.check_mark(environment, values, hidden)
    number = _line_number(environment, header, sent, form)
    voucher, state = vouchers.place(environment, header, name, values, sent=sent.get("Voucher", ""))
    row = environment.tables.insert(SET, {**values, "LineNumber": number, "Voucher": voucher}, hidden)
    next_line = max(header.hidden["next_line"], int(number) + 1)
    recount(environment, header, {"voucher": state, "next_line": next_line}, added=[row])
    return row


def change(environment: Environment, row: Row, sent: Values, who: object, extra: Values | None = None) -> Row:
    """The line with some values replaced, checked again as a whole; it keeps its number and voucher."""
    header = _header(environment, row.values, forms.of(row))
    _check_journal(environment, header, who)
    for prop in (*_KEYS, "Voucher"):
        if prop in sent:
            raise read_only(prop)
    given = {prop: value for prop, value in row.values.items() if prop not in (*_KEYS, "Voucher")}
    name = journals.name_of(environment, header)
    values, hidden = line_values.compose(environment, header, name, given | sent)
    hidden["extra"] = row.hidden.get("extra", {}) | (extra or {})
    settlement.check_mark(environment, values, row.hidden | hidden, own=row)
    new = environment.tables.update(row, values, hidden)
    recount(environment, header, added=[new], removed=[row])
    return new


def delete(environment: Environment, row: Row, who: object) -> None:
    header = _header(environment, row.values, forms.of(row))
    _check_journal(environment, header, who)
    environment.tables.delete(row)
    recount(environment, header, removed=[row])


def recount(
    environment: Environment,
    header: Row,
    hidden: dict[str, Any] | None = None,
    added: list[Row] | None = None,
    removed: list[Row] | None = None,
) -> Row:
    """The header with its totals after lines came and went (accounting currency)."""
    debit, credit = header.values["JournalTotalDebit"], header.values["JournalTotalCredit"]
    for sign, rows in ((1, added or []), (-1, removed or [])):
        debit += sum(sign * row.hidden["debit"] for row in rows)
        credit += sum(sign * row.hidden["credit"] for row in rows)
    values = {"JournalTotalDebit": tidy(debit), "JournalTotalCredit": tidy(credit)}
    if added:
        values["AccountingCurrency"] = added[0].hidden["currency"]
    return environment.tables.update(header, values, hidden)


def _header(environment: Environment, sent: Values, form: Form) -> Row:
    number = sent.get("JournalBatchNumber", "")
    if not number:
        raise line_values.refused(must_be_filled("Journal batch number"))
    company = sent.get("dataAreaId") or environment.switches.default_company
    header = environment.tables.get(journals.SET, dataAreaId=company, JournalBatchNumber=number)
    if header is None or forms.of(header) is not form:
        raise line_values.refused(not_found_in("Journal batch number", number, "Ledger journal table"))
    return header


def _check_journal(environment: Environment, header: Row, who: object) -> None:
    """Fact: the header must be unposted; parallel inserts conflict. Other wordings are our own."""
    number = header.values["JournalBatchNumber"]
    if environment.conflicts((header.values["dataAreaId"], folded(number)), who):
        raise infolog(line_values.TABLE, f"Info: {UPDATE_CONFLICT.rstrip('.')}")
    if header.values["IsPosted"] == "Yes":
        raise line_values.refused(f"Journal {number} has been posted and cannot be changed.")
    if header.hidden["in_use_by"]:
        raise line_values.refused(f"Journal {number} is in use by user {header.hidden['in_use_by']}.")
    if header.hidden["workflow"] != "NotSubmitted":
        raise line_values.refused(f"Journal {number} is in workflow and cannot be changed.")


def _line_number(environment: Environment, header: Row, sent: Values, form: Form) -> Any:
    """Fact: assigned by F&O (1, 2, 3 …); what happens to one that is sent differs by environment, and by form."""
    policy = "kept" if form.numbered else environment.switches.line_number
    if "LineNumber" not in sent or policy == "ignored":
        return header.hidden["next_line"]
    if policy == "refused":
        raise _line_number_refused()
    taken = {line.values["LineNumber"] for line in journals.lines_of(environment, header)}
    if sent["LineNumber"] in taken and environment.switches.duplicate_numbers == "accepted":
        return header.hidden["next_line"]
    return sent["LineNumber"]


def _line_number_refused() -> Refusal:
    """Fact: an insert of a field that may not be inserted is 403, as on update."""
    return read_only("LineNumber", "insert")
