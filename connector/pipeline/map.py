"""fetched → mapped: plan what each record becomes. The planning itself is pure; here is only the plumbing."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from connector.domain import jsonio, record
from connector.domain.connection import Posting
from connector.domain.entry import Entry
from connector.domain.master import MasterData
from connector.domain.problems import Problem
from connector.domain.reference import reference
from connector.domain.stages import Stage
from connector.domain.writes import WriteKind
from connector.mapping.mappings import Mappings
from connector.mapping.plan import Skip, plan
from connector.mapping.rules import RuleBook
from connector.pipeline import duplicates, linked, lookups, refresh, vendors
from connector.pipeline.runtime import Runtime, TimeBox, posting
from connector.store import linked as pairs
from connector.store import records, rules
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.store.moves import Move, move
from connector.store.records import Claimed
from connector.vendors.book import Vendors

ACTOR = "task:map"
MOST = 500
LATER_SECONDS = 30.0  # until F&O is asked again for the numbers of vendor invoices


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything `plan` needs besides the record, at one version."""

    version: int
    posting: Posting
    mappings: Mappings
    book: RuleBook
    master: MasterData
    approved: frozenset[str]
    vendors: Vendors


def rules_of(database: Database, connection: Connection) -> Rules:
    mappings, book = _lookups(database, connection.id, connection.rules_version)
    master = lookups.master_of(database, connection.id, connection.rules_version)
    book_of_vendors = vendors.book(database, connection.id, connection.rules_version, master)
    return Rules(
        connection.rules_version, posting(connection), mappings, book, master, connection.approved_types,
        book_of_vendors,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _lookups(
    database: Database,
    connection_id: int,
    version: int,  # noqa: ARG001
) -> tuple[Mappings, RuleBook]:
    """Kept per `version`: mappings of thousands of rows are prepared once, not once a task."""
    with database.begin() as tx:
        rows, lines = rules.mappings(tx, connection_id), rules.rules(tx, connection_id)
    return Mappings(rows), RuleBook(lines)


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    if connection.refreshed_at is None:
        if not runtime.ready(connection, "d365"):
            return
        refresh.run(runtime, connection)
        connection = runtime.connection(connection.id) or connection
    known = rules_of(runtime.database, connection)
    with runtime.database.begin() as tx:
        linked.follow(tx, connection)
    while box.open():
        with runtime.database.begin() as tx:
            claimed = records.claim_to_map(tx, connection.id, MOST)
            claimed += records.claim_to_replan(tx, connection.id, known.version, MOST)
            firsts = pairs.firsts(tx, [one.id for one in claimed if one.linked_to is not None])
        if not claimed:
            return
        moves = {one.id: step(one, known, firsts.get(one.id)) for one in claimed}
        looked = duplicates.look(runtime, connection, claimed, moves)
        with runtime.database.begin() as tx:
            moves = duplicates.settle(tx, connection.id, moves, looked)
            records.defer(tx, connection.id, looked.later, LATER_SECONDS)
            same = [one.id for one in claimed if one.id in moves and _same(one, moves[one.id])]
            stepped = [made for id_, made in moves.items() if id_ not in same]
            linked.lock(tx, connection.id, [one.id for one in stepped])
            linked.after_planning(tx, connection, stepped, move(tx, connection.id, ACTOR, stepped))
            records.replanned(tx, connection.id, same, known.version)
            vendors.remember(tx, connection.id, known.vendors)
        known.vendors.new.clear()


def _same(one: Claimed, made: Move) -> bool:
    """Held before, and held again for the very same problems: that is no event."""
    told = [problem.as_json() for problem in made.problems or ()]
    return one.stage is Stage.HELD and made.to is Stage.HELD and told == one.problems


def step(one: Claimed, known: Rules, first: Any = None) -> Move:
    """What planning makes of one claimed record. `first`: of a second entry its record, as `store.linked` has it."""
    try:
        found = record.parse(jsonio.loads(one.body or ""))
    except (record.Unreadable, jsonio.NotJson) as error:
        problems = [Problem("RECORD-UNREADABLE", values={"reason": str(error)})]
        return Move(one.id, one.stage, Stage.HELD, "cannot be read", attempts=one.attempts, problems=problems)
    accepted = frozenset([*one.accepted, *(first.accepted if first is not None else ())])
    planned = plan(
        found, known.posting, known.mappings, known.master, known.approved, accepted,
        rules=known.book, vendors=known.vendors,
    )  # fmt: skip
    if first is not None and not isinstance(planned, list):
        planned = _second(one, first, planned)
    if isinstance(planned, Skip):
        return Move(
            one.id,
            one.stage,
            Stage.SKIPPED,
            planned.reason,
            attempts=one.attempts,
            reason=planned.reason,
            problems=[],
        )
    if isinstance(planned, Entry):
        return _mapped(one, planned, known.version)
    return Move(
        one.id, one.stage, Stage.HELD, "; ".join(problem.code for problem in planned), attempts=one.attempts,
        problems=planned, data={"rules": known.version}, planned_rules=known.version,
    )  # fmt: skip


def _second(one: Claimed, first: Any, planned: Entry | Skip) -> Entry | Skip | list[Problem]:
    made = linked.choose(one, first, planned if isinstance(planned, Entry) else None)
    return [made] if isinstance(made, Problem) else Skip(made) if isinstance(made, str) else made


def _mapped(one: Claimed, entry: Entry, version: int) -> Move:
    data = entry.as_json()
    return Move(
        one.id,
        one.stage,
        Stage.MAPPED,
        f"planned with rules {version}",
        data={"entry_hash": jsonio.digest(data), "rules": version},
        attempts=one.attempts,
        problems=[],
        entry=data,
        planned_rules=version,
        legal_entity=entry.legal_entity,
        currency=entry.currency,
        amount=total(entry),
        posting_date=entry.date.isoformat(),
        reference=reference(one.record_id, one.epoch, WriteKind.ENTRY),
    )


def total(entry: Entry) -> Decimal:
    """The entry's total debit, major units. A line with an offset is a debit on one of its sides either way."""
    return sum(
        (line.debit + line.credit if line.offset is not None else line.debit for line in entry.lines),
        Decimal(0),
    )
