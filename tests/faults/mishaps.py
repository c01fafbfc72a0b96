"""What people and jobs do to the books, and when: the second fault matrix. Each row cites the fact behind it.

An earlier record stands in the ledger; then two more come, and at one of four moments it happens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.bench import Bench
from tests.pipeline.helpers import HEADER, REPORT, SEND, after_answer, key, let_pass

UNSENT: Final = "before it is sent"
UNREAD: Final = "sent, answer lost"
UNTOLD: Final = "written, Brex not told"
TOLD: Final = "Brex told"
MOMENTS: Final = (UNSENT, UNREAD, UNTOLD, TOLD)

DONE: Final = "done"
UNNOTICED: Final = "unnoticed"
JOURNAL: Final = "USMF-000001"
QUIET: Final = 120.0

# What was done to which records by hand (or by F&O itself), and the Documents of other people's lines.
Touched = Sequence[str]
Do = Callable[[Bench], Touched | None]


@dataclass(frozen=True, slots=True)
class Mishap:
    """`ends`: by moment, "earlier | first | second", where one part stands for both new ones, and the earlier is done.

    `apart`: why a moment has no cell.
    """

    name: str
    fact: str
    do: Do
    ends: dict[str, str]
    apart: str = "the same as the moment before"
    allowed: dict[str, Any] = field(default_factory=dict)


def new(bench: Bench) -> list[str]:
    return bench.ids[1:]


def _everywhere(end: str) -> dict[str, str]:
    return dict.fromkeys(MOMENTS, end)


def _post(bench: Bench) -> None:
    bench.world.d365.post_journal(JOURNAL)


def _lock(bench: Bench) -> None:
    bench.world.d365.lock_journal(JOURNAL)


def _submit(bench: Bench) -> None:
    bench.world.d365.submit_workflow(JOURNAL)


def _delete_journal(bench: Bench) -> Touched:
    touched = [one for one in bench.ids if bench.world.d365.lines(document=key(one))]
    bench.world.d365.delete_journal(JOURNAL)
    return touched


def _delete_lines(bench: Bench) -> Touched:
    one = _written(bench)
    bench.world.d365.delete_lines(document=key(one))
    return [one]


def _delete_one_line(bench: Bench) -> Touched:
    bench.world.d365.delete_lines(document=key(new(bench)[1]), first=1)
    return [new(bench)[1]]


def _change_amount(bench: Bench) -> Touched:
    one = _written(bench)
    (line,) = bench.world.d365.lines(document=key(one))
    bench.world.d365.change_line(JOURNAL, line["LineNumber"], DebitAmount=1)
    return [one]


def _split_voucher(bench: Bench) -> Touched:
    bench.world.d365.split_voucher(key(new(bench)[1]))
    return [new(bench)[1]]


def _move(bench: Bench) -> None:
    bench.world.d365.move_lines(JOURNAL, document=key(_written(bench)))


def _transfer(bench: Bench) -> None:
    """Posting finds an error in one voucher: it goes to a new journal, and the rest is posted."""
    _own_line(bench)
    bench.world.d365.move_lines(JOURNAL, document=key(_written(bench)))
    bench.world.d365.post_journal(JOURNAL)


def _written(bench: Bench) -> str:
    """The first new record where it stands in the ledger, else the earlier one."""
    first = new(bench)[0]
    return first if bench.world.d365.lines(document=key(first)) else bench.ids[0]


def _own_line(bench: Bench) -> None:
    bench.world.d365.add_line(
        JOURNAL, AccountDisplayValue="605140-001-022-", OffsetAccountDisplayValue="200130-001--", DebitAmount=5,
        CurrencyCode="USD", TransDate=bench.world.clock().date().isoformat(), Document="BY-HAND",
    )  # fmt: skip


def _offset(bench: Bench) -> Touched:
    bench.world.d365.journal_name("BREX", OffsetAccountDisplayValue="110180", IsFixedOffsetAccount="Yes")
    return new(bench)


def _dimension(bench: Bench) -> Touched:
    bench.world.d365.add(
        "MainAccountLegalEntities", MainAccountId="602100", ChartOfAccounts="Shared", LegalEntityId="USMF",
        FixedDimensionsDisplayValue="002",
    )  # fmt: skip
    return new(bench)


def _tax(bench: Bench) -> Touched:
    bench.world.d365.add(
        "MainAccountLegalEntities", MainAccountId="602100", ChartOfAccounts="Shared", LegalEntityId="USMF",
        SalesTaxGroup="TX", ItemSalesTaxGroup="ALL",
    )  # fmt: skip
    bench.world.d365.set(fills_blanks=True)
    return new(bench)


def _one_voucher(bench: Bench) -> Touched:
    bench.world.d365.journal_name("BREX", NewVoucher="OneVoucher")
    return bench.ids


def _line_numbers(policy: str, duplicates: str = "refused") -> Do:
    def do(bench: Bench) -> None:
        bench.world.d365.set(line_number=policy, duplicate_numbers=duplicates)

    return do


def _refused(refusal_id: str, *, goes_on: bool) -> Do:
    """An extension of F&O's refuses the first one."""

    def do(bench: Bench) -> None:
        first = key(new(bench)[0])
        bench.world.d365.set(refuses_document=first, refusal_id=refusal_id, continue_on_error=goes_on)

    return do


def _conflict(bench: Bench) -> None:
    held = bench.world.d365.somebody_writes_to(JOURNAL)
    held.__enter__()
    after_answer(bench.world, "d365", SEND, lambda: held.__exit__(None, None, None))


def _delete_after_posting(bench: Bench) -> Touched:
    bench.world.d365.journal_name("BREX", DeleteLinesAfterPosting="Yes")
    touched = [one for one in bench.ids if bench.world.d365.lines(document=key(one))]
    bench.world.d365.post_journal(JOURNAL)
    return touched


def _repeat(bench: Bench) -> Touched:
    bench.world.d365.repeat_next_write()
    return new(bench)


def _late_entries(bench: Bench) -> None:
    bench.world.faults.add("d365", SEND, "late")


def _late_beyond(bench: Bench) -> Touched:
    """Cut off, believed absent, sent again; and then the first request lands after all."""
    bench.world.faults.add("d365", SEND, "reset_before")
    bench.announce(new(bench))
    bench.settle(minutes=5)
    bench.world.d365.repeat_next_write()
    for one in new(bench):
        lines = bench.world.d365.lines(document=key(one))
        for line in lines:
            kept = {name: line[name] for name in _COPIED}
            bench.world.d365.add_line(line["JournalBatchNumber"], **kept)
    return new(bench)


_COPIED: Final = (
    "AccountDisplayValue", "OffsetAccountDisplayValue", "DebitAmount", "CreditAmount", "CurrencyCode", "TransDate",
    "Document", "Text",
)  # fmt: skip


def _late_journal(bench: Bench) -> None:
    _submit(bench)
    bench.world.faults.add("d365", HEADER, "late")


def _pull_back(bench: Bench) -> None:
    bench.world.brex.pull_back(new(bench)[0])


def _vanish(bench: Bench) -> None:
    bench.world.brex.remove(new(bench)[0])


def _exported(bench: Bench) -> None:
    bench.world.brex.edit(new(bench)[0], review_status="EXPORTED")


REFUSED: Final = {UNSENT: f"{DONE} | D365-REFUSED | {DONE}"}
GONE: Final = "LEDGER-GONE, told"
MISHAPS: Final[tuple[Mishap, ...]] = (
    Mishap("journal posted", "a batch job or a person posts; no OData action does", _post, _everywhere(DONE)),
    Mishap("journal in use", "a person has it open", _lock, _everywhere(DONE)),
    Mishap("journal in workflow", "a journal name may ask for approval", _submit, _everywhere(DONE)),
    Mishap(
        "journal deleted", "people delete journals with their lines", _delete_journal,
        {UNSENT: f"{GONE} | {DONE}", UNREAD: f"{GONE} | LEDGER-CANNOT-TELL", UNTOLD: f"{GONE} | {GONE}",
         TOLD: f"{GONE} | {GONE}"},
    ),
    Mishap(
        "an entry deleted", "people delete lines", _delete_lines,
        {UNSENT: f"{UNNOTICED} | {DONE}", UNREAD: DONE, UNTOLD: f"{DONE} | {UNNOTICED} | {DONE}",
         TOLD: f"{DONE} | {UNNOTICED} | {DONE}"},
    ),
    Mishap(
        "one line of an entry deleted", "people delete lines", _delete_one_line,
        {UNREAD: f"{DONE} | {DONE} | LEDGER-PARTIAL", TOLD: f"{DONE} | {DONE} | {UNNOTICED}"},
        "nothing of it stands yet, or as when Brex was told",
    ),
    Mishap(
        "an amount changed", "lines of unposted journals can be edited", _change_amount,
        {UNREAD: f"{DONE} | D365-ALTERED | {DONE}", TOLD: f"{DONE} | {UNNOTICED} | {DONE}"},
        "nothing of it stands yet, or as when Brex was told",
    ),
    Mishap("an entry moved", "a journal of over 1,000 lines may be split (10.0.36)", _move, {UNREAD: DONE}),
    Mishap("Transfer errors", "failing vouchers go to a new journal, the others are posted", _transfer,
           _everywhere(DONE), allowed={"documents": {"BY-HAND"}}),
    Mishap("a person's line in our journal", "journals are everybody's", _own_line, _everywhere(DONE),
           allowed={"documents": {"BY-HAND"}}),
    Mishap("offset account filled in", "a journal name may have a fixed offset account", _offset,
           {UNSENT: "D365-ALTERED"}),
    Mishap("dimension filled in", "an account may have fixed dimensions in a company", _dimension,
           {UNSENT: "D365-ALTERED"}),
    Mishap("tax group filled in", "an account may have tax groups; an extension may fill blanks", _tax,
           {UNSENT: "D365-ALTERED"}),
    Mishap("vouchers shared", "OneVoucher puts a whole journal into one voucher", _one_voucher,
           {UNSENT: "D365-VOUCHER"}),
    Mishap("a voucher split", "lines of one record got two numbers", _split_voucher,
           {UNREAD: f"{DONE} | {DONE} | D365-VOUCHER", TOLD: f"{DONE} | {DONE} | {UNNOTICED}"},
           "nothing of it stands yet, or as when Brex was told"),
    Mishap("update conflict", "parallel inserts under one header conflict", _conflict, {UNSENT: DONE}),
    Mishap("LineNumber refused", "unknown per environment", _line_numbers("refused"), {UNSENT: DONE}),
    Mishap("LineNumber ignored", "unknown per environment", _line_numbers("ignored"), {UNSENT: DONE}),
    Mishap("LineNumber kept", "unknown per environment", _line_numbers("kept"), {UNSENT: DONE}),
    Mishap("a duplicate key accepted", "unknown; so no key of F&O's is relied on", _line_numbers("kept", "accepted"),
           {UNSENT: DONE}),
    Mishap("refused, F&O goes on", "Prefer: odata.continue-on-error", _refused("first", goes_on=True), REFUSED),
    Mishap("refused, F&O stops there", "seen in spite of the Prefer header", _refused("first", goes_on=False), REFUSED),
    Mishap("refused under Content-ID 1", "recorded once", _refused("one", goes_on=True), REFUSED),
    Mishap("refused under Content-ID 1, and stops", "perhaps", _refused("one", goes_on=False), REFUSED),
    Mishap("refused without an id, and stops", "perhaps", _refused("none", goes_on=False), REFUSED),
    Mishap("lines deleted on posting", "DeleteLinesAfterPosting of the journal name", _delete_after_posting,
           {UNSENT: f"{UNNOTICED} | {DONE}", UNREAD: f"{UNNOTICED} | LEDGER-CANNOT-TELL",
            TOLD: f"{UNNOTICED} | {UNNOTICED}"}),
    Mishap("the request repeated on its way", "F&O has no idempotency key", _repeat, {UNSENT: UNNOTICED}),
    Mishap("lands late, before absence is believed", "F&O has no deadline of ours", _late_entries, {UNSENT: DONE}),
    Mishap("lands late, after every look", "F&O has no deadline of ours", _late_beyond,
           {UNSENT: "LEDGER-TWICE, told"}),
    Mishap("a journal lands late", "its creation was given up", _late_journal, {UNSENT: DONE}),
    Mishap("pulled back to REVIEW", "a person takes it out of the queue", _pull_back,
           {UNSENT: f"{DONE} | RECORD-NOT-READY | {DONE}", UNREAD: f"{DONE} | ACK-NOT-READY | {DONE}",
            UNTOLD: f"{DONE} | ACK-NOT-READY | {DONE}"}, "an exported record cannot be pulled back"),
    Mishap("gone from Brex", "export-results answers 404 for it", _vanish,
           {UNSENT: f"{DONE} | RECORD-NOT-FOUND | {DONE}", UNREAD: f"{DONE} | ACK-NOT-FOUND | {DONE}",
            UNTOLD: f"{DONE} | ACK-NOT-FOUND | {DONE}", TOLD: DONE}),
    Mishap("EXPORTED already", "422 after a success whose answer was lost", _exported,
           {UNSENT: f"{DONE} | RECORD-EXPORTED-ELSEWHERE | {DONE}", UNREAD: DONE, UNTOLD: DONE}),
)  # fmt: skip


def play(bench: Bench, mishap: Mishap, moment: str) -> Touched:
    """Let it happen; returns the records that were touched by others than the connector."""
    bench.spend(1)
    bench.announce()
    bench.settle()
    bench.runtime.quiet_seconds = QUIET
    bench.spend(1, 2)
    if moment == UNREAD:
        bench.world.faults.add("d365", SEND, "reset_after")
    elif moment == UNTOLD:
        bench.world.faults.add("brex", REPORT, "throttle", retry_after=3600)
    if moment != UNSENT:
        bench.announce(new(bench))
        bench.chain() if moment != TOLD else bench.settle()
    touched = mishap.do(bench) or ()
    if moment == UNSENT:
        bench.announce(new(bench))
    let_pass(bench.database, 0 if moment == UNSENT else 5000)
    bench.settle()
    bench.watch()
    bench.settle()
    return touched
