"""How things are written for people: amounts with their currency, times in the entity's zone, stages in colour."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.text import Text

from connector.domain.money import Money, fits
from connector.domain.plural import counted
from connector.store.connections import Connection

__all__ = ["counted", "duration", "money", "problems", "state_cell", "when", "zone"]

_STYLES: Final = {
    "active": "green", "ok": "green", "green": "green", "acknowledged": "green", "written": "green",
    "held": "yellow", "warning": "yellow", "uncertain": "yellow", "skipped": "dim", "reversed": "dim",
    "amber": "yellow", "red": "red", "paused": "red", "failed": "red", "refused": "red",
}  # fmt: skip


def money(amount: Decimal | None, currency: str) -> str:
    """Major units, such as `1,234.50 USD`; never rounded: an odd fraction is shown in full."""
    if amount is None:
        return ""
    value = Money(Decimal(amount), currency)
    return (str(value) if fits(value) else f"{amount:,f} {currency}").rstrip()


def zone(connection: Connection, legal_entity: str = "") -> str:
    """The time zone of a legal entity of this connection."""
    posting = connection.settings["posting"]
    own = (posting.get("entities") or {}).get(legal_entity.lower()) or {}
    return str(own.get("time_zone") or posting["time_zone"])


def when(moment: datetime | None, zone_name: str) -> str:
    if moment is None:
        return "never"
    return moment.astimezone(ZoneInfo(zone_name)).strftime("%Y-%m-%d %H:%M:%S %Z")


def duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"


def state_cell(state: str) -> Text:
    return Text(state, style=_STYLES.get(state, ""))


def problems(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stored problems as they are told to programs."""
    return [{key: one.get(key, "") for key in ("code", "sentence", "fix", "subject")} for one in found]
