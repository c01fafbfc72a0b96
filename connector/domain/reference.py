"""The short key that lets us recognise our own lines in a ledger that knows no idempotency key."""

import base64
import hashlib
import re
from typing import Final

LENGTH: Final = 20
PATTERN: Final = re.compile(r"BX[A-Z2-7]{18}")
LINKED: Final = "/linked"
MARKER_PATTERN: Final = re.compile(r"BXJ[A-Z2-7]{13}")


def reference(record_id: str, epoch: int, kind: str) -> str:
    """20 upper-case base32 characters from outside identities only, so that it can be derived again.

    It goes into the F&O line's `Document`. `BX` and 90 bits of SHA-256: with a million records the chance of
    any collision is below 10⁻¹⁵. Base32 has no `*`, which F&O reads as a wildcard inside `eq`.
    """
    raw = hashlib.sha256(f"{kind}\x1f{epoch}\x1f{record_id}".encode()).digest()
    return "BX" + base64.b32encode(raw).decode()[: LENGTH - 2]


def linked_id(record_id: str) -> str:
    """The name of a record's second entry, from which its references are derived. No id of Brex ends like this."""
    return record_id + LINKED


def probe_reference(token: bytes) -> str:
    """A reference for lines that `connector probe` writes to learn how F&O behaves: `PROBE` and 13 base32 characters.

    On purpose unlike an entry's (`PATTERN`, which begins with BX): reconcile and recover read the whole ledger for
    those, and would take a probe's lines for an entry that no record explains.
    """
    return "PROBE" + base64.b32encode(token).decode().rstrip("=")[:13]


def marker(token: bytes) -> str:
    """The mark in a journal header's Description: `BXJ` and 13 base32 characters of the given random bytes."""
    return "BXJ" + base64.b32encode(token).decode().rstrip("=")[:13]
