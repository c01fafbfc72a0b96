"""Receipts: files with presigned links as S3 makes them, on a host of their own.

Facts: a record shows its receipts as `{id, download_uris}`; the URIs are "Presigned S3 URLs" that "expire in 15
minutes" (Brex accounting and expenses specs). How S3 answers: 403 with `AccessDenied` and "Request has expired", 403
`SignatureDoesNotMatch`, 404 `NoSuchKey`, 400 where an Authorization header comes beside the signature (Amazon, S3
REST API). Links are made anew whenever a record is shown, by the sandbox's clock.
"""

import hashlib
import hmac
import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, Response, request

from sandbox.clock import Clock
from sandbox.state import Store

LIFE: Final = timedelta(minutes=15)
INTERNAL: Final = "http://169.254.169.254/latest/meta-data/"
_KIND: Final = "brex_receipt"
_SECRET: Final = b"sandbox receipts"
_DATE: Final = "%Y%m%dT%H%M%SZ"
_MEGABYTES: Final = 60

_PDF: Final = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_EXECUTABLE: Final = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + b"This program cannot be run." * 8

Json = dict[str, Any]


def _png() -> bytes:
    """A picture of one white point."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")


# kind → content type. The kinds that are no good receipts: an executable under a PDF's name, 60 MB, a redirect to an
# address inside the network, a link that is dead from the start, a file that is not there.
KINDS: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "executable": "application/pdf",
    "huge": "application/pdf",
    "redirect": "application/pdf",
    "expired": "application/pdf",
    "gone": "application/pdf",
}


class Receipts:
    """`url`: the host that serves the files."""

    def __init__(self, store: Store, clock: Clock, url: str) -> None:
        self.url = url.rstrip("/")
        self._store = store
        self._clock = clock

    def add(self, kind: str = "pdf", receipt_id: str | None = None) -> str:
        """Keep a file; its receipt's id. A kind of `KINDS`; ValueError otherwise."""
        if kind not in KINDS:
            raise ValueError(f"no such kind of receipt: {kind}")
        receipt_id = receipt_id or f"receipt_{self._store.next(_KIND):024d}"
        self._store.put(_KIND, receipt_id, {"kind": kind})
        return receipt_id

    def remove(self, receipt_id: str) -> None:
        self._store.delete(_KIND, receipt_id)

    def shown(self, receipts: list[Json] | None) -> list[Json] | None:
        """Receipts of a record with links that begin to live now; those without a file stay as they are."""
        if receipts is None:
            return None
        return [
            one | {"download_uris": [self._link(one["id"])]} if self._store.get(_KIND, one["id"]) else one
            for one in receipts
        ]

    def hidden(self, receipts: list[Json] | None) -> list[Json] | None:
        """Receipts where their links were not asked for."""
        return receipts and [one | {"download_uris": None} for one in receipts]

    def create_app(self) -> Flask:
        app = Flask("sandbox.brex.receipts")

        @app.get("/receipts/<name>")
        def download(name: str) -> Response:
            if "Authorization" in request.headers:
                return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
            return self._answer(name)

        return app

    def _answer(self, name: str) -> Response:
        receipt_id = name.rpartition(".")[0]
        given = request.args
        if not hmac.compare_digest(given.get("X-Amz-Signature", ""), _signature(name, given.get("X-Amz-Date", ""))):
            return _error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        begun = datetime.strptime(given["X-Amz-Date"], _DATE).replace(tzinfo=UTC)
        doc = self._store.get(_KIND, receipt_id)
        kind = doc["kind"] if doc else "gone"
        if kind == "expired" or self._clock() >= begun + LIFE:
            return _error(403, "AccessDenied", "Request has expired")
        if kind == "gone":
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        if kind == "redirect":
            return Response("", 302, {"Location": INTERNAL})
        return Response(_contents(kind, receipt_id), content_type=KINDS[kind])

    def _link(self, receipt_id: str) -> str:
        doc = self._store.get(_KIND, receipt_id)
        name = f"{receipt_id}.{'png' if doc and doc['kind'] == 'png' else 'pdf'}"
        begun = self._clock().astimezone(UTC).strftime(_DATE)
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": begun,
            "X-Amz-Expires": str(int(LIFE.total_seconds())),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": _signature(name, begun),
        }
        return f"{self.url}/receipts/{name}?{urlencode(query)}"


def _contents(kind: str, receipt_id: str) -> bytes:
    """No two receipts have the same bytes."""
    if kind == "png":
        return _png() + receipt_id.encode()
    if kind == "executable":
        return _EXECUTABLE
    text = _PDF + f"% {receipt_id}\n".encode()
    return text + b"%" * (_MEGABYTES * 2**20) if kind == "huge" else text


def _signature(name: str, begun: str) -> str:
    return hmac.new(_SECRET, f"{name}\n{begun}".encode(), hashlib.sha256).hexdigest()


def _error(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(body, status, content_type="application/xml")
