"""A multipart answer that lost, doubled or shuffled some of its parts on the way.

Fact: a live connector matches the parts of a `$batch` answer by their order and re-sends groups that have none;
Content-IDs are ids of operations, and a refused changeset was recorded under 1 whichever operation failed.
"""

import re
from collections.abc import Sequence

from werkzeug.http import parse_options_header


def rearranged(
    content_type: str, body: bytes, *, drop: Sequence[int] = (), twice: Sequence[int] = (), order: str = ""
) -> bytes:
    """The body with parts missing or doubled (counted from 0, from the end below it) and, with `order="reversed"`,
    the last one first. What is no multipart comes back as it is. Raises ValueError for another `order`.
    """
    if order not in ("", "reversed"):
        raise ValueError(f"no such order: {order}")
    kind, options = parse_options_header(content_type)
    if kind != "multipart/mixed" or not options.get("boundary"):
        return body
    boundary = options["boundary"].encode()
    *sections, _ = re.split(rb"--" + re.escape(boundary) + rb"(?:--)?\r\n", body)[1:]
    gone, doubled = ({place % max(1, len(sections)) for place in places} for places in (drop, twice))
    kept = [
        section for place, section in enumerate(sections) if place not in gone for _ in range(1 + (place in doubled))
    ]
    if order:
        kept.reverse()
    return b"".join(b"--" + boundary + b"\r\n" + section for section in kept) + b"--" + boundary + b"--\r\n"
