"""multipart/mixed and application/http, as F&O's $batch reads and writes them.

Reading is lenient as the real one is: the recorded request lacks the changeset's closing delimiter and was
accepted.
"""

import re
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus

from sandbox.d365.errors import Refusal, bad_body

Headers = dict[str, str]  # names in lower case


@dataclass(frozen=True, slots=True)
class Part:
    """One HTTP request inside a batch."""

    content_id: str
    method: str
    url: str
    body: bytes
    if_match: str = ""


@dataclass(frozen=True, slots=True)
class Changeset:
    parts: tuple[Part, ...]


def boundary_of(content_type: str) -> str:
    """The boundary of a multipart/mixed content type. Raises a 400 for any other type."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    if message.get_content_type() != "multipart/mixed" or not isinstance(boundary, str) or not boundary:
        raise bad_body(f"The content type '{content_type}' is not multipart/mixed with a boundary.")
    return boundary


def read(body: bytes, boundary: str) -> list[Changeset | Part]:
    """The changesets and bare operations of a batch, in order. Raises a 400 where it is not one."""
    items: list[Changeset | Part] = []
    for text in _sections(body, boundary):
        headers, content = _headers(text)
        kind = headers.get("content-type", "")
        if kind.lower().startswith("multipart/mixed"):
            items.append(_changeset(content, boundary_of(kind)))
        else:
            items.append(_operation(headers, content))
    return items


def _changeset(content: bytes, boundary: str) -> Changeset:
    parts: list[Part] = []
    for text in _sections(content, boundary):
        headers, inner = _headers(text)
        part = _operation(headers, inner)
        # OData: inside a changeset each operation has a Content-ID of its own, and none of them reads.
        if not part.content_id:
            raise bad_body("The operation in a change set has no Content-ID header.")
        if any(part.content_id == other.content_id for other in parts):
            raise bad_body(f"The content ID '{part.content_id}' was found more than once in the same change set.")
        if part.method == "GET":
            raise bad_body("A query operation is not allowed in a change set.")
        parts.append(part)
    return Changeset(tuple(parts))


def _operation(headers: Headers, content: bytes) -> Part:
    if not headers.get("content-type", "").lower().startswith("application/http"):
        raise bad_body("The content type of a batch part must be application/http.")
    first, _, rest = content.lstrip(b"\r\n").partition(b"\n")
    found = re.fullmatch(r"([A-Z]+)\s+(\S+)\s+HTTP/1\.1", first.decode("utf-8", "replace").strip())
    if not found:
        raise _malformed()
    own, body = _headers(rest)
    return Part(headers.get("content-id", ""), found[1], found[2], body, own.get("if-match", ""))


def _sections(body: bytes, boundary: str) -> list[bytes]:
    """What stands between the delimiters; the closing one may be missing."""
    line = re.compile(rb"^--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*\r?$", re.MULTILINE)
    found = list(line.finditer(body))
    if not found:
        raise _malformed()
    sections = []
    for index, delimiter in enumerate(found):
        if delimiter[1]:
            break
        end = found[index + 1].start() if index + 1 < len(found) else len(body)
        sections.append(body[delimiter.end() : end].removeprefix(b"\n"))
    return sections


def _headers(text: bytes) -> tuple[Headers, bytes]:
    """Header lines up to the first empty one, and what follows."""
    headers: Headers = {}
    rest = text
    while rest:
        line, _, rest = rest.partition(b"\n")
        if not line.strip():
            break
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon:
            raise _malformed()
        headers[name.strip().lower()] = value.strip()
    return headers, rest


def _malformed() -> Refusal:
    return bad_body("The batch request is malformed.")


def http(status: int, headers: dict[str, str], body: str) -> bytes:
    """A response as a batch part carries it."""
    head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    head += [f"{name}: {value}" for name, value in (headers | {"OData-Version": "4.0"}).items()]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def application_http(content: bytes, content_id: str = "") -> bytes:
    head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
    if content_id:
        head += f"Content-ID: {content_id}\r\n"
    return head.encode() + b"\r\n" + content


def mixed(parts: list[bytes], boundary: str) -> bytes:
    """Parts between delimiters, with the closing one."""
    opening = f"--{boundary}\r\n".encode()
    return b"".join(opening + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def nested(parts: list[bytes], boundary: str) -> bytes:
    """A multipart as a part of another."""
    head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
    return head + mixed(parts, boundary)
