"""What a look at an entry that is to be taken back settled, stored: removed, reversed, waited for, or held."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connector.domain import jsonio
from connector.domain.problems import Problem
from connector.domain.reference import reference
from connector.domain.stages import LedgerStatus, Stage
from connector.domain.writes import WriteKind
from connector.mapping.entities import LegalEntity
from connector.pipeline import epochs, mirror, remove
from connector.pipeline.periods import period
from connector.pipeline.remove import Batch, Removal
from connector.pipeline.reversal import Decision, Do, Form, Place
from connector.pipeline.runtime import posting
from connector.store import batches, reversals, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.writes import SECOND_LOOKS, Write

ACTOR = "task:reverse"

Row = dict[str, Any]


@dataclass(slots=True)
class Look:
    """One reading of F&O: lines by reference, and of journals (company, number) whether they are posted."""

    lines: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    posted: dict[tuple[str, str], bool] = field(default_factory=dict)
    closed: set[tuple[str, str]] = field(default_factory=set)  # (company, form) whose journals could not be read

    def complete(self, one: Write) -> bool:
        """Both the entry's journals and those of its reversing entry were read."""
        read = {(one.legal_entity, one.form), (one.legal_entity, mirror.form_of(one.form))}
        return self.closed.isdisjoint(read)

    def places(self, company: str, key: str) -> tuple[Place, ...]:
        counts: dict[str, int] = defaultdict(int)
        for row in self.lines.get(key, []):
            counts[str(row.get("JournalBatchNumber"))] += 1
        return tuple(
            Place(number, lines, self.posted.get((company, number))) for number, lines in sorted(counts.items())
        )


def entry_key(one: Write) -> str:
    return reference(one.record_id, one.epoch, WriteKind.ENTRY)


def counter_key(one: Write) -> str:
    return reference(one.record_id, one.epoch, WriteKind.REVERSAL)


def journal_of(entry: Write) -> str:
    """The journal that the entry was last known to stand in."""
    return str(entry.ledger.get("journal") or entry.journal or "")


@dataclass(slots=True)
class Results:
    """What one look settled, stored with one statement of each kind."""

    moves: list[Move] = field(default_factory=list)
    looks: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    counters: list[dict[str, Any]] = field(default_factory=list)
    adopted: dict[int, list[Row]] = field(default_factory=dict)  # record → the lines of the reversing entry found
    finished: dict[Form, list[Write]] = field(default_factory=lambda: defaultdict(list))
    removals: dict[tuple[str, str], list[Removal]] = field(default_factory=lambda: defaultdict(list))  # by journal
    later: list[int] = field(default_factory=list)
    strays: list[Move] = field(default_factory=list)  # held besides, where the record is still reversed

    def store(self, tx: Tx, connection: Connection) -> list[Batch]:
        """What is to be deleted now, journal by journal."""
        begun = [remove.begin(tx, connection, number, some) for (_, number), some in sorted(self.removals.items())]
        batched = [batch for batch in begun if batch is not None]
        self.moves += [_to_remove(one, batch) for batch in batched for one in batch.removals]
        writes.look_again(tx, self.looks)
        writes.written(tx, self.done)
        writes.look_again(tx, [{"id": id_, "seconds": SECOND_LOOKS[0], "absent": None} for id_ in self.later])
        writes.refused(tx, self.refused)
        stored = writes.intend(tx, connection.id, self.counters)
        found = {stored[pk]: rows for pk, rows in self.adopted.items() if pk in stored}
        writes.written(tx, [{"id": id_, "ledger": _ledger(rows), "journal_id": None} for id_, rows in found.items()])
        for form, some in self.finished.items():
            pks = [one.record_pk or 0 for one in some]
            reversals.entries_stand(tx, pks, stand=form is Form.REVERSED)
            if form is not Form.REVERSED:
                reversals.lines_gone(tx, pks)
        for some in self.finished.values():
            epochs.lock(tx, some)
        moved = move(tx, connection.id, ACTOR, self.moves)
        move(tx, connection.id, ACTOR, self.strays)
        batches.settle_finished(tx, connection.id)
        for some in self.finished.values():
            epochs.as_wished(tx, connection.id, ACTOR, [one for one in some if one.record_pk in moved])
        return batched


def _to_remove(one: Removal, batch: Batch) -> Move:
    number = str(one.rows[0].get("JournalBatchNumber"))
    data = {"reference": entry_key(one.write), "batch": batch.id, "lines": [row.get("LineNumber") for row in one.rows]}
    lines = "line is" if len(one.rows) == 1 else f"{len(one.rows)} lines are"
    why = f"its {lines} to be removed from journal {number}"
    return Move(one.write.record_pk or 0, None, None, why, data=data, delay=None)


def apply(
    one: Write, entry: Write | None, decision: Decision, connection: Connection, look: Look | None, results: Results
) -> None:
    data = {"reference": entry_key(one), "decision": decision.why}
    if decision.do is Do.WAIT:
        results.looks.append({"id": one.id, "seconds": decision.seconds, "absent": decision.absent or None})
    elif decision.do is Do.REMOVE and look is not None:
        _remove(one, decision, look.lines[entry_key(one)], data, results)
    elif decision.do is Do.HOLD:
        _hold(one, decision.code, decision.why, data, results, decision.values)
    elif decision.do is Do.REVERSE and look is not None:
        _write_counter(one, look.lines[entry_key(one)], decision, connection, results)
    elif look is not None:
        _done(one, entry, decision, connection, look, results)


def _remove(one: Write, decision: Decision, lines: Sequence[Row], data: dict[str, Any], results: Results) -> None:
    rows = [row for row in lines if str(row.get("JournalBatchNumber")) == decision.journal]
    if all(row.get("@odata.etag") for row in rows):
        results.removals[one.legal_entity, decision.journal].append(Removal(one, rows))
    else:
        _hold(one, "REVERSAL-REFUSED", "F&O shows no version of the lines", data, results,
              {"message": "it shows no ETag with its lines, so they cannot be deleted safely."})  # fmt: skip


def _hold(one: Write, code: str, why: str, data: dict[str, Any], results: Results, values: Mapping[str, str]) -> None:
    """The wish ends here; a person looks, and may ask again."""
    problem = Problem(code, values={"reference": entry_key(one), **values})
    results.refused.append({"id": one.id, "evidence": why})
    told = f"{code}: {why}"[:500]
    results.moves.append(Move(one.record_pk or 0, Stage.WRITING, Stage.HELD, told, data=data, problems=[problem]))


def _write_counter(one: Write, rows: list[Row], decision: Decision, connection: Connection, results: Results) -> None:
    """Posted: from here on it is an entry like any other, with its own kind and reference."""
    day = date.fromisoformat(one.wish["date"]) if one.wish.get("date") else None
    lines = mirror.mirror(rows, counter_key(one), day, form=one.form, epoch=one.epoch)
    results.refused.append({"id": one.id, "evidence": f"nothing to remove: {decision.why}"})
    results.counters.append(
        {
            **_counter(one, lines, connection),
            "period": period(
                connection.settings["posting"]["journal_period"], day or mirror.date_of(rows[0]), one.record_id
            ),
            "posting_date": (day or min(mirror.date_of(row) for row in rows)).isoformat(),
        }
    )
    data = {"reference": counter_key(one), "intent_hash": jsonio.digest(lines), "reverses": entry_key(one)}
    why = f"{decision.why}: a reversing entry is to be written"
    results.moves.append(Move(one.record_pk or 0, None, None, why, data=data, delay=None))


def _counter(one: Write, lines: Sequence[Row], connection: Connection) -> dict[str, Any]:
    form = mirror.form_of(one.form)
    entity = LegalEntity(one.legal_entity, posting(connection))
    return {
        "record_pk": one.record_pk, "epoch": one.epoch, "kind": WriteKind.REVERSAL, "reference": counter_key(one),
        "intent": lines, "intent_hash": jsonio.digest(lines), "lines": len(lines), "legal_entity": one.legal_entity,
        "journal_name": one.journal_name if form == one.form else entity.journal_name, "form": form, "wish": one.wish,
    }  # fmt: skip


def _done(
    one: Write, entry: Write | None, decision: Decision, connection: Connection, look: Look, results: Results
) -> None:
    pk = one.record_pk or 0
    results.finished[decision.form].append(one)
    status = LedgerStatus.NONE
    data: dict[str, Any] = {"reference": entry_key(one), "decision": decision.why, "form": decision.form}
    if decision.form is Form.REVERSED:
        rows = look.lines[counter_key(one)]
        unposted = any(not place.posted for place in look.places(one.legal_entity, counter_key(one)))
        status = LedgerStatus.UNPOSTED if unposted else LedgerStatus.POSTED
        results.refused.append({"id": one.id, "evidence": "nothing to do: its reversing entry stands"})
        lines: list[Row] = [{name: row[name] for name in mirror.SENT if name in row} for row in rows]
        day = min(mirror.date_of(row) for row in rows).isoformat()
        results.counters.append({**_counter(one, lines, connection), "period": one.period, "posting_date": day})
        results.adopted[pk] = rows
        data["ledger"] = _ledger(rows)
        if entry is not None and not entry.ledger:
            results.done.append({"id": entry.id, "ledger": _ledger(look.lines[entry_key(one)]), "journal_id": None})
    else:
        taken_out = one.intent if isinstance(one.intent, list) else []
        ledger = {"form": decision.form, "journal": "" if entry is None else journal_of(entry), "removed": taken_out}
        results.done.append({"id": one.id, "ledger": ledger, "journal_id": None})
        if one.resent or (entry is not None and entry.resent):
            results.later.append(one.id)
        data["ledger"] = ledger
    results.moves.append(
        Move(
            pk,
            Stage.WRITING,
            Stage.REVERSED,
            decision.why,
            data=data,
            problems=[],
            ledger_status=status,
            reason=one.wish.get("reason"),
        )
    )


def _ledger(rows: Sequence[Row]) -> dict[str, Any]:
    vouchers = sorted({str(row["Voucher"]) for row in rows if row.get("Voucher")})
    return {
        "data_area": str(rows[0].get("dataAreaId", "")),
        "journal": str(rows[0].get("JournalBatchNumber", "")),
        "lines": [row.get("LineNumber") for row in rows],
        "voucher": vouchers[0] if len(vouchers) == 1 else "",
    }
