"""A client of the stand-in, as plain as can be: method, path, body; and `$batch` by hand."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from connector.domain import jsonio

HOST = "https://contoso.operations.dynamics.com"
LINES = "LedgerJournalLines"
HEADERS = "LedgerJournalHeaders"

Json = dict[str, Any]


class Caller:
    def __init__(self, app: Flask, token: str) -> None:
        self.client = app.test_client()
        self.token = token

    def call(self, method: str, path: str, body: Any = None, *, host: str = HOST, **headers: str) -> TestResponse:
        """`path` follows /data/. The body is JSON unless it is bytes."""
        sent = {"Authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = jsonio.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        return self.client.open(f"/data/{path}", base_url=host, method=method, data=body, headers=sent)

    def rows(self, path: str, *, everywhere: bool = True) -> list[Json]:
        """One page of a set, from all companies."""
        response = self.call("GET", _with(path, "cross-company=true") if everywhere else path)
        assert response.status_code == 200, response.text
        return list(jsonio.loads(response.text)["value"])

    def journal(self, name: str = "BREX", company: str = "usmf", **more: Any) -> str:
        response = self.call("POST", HEADERS, {"dataAreaId": company, "JournalName": name, **more})
        assert response.status_code == 201, response.text
        return str(jsonio.loads(response.text)["JournalBatchNumber"])

    def line(self, number: str, **values: Any) -> Json:
        """Insert a line that is expected to be taken; the row as it was answered."""
        response = self.call("POST", LINES, a_line(number, **values))
        assert response.status_code == 201, response.text
        return dict(jsonio.loads(response.text))

    def refused(self, number: str, status: int = 400, /, **values: Any) -> str:
        """Insert a line that is expected to be refused; the Infolog."""
        return message_of(self.call("POST", LINES, a_line(number, **values)), status)

    def batch(self, *changesets: Sequence[Json | tuple[str, str, Json | None]], **headers: str) -> "Batch":
        """One changeset per argument; a plain dict inserts a journal line."""
        response = self.raw_batch(written(*changesets), **headers)
        assert response.status_code == 200, response.text
        return Batch(response)

    def raw_batch(
        self, body: str, content_type: str = "multipart/mixed; boundary=batch_1", **headers: str
    ) -> TestResponse:
        return self.call("POST", "$batch", body.encode(), **{"Content-Type": content_type, **headers})


class Batch:
    """The answer to a batch, split at its delimiters."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.parts = response.text.split("--batchresponse_")[1:-1]

    @property
    def statuses(self) -> list[list[int]]:
        """Per top-level part the statuses inside it."""
        return [[int(piece[:3]) for piece in part.split("HTTP/1.1 ")[1:]] for part in self.parts]

    @property
    def content_ids(self) -> list[list[str]]:
        return [[piece.split("\r\n")[0] for piece in part.split("Content-ID: ")[1:]] for part in self.parts]

    def rows(self, index: int) -> list[Json]:
        return [dict(jsonio.loads(line)) for line in self.parts[index].split("\r\n") if line.startswith("{")]

    def message(self, index: int) -> str:
        (row,) = self.rows(index)
        return str(row["error"]["innererror"]["message"])


def a_line(number: str, **values: Any) -> Json:
    """A good line: Dr software, Cr card liability, 12.50 USD. A value of None leaves the property out."""
    line = {
        "dataAreaId": "usmf",
        "JournalBatchNumber": number,
        "AccountType": "Ledger",
        "AccountDisplayValue": "605140-001-022-",
        "OffsetAccountType": "Ledger",
        "OffsetAccountDisplayValue": "200130-001--",
        "DebitAmount": Decimal("12.5"),
        "CurrencyCode": "USD",
        "TransDate": "2026-11-03T12:00:00Z",
        "Document": "BXAAAAAAAAAAAAAAAAAA",
        **values,
    }
    return {name: value for name, value in line.items() if value is not None}


def alone(number: str, amount: str, **values: Any) -> Json:
    """A line without an offset account: a debit, or a credit where the amount is negative."""
    value = Decimal(amount)
    side = {"DebitAmount": value} if value > 0 else {"DebitAmount": None, "CreditAmount": -value}
    return a_line(number, OffsetAccountDisplayValue="", **side, **values)


def written(*changesets: Sequence[Json | tuple[str, str, Json | None]], close: bool = True) -> str:
    """A batch body with boundary batch_1, as the recorded one is written."""
    text, content_id = "", 0
    for index, changeset in enumerate(changesets, start=1):
        text += f"--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_{index}\r\n\r\n"
        for item in changeset:
            content_id += 1
            text += f"--changeset_{index}\r\n{an_operation(item, str(content_id))}\r\n"
        text += f"--changeset_{index}--\r\n" if close else ""
    return text + "--batch_1--\r\n"


def an_operation(item: Json | tuple[str, str, Json | None], content_id: str = "") -> str:
    method, path, body = item if isinstance(item, tuple) else ("POST", LINES, item)
    head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
    head += f"Content-ID: {content_id}\r\n" if content_id else ""
    request = f"{method} {HOST}/data/{path} HTTP/1.1\r\nContent-Type: application/json;odata.metadata=minimal\r\n\r\n"
    return head + "\r\n" + request + (jsonio.dumps(body) if body is not None else "") + "\r\n"


def message_of(response: TestResponse, status: int = 400) -> str:
    assert response.status_code == status, response.text
    return str(jsonio.loads(response.text)["error"]["innererror"]["message"])


def _with(path: str, option: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{option}"
