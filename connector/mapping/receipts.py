"""The way from a line of a journal to the receipt in Brex, where the connection asks for it. Pure.

Facts: journal lines have no attachments in F&O's data entities; it cuts a text at 60 UTF-16 units. A company has up to
20 financial tags, parted by a delimiter of its choice; neither is known here, so the template is the whole string.
Brex's links to the files live 15 minutes and are not kept: what leads there are lasting ids.
"""

from dataclasses import replace
from typing import Final

from connector.domain import templates
from connector.domain.connection import ReceiptLink
from connector.domain.entry import Entry, EntryLine
from connector.domain.record import Record
from connector.domain.reference import reference
from connector.domain.writes import WriteKind
from connector.mapping.text import LONGEST, clean, ending, units

_LEFT_OUT: Final = "The link to the receipt is left out"


def with_link(entry: Entry, record: Record, setting: ReceiptLink | None) -> Entry:
    """The entry, and what is linked to it, with the link on every line of a journal.

    Without a receipt there is none. One that cannot be made, or has no room in a text, is left out with a note: it
    holds nothing up.
    """
    if setting is None or not record.receipts:
        return entry
    link, missing = _link(setting, record)
    why = f"{_LEFT_OUT}, as Brex gives no {{{missing}}} for it." if missing else ""
    if not why and setting.into == "text" and units(link) > LONGEST:
        why = f"{_LEFT_OUT}: it has {units(link)} characters, and F&O keeps {LONGEST} of a text."
    return _told(entry, why) if why else _linked(entry, setting.into, link)


def _link(setting: ReceiptLink, record: Record) -> tuple[str, str]:
    """The link, and the placeholder that has nothing behind it ("" where each has)."""
    known = {
        "record_id": record.id,
        "source_id": record.source_id,
        "receipt_id": record.receipts[0],
        "reference": reference(record.id, 0, WriteKind.ENTRY),
        "link": record.link,
    }
    known = {name: clean(value) for name, value in known.items()}
    missing = next((name for name in templates.placeholders(setting.link) if not known.get(name, name)), "")
    link = templates.fill(setting.link, known)
    return (clean(link) if setting.into == "text" else link), missing


def _told(entry: Entry, why: str) -> Entry:
    linked = None if entry.linked is None else _told(entry.linked, why)
    notes = entry.notes if entry.form == "pending_invoice" else (*entry.notes, why)
    return replace(entry, notes=notes, linked=linked)


def _linked(entry: Entry, into: str, link: str) -> Entry:
    """A pending invoice has the receipt itself."""
    linked = None if entry.linked is None else _linked(entry.linked, into, link)
    lines = entry.lines
    if entry.form != "pending_invoice":
        lines = tuple(_line(line, into, link) for line in lines)
    return replace(entry, lines=lines, linked=linked)


def _line(line: EntryLine, into: str, link: str) -> EntryLine:
    return replace(line, text=ending(line.text, link)) if into == "text" else replace(line, financial_tag=link)
