"""OData `$batch` requests of several changesets, and what comes of them. Pure.

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

    def by_changeset(self) -> list[Part | None]:
        """For each changeset sent its part, rows in the order sent; None where that is not certain."""
        return match(self)


def content_ids(changesets: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[str]]:
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
    lines: list[str] = []
    for number, (rows, row_ids) in enumerate(zip(changesets, ids, strict=True)):
        inner = f"{boundary}-changeset-{number}"
        lines += [f"--{boundary}", f"Content-Type: multipart/mixed; boundary={inner}", ""]
        for row, row_id in zip(rows, row_ids, strict=True):
            lines += [
                f"--{inner}",
                "Content-Type: application/http",
                "Content-Transfer-Encoding: binary",
                f"Content-ID: {row_id}",
                "",
                f"POST {url} HTTP/1.1",
                "OData-Version: 4.0",
                "OData-MaxVersion: 4.0",
                "Content-Type: application/json;odata.metadata=minimal",
                "Accept: application/json;odata.metadata=minimal",
                "",
                jsonio.dumps(row),
            ]
        lines += [f"--{inner}--"]
    lines += [f"--{boundary}--", ""]
    return "\r\n".join(lines).encode("ascii")


def match(answer: BatchAnswer) -> list[Part | None]:
    """Which part answers which changeset. Pure; what is not certain stays None.

    Rows are matched by their Content-IDs. An error carries one id, of any operation of its changeset or of
    none (see `_FIRST_ID`): by that id it is matched, and by its place only in a complete answer in order.
    """
    changesets = answer.content_ids
    owner = {one: index for index, ids in enumerate(changesets) for one in ids}
    claims: list[tuple[int | None, Part]] = []
    for part in answer.parts:
        owners = {owner[one] for one in part.content_ids if one in owner}
        claims.append((owners.pop() if len(owners) == 1 else None, part))
    in_order = answer.complete and all(index in (None, place) for place, (index, _) in enumerate(claims))
    found: list[list[Part]] = [[] for _ in changesets]
    for place, (index, part) in enumerate(claims):
        if index is not None:
            found[index].append(part)
        elif in_order and place < len(changesets) and not _knows(part, owner):
            found[place].append(part)
    return [_settled(parts, ids) for parts, ids in zip(found, changesets, strict=True)]


def _knows(part: Part, owner: Mapping[str, int]) -> bool:
    return any(one in owner for one in part.content_ids)


def _settled(parts: list[Part], ids: list[str]) -> Part | None:
    """The one part for these ids, its rows in the order sent; None where it is missing, double or partial."""
    if len(parts) != 1:
        return None
    part = parts[0]
    if part.rows is None:
        return part
    if len(part.rows) != len(ids):
        return None
    if not any(part.content_ids):
        return part
    if sorted(part.content_ids) != sorted(ids):
        return None
    rows = dict(zip(part.content_ids, part.rows, strict=True))
    return Part(tuple(ids), tuple(rows[one] for one in ids), None)
