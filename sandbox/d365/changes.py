"""What may be changed over OData, set by set: one function for each entity set and method."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.d365 import attachments, forms, invoice_lines, invoices, journals, lines, vendors
from sandbox.d365.environment import Environment
from sandbox.d365.errors import Refusal
from sandbox.d365.tables import Row


@dataclass(frozen=True, slots=True)
class Wish:
    """`set` is the entity set that was addressed, `row` the stored row of the key (none for a POST), `sent` what the
    body gives, under the set's own names; `who` is the request."""

    set: str
    row: Row | None
    sent: dict[str, Any]
    who: object

    @property
    def stored(self) -> Row:
        assert self.row is not None  # noqa: S101 - only a POST has no key
        return self.row


Change = Callable[[Environment, Wish], Row | None]


def _in_words_of(form: forms.Form, change: Change) -> Change:
    def told(environment: Environment, wish: Wish) -> Row | None:
        try:
            return change(environment, wish)
        except Refusal as refusal:
            raise forms.retold(refusal, form) from refusal

    return told


def _of_form(form: forms.Form) -> dict[tuple[str, str], Change]:
    def create_journal(environment: Environment, wish: Wish) -> Row:
        sent, extra = forms.taken_apart(wish.set, wish.sent)
        return journals.create(environment, sent, form, extra)

    def change_journal(environment: Environment, wish: Wish) -> Row:
        sent, extra = forms.taken_apart(wish.set, wish.sent)
        return journals.change(environment, wish.stored, sent, extra)

    def create_line(environment: Environment, wish: Wish) -> Row:
        sent, extra = forms.taken_apart(wish.set, wish.sent)
        return lines.insert(environment, sent, wish.who, form, extra)

    def change_line(environment: Environment, wish: Wish) -> Row:
        sent, extra = forms.taken_apart(wish.set, wish.sent)
        return lines.change(environment, wish.stored, sent, wish.who, extra)

    table: dict[tuple[str, str], Change] = {
        (form.headers, "POST"): create_journal,
        (form.headers, "PATCH"): change_journal,
        (form.headers, "DELETE"): lambda environment, wish: journals.delete(environment, wish.stored),
        (form.lines, "POST"): create_line,
        (form.lines, "PATCH"): change_line,
        (form.lines, "DELETE"): lambda environment, wish: lines.delete(environment, wish.stored, wish.who),
    }
    return {key: _in_words_of(form, change) for key, change in table.items()}


# Every other set is read-only in the sandbox.
CHANGES: dict[tuple[str, str], Change] = {
    **{key: change for form in forms.EVERY for key, change in _of_form(form).items()},
    (vendors.SET, "POST"): lambda environment, wish: vendors.create(environment, wish.sent),
    (vendors.SET, "PATCH"): lambda environment, wish: vendors.change(environment, wish.stored, wish.sent),
    (vendors.V3, "POST"): lambda environment, wish: vendors.create(environment, wish.sent, vendors.V3),
    (vendors.V3, "PATCH"): lambda environment, wish: vendors.change(environment, wish.stored, wish.sent, vendors.V3),
    (invoices.SET, "POST"): lambda environment, wish: invoices.create(environment, wish.sent),
    (invoices.SET, "PATCH"): lambda environment, wish: invoices.change(environment, wish.stored, wish.sent),
    (invoices.SET, "DELETE"): lambda environment, wish: invoices.delete(environment, wish.stored),
    (invoice_lines.SET, "POST"): lambda environment, wish: invoice_lines.create(environment, wish.sent),
    (invoice_lines.SET, "PATCH"): lambda environment, wish: invoice_lines.change(environment, wish.stored, wish.sent),
    (invoice_lines.SET, "DELETE"): lambda environment, wish: invoice_lines.delete(environment, wish.stored),
    (attachments.SET, "POST"): lambda environment, wish: attachments.create(environment, wish.sent),
}
