"""What accountants read: the text of a ledger line, by the connection's template.

Fact: F&O cuts `Text` at 60 characters (seen in live connectors); its strings count UTF-16 units, so an emoji
is two.
"""

import unicodedata
from typing import Final

from connector.domain import templates
from connector.domain.record import Record

LONGEST: Final = 60
LABEL: Final = 200
_BLANKED: Final = frozenset({"Cc", "Zl", "Zp"})
_DROPPED: Final = frozenset({"Cf", "Cs", "Co"})


def clean(text: str) -> str:
    """One line of plain text: white space collapsed, no control or invisible characters, NFC."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(_plain(character) for character in unicodedata.normalize("NFC", text))
    return " ".join(text.split())


def cut(text: str, units: int) -> str:
    """At most so many UTF-16 units, never half a character, no blank at the end."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore").rstrip()


def units(text: str) -> int:
    """As F&O counts: UTF-16 units."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def ending(words: str, link: str, *, least: str = "") -> str:
    """The words, shortened as far as need be, and at their end the link whole; without it where there is no room for
    it and the `least` of the words.
    """
    room = LONGEST - units(link) - 1
    if room < (units(least) if least else -1):
        return cut(words, LONGEST)
    return f"{cut(words, max(room, 0))} {link}".strip()


def label(*names: str) -> str:
    """The first of these that says something, fit for a sentence ("" when none does)."""
    return next((cut(words, LABEL) for words in map(clean, names) if words), "")


def line_text(template: str, record: Record, memo: str = "") -> str:
    """The template filled in for one line; `memo` is the line's own and goes before the record's.

    Where nothing is left, the record's type is the text, as F&O could fill an empty one by itself.
    """
    known = {
        "merchant": record.vendor_name,
        "user": record.user_name,
        "memo": clean(memo) or record.memo,
        "type": record.type,
        "invoice": record.invoice_number,
        "record": record.id,
        "department": record.department,
        "location": record.location,
    }
    return cut(clean(templates.fill(template, known)), LONGEST) or cut(clean(f"Brex {record.type}"), LONGEST)


def journal_text(template: str, *, period: str, journal: str, entity: str, marker: str) -> str:
    """A journal header's description: the template filled in, and always the marker by which it is found again.

    Fact: F&O cuts the description at 60 characters.
    """
    known = {"period": period, "journal": journal, "entity": entity}
    return f"{cut(clean(templates.fill(template, known)), LONGEST - len(marker) - 1)} {marker}".strip()


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BLANKED:
        return " "
    return "" if category in _DROPPED else character
