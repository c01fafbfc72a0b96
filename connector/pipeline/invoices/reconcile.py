"""Pending vendor invoices in a reconciliation: what we call written stands in F&O once, whole, worth what was sent.

Before it is posted its lines are counted, afterwards what F&O posted. Changes nothing.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from connector.domain.writes import Outcome, WriteKind
from connector.pipeline.balance import Finding, Ours, Result
from connector.pipeline.forms import maybe_closed
from connector.pipeline.invoices import compare, settled
from connector.pipeline.invoices import look as looking
from connector.pipeline.invoices.decide import Reading
from connector.pipeline.runtime import Runtime
from connector.store import invoices, writes
from connector.store.connections import Connection
from connector.store.writes import Write

_PART: Final = 100


def check(
    runtime: Runtime, connection: Connection, ours: Mapping[int, Ours], has: Callable[[date | None], bool],
    result: Result,
) -> None:  # fmt: skip
    """`ours`: the records that are compared, by key. Raises the client's errors."""
    wanted = [
        pk for pk, one in ours.items()
        if any(sent.form == invoices.FORM and has(sent.day or one.day) for sent in one.sent)
    ]  # fmt: skip
    if not wanted:
        return
    formats = looking.formats(runtime, connection)
    with runtime.database.begin() as tx:
        live = writes.live(tx, wanted, WriteKind.ENTRY, lock=False)
    standing = [
        one for one in live.values()
        if one.form == invoices.FORM and one.outcome == Outcome.WRITTEN and looking.readable(one)
    ]  # fmt: skip
    for start in range(0, len(standing), _PART):
        some = standing[start : start + _PART]
        with runtime.calling(connection, "d365"), maybe_closed():
            look = looking.look(looking.pending(runtime, connection), some)
        for one in some:
            shown = looking.reading(one, settled.known(one), look, formats)
            _judge(one, ours[one.record_pk or 0], shown, result)


def _judge(one: Write, record: Ours, shown: Reading, result: Result) -> None:
    planned = compare.total(one.intent)
    found = [each.worth for each in shown.ours] + [each.amount for each in shown.posted]
    key = (one.legal_entity, str(one.intent["header"]["Currency"]))
    result.planned[key] += planned
    result.ledger[key] += sum(found, Decimal(0))
    if record.moving:
        return
    kind, told = _told(shown, sum(found, Decimal(0)) == planned)
    if kind:
        number = str(one.ledger.get("journal", ""))
        result.findings.append(
            Finding(kind, one.record_id, one.reference, told, number, *key, planned, one.posting_date)
        )


def _told(shown: Reading, same: bool) -> tuple[str, str]:
    """The kind of finding and its sentence; both empty where all is well."""
    places = [f"pending {each.number}" for each in shown.ours] + [each.told for each in shown.posted]
    if not places:
        return "missing", "its vendor invoice is neither pending nor posted in F&O"
    if len(places) > 1:
        return "doubled", f"its vendor invoice stands more than once: {', '.join(places)}"
    changed = [*(each for one in shown.ours for each in one.altered), *(p.told for p in shown.posted if not p.same)]
    if changed or not same or any(one.missing for one in shown.ours):
        return "altered", f"its vendor invoice is not as it was made: {'; '.join(changed) or places[0]}"
    return "", ""
