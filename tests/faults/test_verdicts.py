"""A true answer to a batch, mutilated: nothing is said to be written that did not come back, or refused that was done.

Parts get lost, doubled and shuffled, lines within a part too; bytes are cut off, taken out or put in.
"""

from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connector.d365 import batch, multipart
from connector.domain import jsonio
from connector.pipeline.confirm import Verdict, verdicts
from tests.d365.test_multipart import kind, operation

Row = dict[str, Any]
REFUSED = {"error": {"code": "", "message": "An error has occurred.",
                     "innererror": {"message": "Blank isn't allowed for Department.", "type": "T"}}}  # fmt: skip
# How many lines each entry has, and whether F&O wrote it.
ENTRIES = st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=5)
# Under which id a refused changeset is answered: its own first, always 1, or none.
NAMED, ONE, NOBODY = "named", "1", ""


def intent(number: int, lines: int) -> list[Row]:
    """All lines of an entry alike, but for nothing: the hardest to tell apart."""
    shared = {"dataAreaId": "usmf", "AccountDisplayValue": "602100-001--", "CreditAmount": Decimal(0),
              "CurrencyCode": "USD", "TransDate": "2026-11-05T12:00:00Z"}  # fmt: skip
    return [{**shared, "DebitAmount": Decimal("1.5"), "Document": f"BX{number:018}"} for _ in range(lines)]


class Answered:
    """What was asked, what F&O made of it, and its answer in sections: per changeset the operations' texts."""

    def __init__(self, entries: list[tuple[int, bool]], refusal_id: str) -> None:
        self.intents = [intent(number, lines) for number, (lines, _) in enumerate(entries)]
        self.written = [done for _, done in entries]
        self.ids = batch.content_ids(self.intents)
        self.sections: list[list[str]] = []
        line_number = 0
        for number, (rows, ids, done) in enumerate(zip(self.intents, self.ids, self.written, strict=True)):
            told = []
            if not done:
                told = [self._operation(number, ids[0] if refusal_id == NAMED else refusal_id, "400 Bad", REFUSED)]
            for row, content_id in zip(rows, ids, strict=True) if done else ():
                line_number += 1
                shown = {**row, "JournalBatchNumber": "USMF-000001", "LineNumber": line_number, "Voucher": f"V{number}"}
                told.append(self._operation(number, content_id, "201 Created", shown))
            self.sections.append(told)

    @staticmethod
    def _operation(number: int, content_id: str, status: str, body: Row) -> str:
        return "\r\n".join(operation(f"changesetresponse_{number}", content_id, status, body))

    def section(self, number: int, operations: list[str] | None = None) -> str:
        inner = f"changesetresponse_{number}"
        head = f"Content-Type: multipart/mixed; boundary={inner}\r\n\r\n"
        told = self.sections[number] if operations is None else operations
        return head + "\r\n".join([*told, f"--{inner}--"])

    def body(self, sections: list[str]) -> bytes:
        return "\r\n".join([*(f"--batchresponse_1\r\n{one}" for one in sections), "--batchresponse_1--", ""]).encode()

    def judged(self, body: bytes) -> list[Verdict]:
        parts, complete = multipart.parse(kind(), body)
        return verdicts(self.intents, parts, self.ids, complete=complete)

    def assert_honest(self, body: bytes, whole: set[int]) -> None:
        """`whole`: entries whose lines all came back."""
        for number, verdict in enumerate(self.judged(body)):
            if verdict.outcome == "written":
                assert self.written[number], "said to be written, and was refused"
                assert number in whole, "said to be written, and its lines did not all come back"
                assert sorted(row["LineNumber"] for row in verdict.rows) == sorted(set(verdict.ledger["lines"]))
            if verdict.outcome == "refused":
                assert not self.written[number], "said to be refused, and it stands in the ledger"


@settings(max_examples=100, deadline=None)
@given(ENTRIES, st.sampled_from([NAMED, ONE, NOBODY]))
def test_a_true_answer_is_believed_as_a_whole(entries: list[tuple[int, bool]], refusal_id: str) -> None:
    answer = Answered(entries, refusal_id)
    judged = answer.judged(answer.body([answer.section(number) for number in range(len(entries))]))
    assert [one.outcome for one in judged] == ["written" if done else "refused" for done in answer.written]


@settings(max_examples=400, deadline=None)
@given(ENTRIES, st.sampled_from([NAMED, ONE, NOBODY]), st.data())
def test_parts_that_are_lost_or_shuffled(entries: list[tuple[int, bool]], refusal_id: str, data: st.DataObject) -> None:
    answer = Answered(entries, refusal_id)
    left = data.draw(st.lists(st.sampled_from(range(len(entries))), unique=True, max_size=len(entries)))
    answer.assert_honest(answer.body([answer.section(number) for number in left]), set(left))


@settings(max_examples=400, deadline=None)
@given(ENTRIES, st.data())
def test_parts_that_are_lost_doubled_and_shuffled_where_refusals_are_named(
    entries: list[tuple[int, bool]], data: st.DataObject
) -> None:
    """Without a name a refusal that came twice could stand for another's: F&O's silence would have to be a lie."""
    answer = Answered(entries, NAMED)
    left = data.draw(st.lists(st.sampled_from(range(len(entries))), max_size=len(entries) + 2))
    answer.assert_honest(answer.body([answer.section(number) for number in left]), set(left))


@settings(max_examples=400, deadline=None)
@given(ENTRIES, st.data())
def test_lines_within_a_part_that_are_lost_doubled_and_shuffled(
    entries: list[tuple[int, bool]], data: st.DataObject
) -> None:
    answer = Answered(entries, NAMED)
    sections, whole = [], set()
    for number, operations in enumerate(answer.sections):
        places = data.draw(st.lists(st.sampled_from(range(len(operations))), max_size=len(operations) + 1))
        sections.append(answer.section(number, [operations[place] for place in places]))
        if set(places) == set(range(len(operations))):
            whole.add(number)
    answer.assert_honest(answer.body(sections), whole)


@settings(max_examples=400, deadline=None)
@given(ENTRIES, st.sampled_from([NAMED, ONE, NOBODY]), st.data())
def test_bytes_that_are_missing_or_put_in(
    entries: list[tuple[int, bool]], refusal_id: str, data: st.DataObject
) -> None:
    answer = Answered(entries, refusal_id)
    body = answer.body([answer.section(number) for number in range(len(entries))])
    first = data.draw(st.integers(0, len(body)))
    last = data.draw(st.integers(first, len(body)))
    put_in = data.draw(st.binary(max_size=40))
    answer.assert_honest(body[:first] + put_in + body[last:], set(range(len(entries))))


@settings(max_examples=100, deadline=None)
@given(ENTRIES, st.integers(0, 4), st.sampled_from(["DebitAmount", "Document", "dataAreaId", "LineNumber"]))
def test_a_value_of_a_line_that_was_changed_on_its_way_confirms_nothing_silently(
    entries: list[tuple[int, bool]], number: int, name: str
) -> None:
    assume(number < len(entries) and entries[number][1])
    answer = Answered(entries, NAMED)
    text = answer.sections[number][0]
    head, _, row = text.rpartition("\r\n")
    values = {"DebitAmount": Decimal(7), "Document": f"BX{9:018}", "dataAreaId": "dat", "LineNumber": "1"}
    answer.sections[number][0] = f"{head}\r\n{jsonio.dumps({**jsonio.loads(row), name: values[name]})}"
    judged = answer.judged(answer.body([answer.section(one) for one in range(len(entries))]))[number]
    assert judged.outcome == "unknown" or (name == "DebitAmount" and judged.differences)
