"""What planning a record costs with few and with many mapping rows: it must not grow with their number."""

from collections.abc import Callable

from bench.measure import in_turn
from connector.domain.connection import Posting
from connector.domain.entry import Entry
from connector.domain.master import MasterData
from connector.domain.record import Record, parse
from connector.mapping.mappings import Mappings
from connector.mapping.plan import plan
from connector.mapping.rules import RuleBook

SIZES = (100, 10_000, 100_000)
MASTER = MasterData(ledger_format=("MainAccount", "Department"), default_format=("Department",))
POSTING = Posting.model_validate(
    {
        "start_date": "2026-01-01", "legal_entity": "usmf", "time_zone": "America/Los_Angeles", "journal_name": "BREX",
        "accounts": {"card_liability": {"account": "200130"}},
    }
)  # fmt: skip


def record(lines: int) -> Record:
    """A card expense of so many coded lines, 10.00 USD each."""
    coded = [
        {
            "id": f"li_{number}", "type": "DEBIT", "amount": {"amount": 10, "currency": "USD"}, "memo": "Team lunch",
            "accounting_field_values": [
                {"field_name": "GL Account", "field_value_name": "Meals"},
                {"field_name": "Department", "field_value_name": "Sales"},
            ],
        }
        for number in range(lines)
    ]  # fmt: skip
    return parse(
        {
            "id": "accr_bench", "type": "CARD_EXPENSE_POST", "source_type": "CARD",
            "review_status": "READY_FOR_EXPORT", "version": 1, "amount": {"amount": 10 * lines, "currency": "USD"},
            "erp_posting_date": "2026-11-05T18:20:00Z", "updated_at": "2026-11-05T18:20:00Z", "line_items": coded,
        }
    )  # fmt: skip


def mappings(size: int) -> Mappings:
    """So many rows, the last two of which are those that are used."""
    rows = [("Department", f"Team {number}", "Department", f"{number:06}") for number in range(size - 2)]
    used = [("GL Account", "Meals", "MainAccount", "606300"), ("Department", "Sales", "Department", "022")]
    return Mappings([*rows, *used])


def case(lines: int, rows: int, rules: RuleBook) -> Callable[[], object]:
    known, found = mappings(rows), record(lines)

    def work() -> object:
        return plan(found, POSTING, known, MASTER, frozenset(), rules=rules)

    assert isinstance(work(), Entry)
    return work


def main() -> None:
    fifty = RuleBook((f"R{n}", "yes", "merchant", "contains", f"shop {n}", "CostCenter", "7") for n in range(50))
    cases = {f"1 line, {rows:,} mapping rows": case(1, rows, RuleBook()) for rows in SIZES}
    cases |= {f"20 lines, {rows:,} mapping rows": case(20, rows, RuleBook()) for rows in SIZES}
    cases["1 line, 100 mapping rows, 50 rules that do not match"] = case(1, 100, fifty)
    found = in_turn(cases, calls=200)
    base = found[f"1 line, {SIZES[0]:,} mapping rows"].median
    print(f"{'plan':52} {'µs a record':>12} {'ratio':>7} {'noise':>7}")
    for name, measured in found.items():
        print(f"{name:52} {measured.median:12.0f} {measured.median / base:7.2f} {measured.noise:6.0f}%")
