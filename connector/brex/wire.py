"""What goes to Brex and what comes back, as plain values."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Company:
    """`id` is the company id that webhooks carry."""

    id: str
    legal_name: str


@dataclass(frozen=True, slots=True)
class Export:
    """A record that stands in the ledger, and how to find it there."""

    record_id: str
    reference_id: str
    deep_link_url: str | None = None


@dataclass(frozen=True, slots=True)
class FailedExport:
    """A record that a person gave up; the message is shown in Brex."""

    record_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Reported:
    """The records that Brex says it updated, and its trace id of that call."""

    updated: frozenset[str]
    trace_id: str = ""


def export_results(successes: Iterable[Export], failures: Iterable[FailedExport]) -> dict[str, Any]:
    """Body of POST export-results. Fact: `deep_link_url` may be left out, not null (Brex accounting spec)."""
    results: list[dict[str, Any]] = []
    for export in successes:
        success = {"reference_id": plain(export.reference_id)}
        if export.deep_link_url:
            success["deep_link_url"] = export.deep_link_url
        results.append({"accounting_record_id": export.record_id, "success": success})
    for failed in failures:
        failure = {"error_message": plain(failed.message) or "Export failed"}
        results.append({"accounting_record_id": failed.record_id, "failure": failure})
    return {"results": results}


def plain(text: str) -> str:
    """The text in ASCII, accents dropped, the rest as `?`.

    Fact: Brex refuses other characters in free text, "can only accept ASCII characters" (Brex, error codes).
    """
    bare = (char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(bare).encode("ascii", "replace").decode("ascii")
