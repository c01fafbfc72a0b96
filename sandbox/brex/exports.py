"""POST /v3/accounting/records/export-results: how a record becomes EXPORTED."""

from collections import Counter
from typing import Any, Final

from sandbox.brex.answers import Json, accounting, invalid, require_object, require_text
from sandbox.brex.options import Options
from sandbox.brex.records import Records
from sandbox.clock import Clock, stamp
from sandbox.state import Store

READY: Final = "READY_FOR_EXPORT"
_KIND: Final = "brex_export"


class Exports:
    def __init__(self, store: Store, clock: Clock, options: Options, records: Records) -> None:
        self._store = store
        self._clock = clock
        self._options = options
        self._records = records

    def reported(self) -> list[Json]:
        """Every result Brex took, oldest first: record id, success or failure, time."""
        return self._store.all(_KIND)

    def report(self, body: Any) -> Json:
        """The body of the 200. Raises `RefusalError` 400, 404 or 422.

        Facts: duplicates and records that are not READY_FOR_EXPORT are a 422 each, unknown ids a 404; so
        reporting a success twice is refused. Whether a refused call applies its good part is not stated.
        """
        results = [_checked(item, index) for index, item in enumerate(_results(body))]
        ids = [result["accounting_record_id"] for result in results]
        if twice := [record_id for record_id, times in Counter(ids).items() if times > 1]:
            raise accounting(
                422,
                "DUPLICATE_ACCOUNTING_RECORD_IDS",
                "Duplicate accounting record ids found across success and failure results.",
                {"duplicate_accounting_record_ids": twice},
            )
        known = {record_id: self._records.get(record_id) for record_id in ids}
        missing = [name for name, record in known.items() if record is None]
        unready = [name for name, record in known.items() if record and record["review_status"] != READY]
        bad = {*missing, *unready}
        if not self._options.all_or_nothing_exports or not bad:
            self._apply([result for result in results if result["accounting_record_id"] not in bad])
        if missing:
            raise accounting(
                404,
                "NOT_FOUND",
                f"Accounting record source IDs not found: {', '.join(missing)}",
                {"not_found_export_entry_source_ids": missing},
            )
        if unready:
            raise accounting(
                422,
                "ACCOUNTING_RECORD_NOT_READY_FOR_EXPORT",
                "Only accounting records with review status READY_FOR_EXPORT can be updated via this endpoint.",
                {"not_ready_for_export_accounting_record_ids": unready},
            )
        return {"updated_accounting_record_ids": ids}

    def _apply(self, results: list[Json]) -> None:
        for result in results:
            status = "EXPORTED" if "success" in result else self._options.failed_status
            self._records.change(result["accounting_record_id"], review_status=status)
            number = self._store.next(_KIND)
            self._store.put(_KIND, str(number), result | {"at": stamp(self._clock())})


def _results(body: Any) -> list[Any]:
    results = require_object(body, {"results"}, set(), "the body")["results"]
    if not isinstance(results, list) or not results:
        raise invalid("results must be a list with at least one result")
    return results


def _checked(item: Any, index: int) -> Json:
    where = f"results[{index}]"
    result = require_object(item, {"accounting_record_id"}, {"success", "failure"}, where)
    require_text(result["accounting_record_id"], f"{where}.accounting_record_id")
    if ("success" in result) == ("failure" in result):
        raise invalid(f"{where} must have either success or failure")
    if "failure" in result:
        failure = require_object(result["failure"], {"error_message"}, set(), f"{where}.failure")
        require_text(failure["error_message"], f"{where}.failure.error_message")
        return result
    success = require_object(result["success"], set(), {"reference_id", "deep_link_url"}, f"{where}.success")
    if success.get("reference_id") is not None:
        require_text(success["reference_id"], f"{where}.success.reference_id")
    if "deep_link_url" in success:  # fact: unlike reference_id it is not nullable
        require_text(success["deep_link_url"], f"{where}.success.deep_link_url")
    return result
