"""Errors to Sentry, where SENTRY_DSN is set and the extra [sentry] is installed: what kind, and where. Nothing else.

An error's own words may repeat a statement with its values or a part of an answer, so they are left out as well.
"""

import os
from collections.abc import Mapping
from typing import Any

import structlog

log = structlog.get_logger()
_KEPT = ("event_id", "timestamp", "platform", "level", "release", "environment", "fingerprint")
_FRAME = ("module", "filename", "function", "lineno", "in_app")


def configure(environ: Mapping[str, str] | None = None, **more: Any) -> bool:
    """Once per process, after a fork. True where errors are sent from now on; `more` goes to the library (tests)."""
    environ = os.environ if environ is None else environ
    dsn = environ.get("SENTRY_DSN", "").strip()
    if not dsn:
        return False
    try:
        import sentry_sdk  # noqa: PLC0415 - it is there only with the extra
        from sentry_sdk.utils import BadDsn  # noqa: PLC0415
    except ImportError:
        log.warning("SENTRY_DSN is set, but sentry-sdk is not installed: install the extra [sentry]")
        return False
    options: dict[str, Any] = {
        "default_integrations": False, "auto_enabling_integrations": False,
        "include_local_variables": False, "include_source_context": False, "max_breadcrumbs": 0,
        "max_request_body_size": "never", "send_client_reports": False, "auto_session_tracking": False,
        "http_proxy": environ.get("CONNECTOR_PROXY", "").strip() or None, "https_proxy": None,
        "ca_certs": environ.get("REQUESTS_CA_BUNDLE", "").strip() or None,
    }  # fmt: skip
    options["https_proxy"] = options["http_proxy"]
    try:
        sentry_sdk.init(dsn=dsn, before_send=strip, **options, **more)
    except BadDsn:
        log.warning("SENTRY_DSN is not a Sentry DSN; errors are only logged")
        return False
    return True


def capture(error: BaseException) -> None:
    """Does nothing where Sentry was not configured."""
    try:
        import sentry_sdk  # noqa: PLC0415
    except ImportError:
        return
    sentry_sdk.capture_exception(error)


def strip(event: Any, _hint: Any) -> Any:
    """Of an event only what is named here is sent; what a later version of the library adds is not."""
    kept = {name: event[name] for name in _KEPT if name in event}
    values = (event.get("exception") or {}).get("values") or []
    kept["exception"] = {"values": [_exception(value) for value in values]}
    return kept


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "stacktrace": {"frames": [{name: frame[name] for name in _FRAME if name in frame} for frame in frames]},
    }
