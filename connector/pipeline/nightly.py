"""Each night a connection's last weeks are reconciled, and the result is kept and compared with the night before.

Two beats, or a tick that comes twice, do it once: the night is claimed in PostgreSQL. What is not as we know it is
also looked for by the pipeline itself, which follows what was moved and holds what is gone or doubled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import structlog

from connector.brex.errors import BrexError
from connector.d365.errors import D365Error
from connector.pipeline import reconcile
from connector.pipeline.balance import Finding, Result
from connector.pipeline.runtime import Runtime, Stop
from connector.store import nights, reconciling
from connector.store.connections import Connection
from connector.store.nights import Night

log = structlog.get_logger()
# As long as a period is likely to be still open.
DAYS: Final = 45
# Two whole sides are read page by page, which takes a large ledger longer than any other task may take; less than the
# turn lasts, so that nobody else begins before it has ended.
MOST_SECONDS: Final = int(nights.LEASE_SECONDS) - 300
# Of more findings than this the first ones are kept: then something is wrong that no list explains.
MOST_KEPT: Final = 500
_TO_LOOK_AT: Final = frozenset({"missing", "deleted", "doubled", "altered", "moved"})


@dataclass(frozen=True, slots=True)
class Since:
    """Findings against those of the night before, by (kind, record, reference). `out_of_sight`: left the window."""

    new: tuple[tuple[str, str, str], ...] = ()
    still_open: tuple[tuple[str, str, str], ...] = ()
    mended: tuple[tuple[str, str, str], ...] = ()
    out_of_sight: tuple[tuple[str, str, str], ...] = ()

    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in Since.__slots__}


def run(runtime: Runtime, connection: Connection) -> Result | None:
    """This night's turn. None where it is done, another worker's, or a side cannot be read now: then tried again."""
    with runtime.database.begin() as tx:
        night = nights.claim(tx, connection.id, DAYS)
    if night is None:
        return None
    try:
        result = reconcile.run(runtime, connection, night.first, night.last)
    except (Stop, BrexError, D365Error) as error:
        log.warning("reconciliation not possible", connection=connection.name, reason=str(error))
        with runtime.database.begin() as tx:
            nights.failed(tx, night, str(error))
        return None
    _keep(runtime, connection, night, result)
    return result


def _keep(runtime: Runtime, connection: Connection, night: Night, result: Result) -> None:
    found = [as_json(one) for one in result.findings]
    with runtime.database.begin() as tx:
        before = nights.before(tx, connection.id, night)
        since = compare_nights(before.findings if before else [], found, night.first)
        stored = nights.done(
            tx,
            night,
            clean=result.clean,
            found=len(found),
            totals=totals(result),
            findings=found[:MOST_KEPT],
            since_before={**since.counts(), "mended_findings": since.mended[:MOST_KEPT]},
        )
        if stored:
            again = [one.reference for one in result.findings if one.kind in _TO_LOOK_AT]
            reconciling.look_again(tx, connection.id, again)
    tell = log.info if result.clean else log.warning
    tell(
        "reconciled" if result.clean else "Brex, records and ledger differ",
        connection=connection.name, first=str(night.first), last=str(night.last), records=result.records,
        findings=len(found), difference=str(result.difference), **since.counts(),
        records_named=sorted({one.record_id for one in result.findings if one.record_id})[:20],
    )  # fmt: skip


def compare_nights(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], first: date) -> Since:
    """Pure. `first`: the first day of this night's window; what is dated before it was not looked at any more."""
    then = {_identity(one): str(one.get("day") or "9999") for one in before}
    found = {_identity(one) for one in now}
    gone = {one: day for one, day in then.items() if one not in found}
    return Since(
        new=tuple(sorted(found - then.keys())),
        still_open=tuple(sorted(found & then.keys())),
        mended=tuple(sorted(one for one, day in gone.items() if day >= first.isoformat())),
        out_of_sight=tuple(sorted(one for one, day in gone.items() if day < first.isoformat())),
    )


def _identity(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(one["kind"]), str(one["record_id"]), str(one["reference"])


def as_json(one: Finding) -> dict[str, Any]:
    """A finding for programs and for keeping; its amount in major units."""
    return {
        "kind": one.kind, "record_id": one.record_id, "reference": one.reference, "sentence": one.sentence,
        "journal": one.journal, "legal_entity": one.legal_entity, "currency": one.currency, "amount": one.amount,
        "day": None if one.day is None else one.day.isoformat(), "todo": one.todo,
    }  # fmt: skip


def totals(result: Result) -> list[dict[str, Any]]:
    """One item for each legal entity and currency; amounts in major units."""
    return [
        {
            "legal_entity": key[0],
            "currency": key[1],
            "brex": result.brex.get(key, 0),
            "parts": {
                name: {"records": one.records, "amount": one.amount}
                for name, one in sorted(result.parts.get(key, {}).items())
            },
            "brex_difference": result.unaccounted[key],
            "planned": result.planned.get(key, 0),
            "ledger": result.ledger.get(key, 0),
            "difference": result.differences[key],
        }
        for key in result.keys
    ]
