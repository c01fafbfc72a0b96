"""Is the journal name fit for purpose? Each option that spoils entries, and what to do about it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connector.d365.errors import D365Error
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung, State
from connector.pipeline.ping.sets import Row, Sets, unread
from connector.store.journals import MOST_LINES

RUNG: Final = "journal name"
FORM: Final = "General ledger > Journal setup > Journal names"


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `spoilt` by which values, how badly, in which words (`{value}`), and what to do."""

    key: str
    state: State
    spoilt: Callable[[str], bool]
    wrong: str
    fix: str


def _not(*good: str) -> Callable[[str], bool]:
    return lambda value: value not in good


def _is(bad: str) -> Callable[[str], bool]:
    return lambda value: value == bad


def _filled(value: str) -> bool:
    return bool(value.strip())


def _too_small(value: str) -> bool:
    return value.isdigit() and 0 < int(value) < MOST_LINES


def of_type(types: Sequence[str]) -> Option:
    """The journal name's own type, by the form of what goes into it."""
    wanted = " or ".join(types)
    wrong = f"is of type {{value}}, not {wanted}"
    return Option("Type", State.RED, _not(*types), wrong, f"use a journal name of type {wanted}")


# Facts: the options of JournalNames (F&O metadata), and what becomes of journals under them (Microsoft, posting).
OPTIONS: Final[tuple[Option, ...]] = (
    of_type(("Daily",)),
    Option(
        "NewVoucher", State.RED, _not("BalanceSheet"),
        "starts new vouchers by the rule {value}, so entries would share one voucher or be split over several",
        "set New voucher to In connection with balance",
    ),
    Option(
        "VoucherSeriesCode", State.RED, lambda value: not _filled(value),
        "has no voucher series, so F&O cannot number vouchers", "choose a Voucher series",
    ),
    Option(
        "DeleteLinesAfterPosting", State.RED, _is("Yes"),
        "deletes its lines after posting, so nobody could look later whether an entry is there",
        "switch Delete lines after posting off",
    ),
    Option(
        "IsFixedOffsetAccount", State.RED, _is("Yes"),
        "has a fixed offset account, which F&O puts on every line in place of ours",
        "switch Fixed offset account off",
    ),
    Option(
        "OffsetAccountDisplayValue", State.AMBER, _filled,
        "has the default offset account {value}, which F&O may put on lines that have none",
        "clear its offset account; `connector probe` shows whether F&O does so",
    ),
    Option(
        "DefaultFinancialDimensionDisplayValue", State.AMBER, _filled,
        "has the default dimensions {value}, which F&O may put where ours are blank", "clear its default dimensions",
    ),
    Option(
        "DetailLevel", State.AMBER, _is("Summary"), "posts in summary, which loses our reference in the posted ledger",
        "set Detail level to Details",
    ),
    Option(
        "AmountsIncludeSalesTax", State.AMBER, _is("Yes"),
        "takes amounts as including sales tax, so a line with a tax group would be posted with another amount",
        "switch Amounts include sales tax off",
    ),
    Option(
        "IsWorkflowApprovalActive", State.AMBER, _is("Yes"),
        "has workflow approval: a journal takes no lines from its submission on, and another one is opened then",
        "see that journals are submitted at the end of their period, or switch the workflow off",
    ),
    Option(
        "IsApprovalActive", State.AMBER, _is("Yes"),
        "needs approval before posting", "see that somebody approves its journals",
    ),
    Option(
        "PrivateForUserGroup", State.AMBER, _filled, "is private to the user group {value}",
        "put the connector's user into that group, or clear it",
    ),
    Option(
        "PostingLineLimit", State.AMBER, _too_small,
        f"limits a journal to {{value}} lines, while ours hold up to {MOST_LINES}: F&O splits them when posting",
        f"set Lines limit to 0 or at least {MOST_LINES}",
    ),
    Option(
        "VoucherAllocationAtPosting", State.AMBER, _is("Yes"),
        "gives vouchers their final number when posting, so the numbers we keep are provisional",
        "switch Number allocation at posting off",
    ),
    Option(
        "PostingLayer", State.AMBER, _not("Current"), "posts to the layer {value}", "set Posting layer to Current",
    ),
)  # fmt: skip


def look(
    sets: Sets, ladder: Ladder, entity: str, name: str, rung: str = RUNG, types: Sequence[str] = ("Daily",)
) -> Iterator[Rung]:
    tried, told = f"JournalNames: {name} in {entity}", f"{name} in {entity}"
    if "*" in name:
        sentence = f"{name} cannot be asked for: F&O takes * as a pattern"
        yield ladder.red(rung, tried, sentence, f"use a journal name without *: {NEW_FILE}")
        return
    rows = sets.rows("JournalNames", dataAreaId=entity, Name=name)
    if isinstance(rows, D365Error):
        yield unread(ladder, rung, "JournalNames", rows)
        return
    if not rows:
        fix = f"create it under {FORM}, or correct posting.journal_name"
        yield ladder.red(rung, tried, f"{told} does not exist", fix)
        return
    spoilt = list(_spoilt(ladder, rows[0], rung, tried, told, types))
    yield from spoilt or [ladder.green(rung, tried, f"{told}: {rows[0].get('Description') or name}, fit for purpose")]


def _spoilt(ladder: Ladder, row: Row, rung: str, tried: str, told: str, types: Sequence[str]) -> Iterator[Rung]:
    """What F&O does not tell (an older release, a field left out) is not judged."""
    for option in (of_type(types), *OPTIONS[1:]):
        value = row.get(option.key)
        if value is None or not option.spoilt(str(value)):
            continue
        sentence = f"{told} {option.wrong.format(value=value)}"
        yield Rung(ladder.side, rung, option.state, tried, sentence, f"{option.fix} ({FORM})")
