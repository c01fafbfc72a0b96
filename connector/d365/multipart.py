"""Reads a `$batch` answer: lenient in line ends and blanks, strict in believing. Pure; never raises.

A part counts only where the delimiter after it was read, so that nothing cut short is taken for whole.
"""

import re
from typing import Any, Final

from connector.d365 import infolog
from connector.d365.batch import MAX_OPERATIONS, InnerError, Part
from connector.domain import jsonio

_BOUNDARY: Final = re.compile(r'boundary\s*=\s*(?:"([^"]+)"|([^\s;,"]+))', re.IGNORECASE)
_LINE: Final = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_MOST_HEADERS: Final = 100
_STATUS: Final = re.compile(r"HTTP/\d(?:\.\d)? (\d{3})(?: .*)?")


def parse(content_type: str, body: bytes, *, deletions: bool = False) -> tuple[list[Part], bool]:
    """The believable parts in order, and whether the answer was complete and all of it believable.

    `deletions`: that is what was asked for, so 204 without a body is a good answer, too.
    """
    boundary = _boundary(content_type)
    if boundary is None:
        return [], False
    sections, complete = _split(body, boundary)
    parts: list[Part] = []
    for section in sections:
        part = _part(section, deletions)
        if part is None:
            complete = False
        else:
            parts.append(part)
    return parts, complete and bool(sections)


def _boundary(content_type: str) -> bytes | None:
    if not content_type.strip().lower().startswith("multipart/mixed"):
        return None
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    return (found.group(1) or found.group(2)).strip().encode("utf-8", "replace")


def _split(body: bytes, boundary: bytes) -> tuple[list[bytes], bool]:
    """What stands between delimiter lines, and whether the closing one was read with nothing odd after it.

    Of more sections than a batch may have operations none is believed.
    """
    sections: list[bytes] = []
    begun: int | None = None
    # A line of its own; without its line end an opening one may be the beginning of another delimiter.
    delimiter = re.compile(rb"(?:(?<=[\r\n])|\A)--" + re.escape(boundary) + rb"(--)?[ \t]*(\r\n|\r|\n|\Z)")
    for found in delimiter.finditer(body):
        closing, line_end = found.groups()
        if begun is not None and (closing or line_end):
            sections.append(body[begun : found.start()])
        if closing and begun is not None:
            return sections, not body[found.end() :].strip()
        if len(sections) > MAX_OPERATIONS:
            return [], False
        if line_end and not closing:
            begun = found.end()
    return sections, False


def _part(section: bytes, deletions: bool) -> Part | None:
    """A changeset, or one operation outside of any; None for anything odd."""
    headers, content = _headers(section)
    inner = _boundary(headers.get("content-type", ""))
    if inner is None:
        operation = _operation(section, deletions)
        operations = [] if operation is None else [operation]
    else:
        sections, closed = _split(content, inner)
        read = [_operation(one, deletions) for one in sections]
        operations = [one for one in read if one is not None]
        if not closed or len(operations) != len(read):
            return None
    return _joined(operations)


def _joined(operations: list[Part]) -> Part | None:
    """The operations of one changeset as one part: all of them created, or a single error."""
    if len(operations) == 1:
        return operations[0]
    ids = tuple(one.content_ids[0] for one in operations)
    rows = tuple(row for one in operations for row in one.rows or ())
    if not operations or len(rows) != len(operations):
        return None
    return Part(ids, rows, None)


def _operation(section: bytes, deletions: bool) -> Part | None:
    """One `application/http` answer; believed are 201 with an object (204 with nothing), 4xx or 5xx with an error."""
    outer, message = _headers(section)
    if not outer.get("content-type", "").lower().startswith("application/http"):
        return None
    line, _, rest = message.lstrip().partition(b"\n")
    status = _STATUS.fullmatch(line.decode("latin-1").strip())
    if status is None:
        return None
    inner, content = _headers(rest)
    if not _whole(inner.get("content-length", ""), content):
        return None
    content_id = outer.get("content-id") or inner.get("content-id", "")
    if deletions and status.group(1) == "204" and not content.strip():
        return Part((content_id,), ({},), None)
    try:
        body = jsonio.loads(content.strip(), unique=True)
    except jsonio.NotJson:
        return None
    return _believed(int(status.group(1)), body, content_id)


def _believed(status: int, body: Any, content_id: str) -> Part | None:
    if not isinstance(body, dict):
        return None
    if status == 201 and "error" not in body:
        return Part((content_id,), (body,), None)
    if 400 <= status < 600 and isinstance(body.get("error"), dict):
        error = InnerError(status, infolog.read(body), infolog.kind(body), infolog.says_why(body))
        return Part((content_id,), None, error)
    return None


def _headers(section: bytes) -> tuple[dict[str, str], bytes]:
    """Header lines up to the first blank one, with names in lower case, and what follows."""
    headers: dict[str, str] = {}
    for number, line in enumerate(_LINE.finditer(section)):
        text = line.group(1).decode("latin-1").strip()
        if not text:
            return headers, section[line.end() :]
        if number == _MOST_HEADERS:
            break
        name, colon, value = text.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return headers, b""


def _whole(length: str, content: bytes) -> bool:
    """False where a Content-Length announced more than there is."""
    return not length.isdigit() or (len(length) < 12 and int(length) <= len(content))
