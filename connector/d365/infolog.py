"""F&O's own words about a refusal: found in its error bodies, tidied, sorted under our codes. Pure."""

import re
from typing import Any, Final

from connector.outbound.words import plain

_LONGEST: Final = 1000
_MOST_READ: Final = 50_000  # of a message, however long it is
# What the framework adds around the sentence that a person needs.
_NOISE: Final = re.compile(
    r"^(validateField failed on field|validateWrite failed on data source|Write failed for table row)",
    re.IGNORECASE,
)
_SEVERITY: Final = re.compile(r"^(Info|Warning|Error):\s*", re.IGNORECASE)

_PERIOD: Final = re.compile(
    r"fiscal (period|calendar|year)|ledger period|period .*\b(not open|is closed|on hold)|posting period"
    r"|no (open )?period|date .*\bperiod\b",
    re.IGNORECASE | re.DOTALL,
)
# The sentences of Microsoft's article on dimension errors, and the main accounts'.
_DIMENSION: Final = re.compile(
    r"dimension|combination|account structure|advanced rule|main ?account|ledger account|Blank isn't allowed"
    r"|\bisn't an? (allowed|valid)\b|\bis not an allowed value\b|\bis suspended\b|\bisn't active\b"
    r"|^The value .+ doesn't exist for |DisplayValue",
    re.IGNORECASE,
)
_CONFLICT: Final = re.compile(r"update conflict|another user process|record has been modified", re.IGNORECASE)


def read(body: Any) -> str:
    """The message in a parsed OData error body; empty where there is none.

    The Infolog of `innererror` counts more than the outer message, which often only says that there was one.
    """
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""
    messages = [_text(error.get("message"))]
    inner = error.get("innererror")
    while isinstance(inner, dict):
        messages.append(_text(inner.get("message")))
        inner = inner.get("internalexception")
    told = [message for message in messages if "Infolog:" in message] or [m for m in messages[1:] if m]
    return tidy((told or messages)[0])


def kind(body: Any) -> str:
    """The exception type F&O names, such as `…OData.AxODataWriteException`; empty where it names none."""
    error = body.get("error") if isinstance(body, dict) else None
    inner = error.get("innererror") if isinstance(error, dict) else None
    return _text(inner.get("type")) if isinstance(inner, dict) else ""


def says_why(body: Any) -> bool:
    """True where the error body explains itself, and does not only say that an error occurred."""
    return read(body).casefold() not in ("", "an error has occurred.")


def tidy(message: str) -> str:
    """The sentences of an Infolog without severities and the framework's own, at most 1000 characters."""
    _, found, rest = message.partition("Infolog:")
    sentences = [_SEVERITY.sub("", part.strip()) for part in re.split(r";\s+|\r?\n", rest if found else message)]
    sentences = list(dict.fromkeys(sentence for sentence in sentences if sentence))
    told = [sentence for sentence in sentences if not _NOISE.match(sentence)] or sentences
    return plain(re.sub(r"\.\.+$", ".", "; ".join(told)), _LONGEST)


def problem_code(message: str) -> str:
    """D365-PERIOD, D365-DIMENSION, or D365-REFUSED for everything else."""
    if _PERIOD.search(message):
        return "D365-PERIOD"
    if _DIMENSION.search(message):
        return "D365-DIMENSION"
    return "D365-REFUSED"


def is_conflict(message: str) -> bool:
    """True where F&O refused because someone else changed the journal at that moment: try again."""
    return bool(_CONFLICT.search(message))


def _text(value: Any) -> str:
    return value[:_MOST_READ].strip() if isinstance(value, str) else ""
