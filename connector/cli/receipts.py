"""Receipts as `connector record` and `connector status` show them."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector.cli.output import out
from connector.cli.tables import Column, table
from connector.cli.words import counted, state_cell, when

_MEGABYTE = 2**20


def print_receipts(receipts: Sequence[Mapping[str, Any]], zone_name: str) -> None:
    """Nothing where there are none."""
    if not receipts:
        return
    out().print("\nReceipts", style="bold")
    table(
        [Column("Receipt"), Column("State"), Column("File", leave=2), Column("Size", right=True, leave=3),
         Column("When", leave=1), Column("Why", wrap=True)],
        [
            [one["receipt_id"], state_cell(one["state"]), one["file"], _size(one["size"]), _when(one, zone_name),
             one["reason"]]
            for one in receipts
        ],
    )  # fmt: skip


def summary(counts: Mapping[str, int]) -> str:
    """Such as "12 attached, 1 refused"; empty where there are none."""
    return ", ".join(f"{number:,} {state}" for state, number in counts.items())


def _size(size: int | None) -> str:
    return "" if size is None else f"{size / _MEGABYTE:.1f} MB"


def _when(one: Mapping[str, Any], zone_name: str) -> str:
    if one["attached_at"] is not None:
        return when(one["attached_at"], zone_name)
    tried = f"tried {counted(one['attempts'], 'time')}" if one["attempts"] else ""
    if one["state"] != "waiting":
        return tried
    return ", ".join(filter(None, (tried, f"next {when(one['next_at'], zone_name)}")))
