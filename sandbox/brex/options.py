"""What the published facts leave open, or what changed between versions: a switch each."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Literal


@dataclass(slots=True)
class Options:
    # Both observed: a dead token is answered 403 with a JSON body, or 401 with an empty one.
    auth_failure: Literal["403_json", "401_empty"] = "403_json"
    # Fact: two official pages say 90 and 30 days without a call; then a token is dead.
    token_idle_days: int = 90
    # Fact: 1,000 requests in 60 seconds. None: no limit. The answer's Retry-After is undocumented.
    requests_per_minute: int | None = 1000
    # Observed by users: without an updated_at filter a narrow window applies (its width is unknown).
    default_window_days: int | None = 7
    # Not stated: whether one bad id stops a whole export report.
    all_or_nothing_exports: bool = True
    # Not stated: where a record goes after a reported failure; only that it is not ready any more.
    failed_status: str = "REVIEW"
    # Not stated: the order of items.
    newest_first: bool = False
    # Not stated: whether a page is as full as its limit allows. None: it is.
    most_per_page: int | None = None
    # Fact: total_count is nullable.
    total_count: bool = True
    # The spec of 2026 says accountingRecordIds and companyId, the one before said accounting_record_ids.
    webhook_body: Literal["camel", "snake"] = "camel"
    # Guide samples are plain base64, the spec's example begins with whsec_.
    secret_prefix: str = ""
    # One report: the legacy host answers 401 for v3.
    legacy_serves_v3: bool = False
    # Fact: the Accounting API is by admission. How an account that is not admitted is refused is not documented.
    v3_refusal: Literal[401, 403, 404] | None = None
    # Fact: 400 for any POST with free text outside ASCII (the guide's error codes). Whether it holds here is not said.
    ascii_only: bool = True
    # Not stated: whether two values of a field may have the same name.
    unique_values: bool = False
    # Brex's policy: new fields and new enum constants may appear at any time.
    unknown_fields: bool = False

    @property
    def default_window(self) -> timedelta | None:
        return None if self.default_window_days is None else timedelta(days=self.default_window_days)

    def set(self, **values: Any) -> None:
        """Raises ValueError for a name that is no option."""
        if unknown := values.keys() - {field.name for field in fields(self)}:
            raise ValueError(f"no such option: {', '.join(sorted(unknown))}")
        for name, value in values.items():
            setattr(self, name, value)
