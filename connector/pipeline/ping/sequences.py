"""Can F&O number what we write: vouchers by the journal name's voucher series, and journals themselves?

Facts: a number sequence is a row of SequenceV2Tables, by scope; which one numbers a kind of data is a row of
NumberSequencesV2References (F&O metadata). The journal batch number's kind is LedgerJournalId, seen in use and in no
page of Microsoft: its absence is only believed where another company has one.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from connector.d365.errors import D365Error
from connector.mapping.entities import LegalEntity
from connector.pipeline.ping.rung import Ladder, Rung
from connector.pipeline.ping.sets import Row, Rows, Sets, first, unread

RUNG: Final = "number sequences"
FORM: Final = "Organization administration > Number sequences > Number sequences"
_JOURNALS: Final = "LedgerJournalId"
_COMPANY: Final = "DataArea"
_FEW: Final = 1_000


def look(sets: Sets, ladder: Ladder, entity: LegalEntity, names: Sequence[str]) -> Iterator[Rung]:
    """One rung for each thing wrong or unknown; else a single green one. `names`: the journal names that are used."""
    vouchers = [rung for name in names for rung in _vouchers(sets, ladder, entity.id, name)]
    found = [*dict.fromkeys(vouchers), *_journals(sets, ladder, entity.id)]
    tried = f"SequenceV2Tables and NumberSequencesV2References: vouchers and journals of {entity.id}"
    yield from found or [ladder.green(RUNG, tried, f"F&O can number the vouchers and journals of {entity.id}")]


def _vouchers(sets: Sets, ladder: Ladder, entity: str, name: str) -> Iterator[Rung]:
    """The series of the journal name. What is wrong with the journal name itself is told by its own rung."""
    if "*" in name:
        return
    rows = sets.rows("JournalNames", dataAreaId=entity, Name=name)
    row = None if isinstance(rows, D365Error) else first(rows)
    code = str(row.get("VoucherSeriesCode") or "") if row else ""
    if row is None or not code:
        return
    company = str(row.get("VoucherSeriesCompanyId") or entity).lower()
    told = f"the voucher series {code} of {name} in {entity}"
    yield from _sequence(sets, ladder, code, company, told)


def _journals(sets: Sets, ladder: Ladder, entity: str) -> Iterator[Rung]:
    tried = f"NumberSequencesV2References: {_JOURNALS} for {entity}"
    rows = sets.rows("NumberSequencesV2References", DataTypeName=_JOURNALS)
    if isinstance(rows, D365Error):
        yield unread(ladder, RUNG, "NumberSequencesV2References", rows)
        return
    where = "General ledger > Ledger setup > General ledger parameters > Number sequences"
    fix = f"choose a number sequence for the journal batch number in {entity} ({where})"
    if not rows:
        sentence = "F&O shows no number sequence of journal batch numbers, for any company"
        yield ladder.amber(RUNG, tried, sentence, f"see that there is one, or {fix}")
        return
    own = _of(rows, entity)
    code = str(own.get("NumberSequenceCode") or "") if own else ""
    if code:
        yield from _sequence(sets, ladder, code, entity, f"the number sequence {code} of journal numbers in {entity}")
    elif own is None and any(row.get("ScopeType") != _COMPANY for row in rows):
        sentence = f"whether journals of {entity} are numbered cannot be told: F&O has sequences of another scope"
        yield ladder.amber(RUNG, tried, sentence, f"see that there is one, or {fix}")
    else:
        sentence = f"no number sequence gives {entity} its journal batch numbers, so no journal can be opened"
        yield ladder.red(RUNG, tried, sentence, fix)


def _sequence(sets: Sets, ladder: Ladder, code: str, company: str, told: str) -> Iterator[Rung]:
    tried = f"SequenceV2Tables: {code} for {company}"
    rows = sets.rows("SequenceV2Tables", NumberSequenceCode=code)
    if isinstance(rows, D365Error):
        yield unread(ladder, RUNG, "SequenceV2Tables", rows)
        return
    own = _of(rows, company) or (rows[0] if len(rows) == 1 and rows[0].get("ScopeType") != _COMPANY else None)
    if own is not None:
        yield from _state(ladder, own, tried, told)
    elif any(row.get("ScopeType") != _COMPANY for row in rows):
        sentence = f"{told} is there in other scopes than the company: which one counts cannot be told"
        yield ladder.amber(RUNG, tried, sentence, f"see that it can number ({FORM})")
    else:
        sentence = f"{told} does not exist"
        yield ladder.red(RUNG, tried, sentence, f"create it, or choose another one ({FORM})")


def _of(rows: Rows, company: str) -> Row | None:
    """The row of a company: a scope's value is the company's id."""
    return first([row for row in rows if str(row.get("ScopeValue") or "").lower() == company.lower()])


def _state(ladder: Ladder, row: Row, tried: str, told: str) -> Iterator[Rung]:
    """What F&O does not tell is not judged. Fact: `Next` is the number that will be given, `Largest` the last one."""
    if row.get("Stopped") == "Yes":
        yield ladder.red(RUNG, tried, f"{told} is stopped", f"switch Stopped off ({FORM})")
    if row.get("Manual") == "Yes":
        fix = f"switch Manual off ({FORM})"
        yield ladder.red(RUNG, tried, f"{told} is manual: F&O gives no numbers, and none are sent", fix)
    left = _left(row)
    if left is None:
        return
    fix = f"raise its Largest number ({FORM})"
    if left <= 0:
        yield ladder.red(RUNG, tried, f"{told} is exhausted: its largest number, {row['Largest']}, is given", fix)
    elif left <= _FEW:
        yield ladder.amber(RUNG, tried, f"{told} has {left:,} numbers left", fix)


def _left(row: Row) -> int | None:
    """None where it cannot run out, or F&O does not tell."""
    number, largest = _number(row.get("Next")), _number(row.get("Largest"))
    if row.get("Cyclical") == "Yes" or number is None or not largest:
        return None
    return largest - number + 1


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
