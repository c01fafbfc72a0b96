"""OData `$batch` requests of several changesets that create or delete rows, and what comes of them. Pure.

Facts (live samples, Microsoft): a changeset is atomic, changesets are independent of each other. The outer
status is 200 whatever happened inside. A changeset that failed collapses into a single part. F&O may stop at
the first one that failed, even where `Prefer: odata.continue-on-error` asks it not to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connector.domain import jsonio

MAX_OPERATIONS: Final = 5000  # Microsoft, service protection API limits

# Ids start here: F&O may report a failed changeset under Content-ID 1 whichever it was, so 1 is never ours.
_FIRST_ID: Final = 1001
_VERSIONS: Final = ("OData-Version: 4.0", "OData-MaxVersion: 4.0")


@dataclass(frozen=True, slots=True)
class InnerError:
    """One changeset refused. `message` has the Infolog's sentences; `kind` is F&O's exception type.

    `clear`: F&O says itself why (an inner error with a message), so the changeset was surely rolled back.
    """

    status: int
    message: str
    kind: str
    clear: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The answer to one changeset, or to one operation outside of any. Either `rows` or `error`, never both.

    `rows`: the created rows, in step with `content_ids`; an operation that was answered without an id has "".
    An operation that answers nothing when it is done (204: a deletion) has an empty row.
    """

    content_ids: tuple[str, ...]
    rows: tuple[dict[str, Any], ...] | None
    error: InnerError | None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """`parts` in the order received, only those that can be believed. `content_ids` as sent, per changeset.

    `complete`: every closing delimiter was there and every part was believed. It does not say that there is a
    part for every changeset.
    """

    parts: list[Part]
    complete: bool
    activity_id: str
    content_ids: list[list[str]]


def content_ids(changesets: Sequence[Sequence[Any]]) -> list[list[str]]:
    """An id for each operation, unique in the whole batch. Raises ValueError for what F&O would not take."""
    if not changesets or not all(changesets):
        raise ValueError("a batch needs changesets, and each of them an operation")
    if sum(map(len, changesets)) > MAX_OPERATIONS:
        raise ValueError(f"a batch takes at most {MAX_OPERATIONS} operations")
    ids: list[list[str]] = []
    following = _FIRST_ID
    for changeset in changesets:
        ids.append([str(following + index) for index in range(len(changeset))])
        following += len(changeset)
    return ids


def build(url: str, changesets: Sequence[Sequence[Mapping[str, Any]]], ids: list[list[str]], boundary: str) -> bytes:
    """The body of a `$batch` that posts every row to `url` (absolute), as `multipart/mixed; boundary=…`."""
    return _body([[_insert(url, row) for row in rows] for rows in changesets], ids, boundary)


def build_deletions(changesets: Sequence[Sequence[tuple[str, str]]], ids: list[list[str]], boundary: str) -> bytes:
    """The body of a `$batch` that deletes rows: (absolute URL, its ETag as it was read), all of a changeset or none.

    Fact: F&O shows an ETag with every row (live samples). A row that changed since has another one, and is kept.
    """
    return _body([[_deletion(url, etag) for url, etag in deletions] for deletions in changesets], ids, boundary)


def build_changes(
    changesets: Sequence[Sequence[tuple[str, str, Mapping[str, Any] | None]]], ids: list[list[str]], boundary: str
) -> bytes:
    """The same for changes: (absolute URL, its ETag as it was read, the properties to change; None to delete it)."""
    return _body(
        [
            [_deletion(url, etag) if row is None else _update(url, etag, row) for url, etag, row in changes]
            for changes in changesets
        ],
        ids,
        boundary,
    )


def _update(url: str, etag: str, row: Mapping[str, Any]) -> list[str]:
    kind = "Content-Type: application/json;odata.metadata=minimal"
    return [f"PATCH {url} HTTP/1.1", *_VERSIONS, kind, f"If-Match: {etag}", "", jsonio.dumps(row)]


def _deletion(url: str, etag: str) -> list[str]:
    return [f"DELETE {url} HTTP/1.1", *_VERSIONS, f"If-Match: {etag}", "", ""]


def _insert(url: str, row: Mapping[str, Any]) -> list[str]:
    return [
        f"POST {url} HTTP/1.1",
        *_VERSIONS,
        "Content-Type: application/json;odata.metadata=minimal",
        "Accept: application/json;odata.metadata=minimal",
        "",
        jsonio.dumps(row),
    ]


def _body(changesets: Sequence[Sequence[list[str]]], ids: Sequence[Sequence[str]], boundary: str) -> bytes:
    lines: list[str] = []
    for number, (operations, own_ids) in enumerate(zip(changesets, ids, strict=True)):
        inner = f"{boundary}-changeset-{number}"
        lines += [f"--{boundary}", f"Content-Type: multipart/mixed; boundary={inner}", ""]
        for operation, content_id in zip(operations, own_ids, strict=True):
            lines += [
                f"--{inner}",
                "Content-Type: application/http",
                "Content-Transfer-Encoding: binary",
                f"Content-ID: {content_id}",
                "",
                *operation,
            ]
        lines += [f"--{inner}--"]
    lines += [f"--{boundary}--", ""]
    return "\r\n".join(lines).encode("ascii")
