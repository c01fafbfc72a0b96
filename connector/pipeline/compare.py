"""Brex's records of a period, our own, and F&O's lines: do the three say the same? Pure: no I/O, no clock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from connector.domain.money import Money
from connector.domain.plural import counted
from connector.domain.record import EXPORTED, READY, SETTLED
from connector.domain.reference import linked_id, reference
from connector.domain.stages import ExportStatus, Stage
from connector.domain.writes import JOURNALS, LINES, Outcome, WriteKind
from connector.pipeline import confirm
from connector.pipeline.balance import Finding, Key, Ours, Result, Row, Sent, Theirs, total

# In this order they are shown; what Brex has not exported yet or we do not know follows, by review status.
WRITTEN, HELD, SKIPPED, REVERSED = "written", "held", "skipped", "reversed"
NOT_EXPORTED, NOT_KNOWN, BEFORE_START = "not exported in Brex", "not known here", "before the start date"
_IN_FLIGHT: Final = frozenset({Stage.RECEIVED, Stage.FETCHED, Stage.MAPPED, Stage.WRITING})
# Where a record is counted by its stage.
PART: Final = {
    Stage.WRITTEN: WRITTEN, Stage.ACKNOWLEDGED: WRITTEN, Stage.HELD: HELD, Stage.SKIPPED: SKIPPED,
    Stage.REVERSED: REVERSED,
    **{stage: f"in flight, {stage}" for stage in _IN_FLIGHT},
}  # fmt: skip
_LIVE: Final = frozenset({Outcome.OPEN, Outcome.WRITTEN, Outcome.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Period:
    """Both days belong to it. `entity` is where a record is counted that was not planned yet."""

    first: date
    last: date
    start: date  # what lies before it is not ours to write
    entity: str
    delimiter: str = "-"

    def has(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last


def compare(
    period: Period,
    ours: Sequence[Ours],
    theirs: Mapping[str, Theirs],
    lines: Iterable[Row],
    explained: frozenset[str] = frozenset(),
) -> Result:
    """`lines`: F&O's, of our references. `explained`: references that belong to what is not compared here."""
    found: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        found[str(line.get("Document", ""))].append(line)
    result = Result(period.first, period.last)
    for one in ours:
        result.moving += one.moving
        if not one.linked:
            _in_brex(period, one, theirs.get(one.record_id), found, result)
        for sent in one.sent:
            if sent.kind in LINES and sent.form in JOURNALS and period.has(sent.day or one.day):
                _in_ledger(period, one, sent, found.get(sent.reference, []), result)
    known = {one.record_id for one in ours}
    for shown in theirs.values():
        if shown.record_id not in known and period.has(shown.day):
            _unknown(period, shown, result)
    _strangers(period, ours, theirs, found, explained, result)
    result.findings.sort(key=lambda one: one.identity)
    return result


# Brex's side: each of its records is in one part


def _in_brex(period: Period, one: Ours, shown: Theirs | None, found: Mapping[str, list[Row]], result: Result) -> None:
    if not period.has(one.day):
        return
    result.records += 1
    result.by_stage[one.stage] = result.by_stage.get(one.stage, 0) + 1
    part = PART[Stage(one.stage)]
    if part == HELD and any(sent.outcome == Outcome.WRITTEN for sent in one.sent):
        part = "held, in the ledger"
    bound = any(sent.outcome in _LIVE for sent in one.sent) and one.amount is not None and not one.settled
    mine = Money(one.amount or Decimal(0), one.currency) if bound else None
    if shown is None:
        if one.amount is not None:
            result.add((one.legal_entity, one.currency), part, one.amount)
        if not one.moving:
            result.findings.append(_about(one, "vanished", "Brex does not show this record any more", one.amount))
        return
    worth = shown.worth(mine)
    result.brex[_key(period, one, worth)] += worth.amount
    result.add(_key(period, one, mine or worth), part, (mine or worth).amount)
    if not one.moving:
        _told(one, shown, mine, worth, found, result)


def _told(
    one: Ours, shown: Theirs, mine: Money | None, worth: Money, found: Mapping[str, list[Row]], result: Result
) -> None:
    """What Brex says of a record against what we did with it."""
    if mine is not None and mine != worth:
        told = f"Brex shows {worth}, the entry is over {mine}" if worth.currency else "what Brex shows cannot be read"
        result.findings.append(_about(one, "amount", told, worth.amount))
    exported = shown.review_status == EXPORTED
    if one.export_status == ExportStatus.EXPORTED and not exported and not one.settled:
        told = f"Brex was told that it is exported, and shows {shown.review_status}"
        result.findings.append(_about(one, "returned", told, worth.amount))
    undone = one.stage in _IN_FLIGHT or one.stage == Stage.HELD
    # What was written and is gone is told as missing.
    standing = _own(one) in found or any(s.outcome == Outcome.WRITTEN or found.get(s.reference) for s in one.sent)
    if exported and undone and not standing:
        told = f"Brex shows EXPORTED, it is {one.stage} here, and nothing of it stands in F&O"
        result.findings.append(_about(one, "exported", told, worth.amount))


def _unknown(period: Period, shown: Theirs, result: Result) -> None:
    worth, status = shown.worth(), shown.review_status
    key = (period.entity, worth.currency)
    result.brex[key] += worth.amount
    part = NOT_KNOWN if status in (READY, EXPORTED, SETTLED) else NOT_EXPORTED
    if part == NOT_KNOWN and shown.day is not None and shown.day < period.start:
        part = BEFORE_START
    result.add(key, f"{part}, {status}", worth.amount)
    if part == NOT_KNOWN:
        told = f"Brex shows {status}, and it was never heard of here"
        result.findings.append(
            Finding("unknown", shown.record_id, "", told, "", key[0], worth.currency, worth.amount, shown.day)
        )


def _key(period: Period, one: Ours, worth: Money) -> Key:
    return one.legal_entity or period.entity, worth.currency


# F&O's side: each write is there once, whole and unchanged, or not at all


def _in_ledger(period: Period, one: Ours, sent: Sent, found: list[Row], result: Result) -> None:
    key = (sent.legal_entity or one.legal_entity, one.currency)
    sum_found = _signed(sent, total(found))
    result.ledger[key] += sum_found
    amount = total(sent.intent) if sent.intent else (one.amount or Decimal(0))
    if one.moving or _on_its_way(one, sent):
        result.planned[key] += sum_found  # on its way: what stands there already is explained
        return
    if sent.outcome != Outcome.WRITTEN or _taken_back(one, sent, found):
        if found:
            told = "was surely not written" if sent.outcome != Outcome.WRITTEN else "was taken back and written again"
            told = f"F&O has {counted(len(found), 'line')} of an entry that {told}"
            result.findings.append(_about(one, "orphan", told, total(found), sent, found))
        return
    result.planned[key] += _signed(sent, amount)
    verdict = _judge(one, sent, found, amount, period.delimiter)
    if verdict is not None:
        result.findings.append(_about(one, verdict[0], verdict[1], amount, sent, found))


def _signed(sent: Sent, amount: Decimal) -> Decimal:
    """A reversing entry takes back what it reverses: the pair sums to zero."""
    return amount if sent.kind == WriteKind.ENTRY else -abs(amount)


def _on_its_way(one: Ours, sent: Sent) -> bool:
    """Whether it stands there, or still does, nobody can say yet: being written, or being taken out."""
    removals = [other for other in one.sent if other.kind == WriteKind.REMOVAL and other.epoch == sent.epoch]
    pending = (Outcome.OPEN, Outcome.UNCERTAIN)
    return sent.outcome in pending or any(other.outcome in pending for other in removals)


def _taken_back(one: Ours, sent: Sent, found: list[Row]) -> bool:
    """Its lines were taken out, not reversed by an entry of their own: they are not missed, and must not stand."""
    if sent.kind != WriteKind.ENTRY:
        return False
    others = {other.kind for other in one.sent if other.epoch == sent.epoch and other.outcome == Outcome.WRITTEN}
    if WriteKind.REVERSAL in others:
        return False
    return sent.removed or one.epoch > sent.epoch or (one.stage == Stage.REVERSED and not found)


def _judge(one: Ours, sent: Sent, found: list[Row], amount: Decimal, delimiter: str) -> tuple[str, str] | None:
    """Kind and sentence of the finding; None where the lines are as they were sent, where we know them to be."""
    count = len(sent.intent) if sent.intent else sent.lines
    journals = sorted({str(line.get("JournalBatchNumber")) for line in found})
    places = f"journal{'' if len(journals) == 1 else 's'} {', '.join(journals)}"
    if not found:
        return "missing", "F&O has no line with its reference"
    if len(found) > count:
        return "doubled", f"F&O has {len(found)} lines, not {count}, in {places}"
    if len(found) < count:
        return "deleted", f"F&O has {len(found)} lines of {count}, in {places}"
    told = _altered(sent, found, amount, delimiter)
    if told and "D365-ALTERED" not in one.accepted:
        return "altered", told
    if len(journals) > 1 or (sent.journal and journals != [sent.journal]):
        return "moved", f"F&O has it in {places}, not in {sent.journal or 'one alone'}"
    return None


def _altered(sent: Sent, found: list[Row], amount: Decimal, delimiter: str) -> str:
    if not sent.intent:  # purged: by number of lines and amount only
        return "" if total(found) == amount else f"F&O has {total(found)}, not {amount}"
    verdict = confirm.judge(sent.intent, found, delimiter, posted=True)
    if verdict.outcome != "written":
        return verdict.message
    return "; ".join(verdict.differences)


def _strangers(
    period: Period,
    ours: Sequence[Ours],
    theirs: Mapping[str, Theirs],
    found: Mapping[str, list[Row]],
    explained: frozenset[str],
    result: Result,
) -> None:
    """Lines that look like ours and belong to no write of this connection, dated within the period."""
    known = {sent.reference for one in ours for sent in one.sent}
    # A connection that was removed, or a lost database, may have written what a record cannot be planned for now.
    waiting = {_own(one): one.record_id for one in ours if one.stage == Stage.HELD and not one.moving}
    known |= explained - waiting.keys()
    first = {reference(record_id, 0, WriteKind.ENTRY): record_id for record_id in theirs}
    first |= {reference(linked_id(record_id), 0, WriteKind.ENTRY): record_id for record_id in theirs}
    for named, lines in sorted(found.items()):
        days = [day for line in lines if period.has(day := _day(line))]
        if named in known or not days:
            continue
        line = lines[0]
        key = (str(line.get("dataAreaId", "")).lower(), str(line.get("CurrencyCode", "")))
        result.ledger[key] += total(lines)
        record_id = waiting.get(named) or first.get(named, "")
        told = f"F&O has {counted(len(lines), 'line')} with this reference, and no entry of ours explains them"
        told += f"; it is the one of Brex's record {record_id}" if record_id else ""
        if named in waiting:
            told = f"F&O has {counted(len(lines), 'line')} of it, and it is held before it could be compared with them"
        places = ", ".join(sorted({str(one.get("JournalBatchNumber")) for one in lines}))
        kind = "held" if named in waiting else "orphan"
        result.findings.append(Finding(kind, record_id, named, told, places, *key, total(lines), days[0]))


def _own(one: Ours) -> str:
    return reference(one.record_id, one.epoch, WriteKind.ENTRY)


def _day(line: Row) -> date | None:
    try:
        return date.fromisoformat(str(line.get("TransDate", ""))[:10])
    except ValueError:
        return None


def _about(
    one: Ours, kind: str, told: str, amount: Decimal | None, sent: Sent | None = None, found: Sequence[Row] = ()
) -> Finding:
    journals = sorted({str(line.get("JournalBatchNumber")) for line in found})
    current = next((each for each in reversed(one.sent) if each.epoch == one.epoch), None)
    about = sent or current
    return Finding(
        kind,
        one.record_id,
        about.reference if about else "",
        told,
        ", ".join(journals) or (about.journal if about else ""),
        (sent.legal_entity if sent else "") or one.legal_entity,
        one.currency,
        amount,
        (sent.day if sent else None) or one.day,
    )
