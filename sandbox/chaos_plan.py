"""What goes wrong in a run of `script/chaos`, and when: a pure function of the seed and the number of records.

Everything is tied to progress (how many entries stand in the ledger) and not to the clock, so that two runs with one
seed go through the same mishaps at the same places, however fast the machine is.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Final

Json = dict[str, Any]

NEVER_WRITTEN: Final = 24  # so many records of a population, at most, are not for the ledger

# How often each is drawn, beside once at least where there are enough kills for all.
KILLS: Final = {"task": 4, "worker": 4, "postgres": 3, "valkey": 2, "everything": 2, "web": 2, "beat": 1}

_SEND: Final = ("d365", "POST /data/$batch")
_HEADER: Final = ("d365", "POST /data/LedgerJournalHeaders")
_BILLS: Final = ("d365", "POST /data/VendInvoiceJournalHeaders")
_PENDING: Final = ("d365", "POST /data/VendorInvoiceHeaders")
_ATTACH: Final = ("d365", "POST /data/VendorInvoiceDocumentAttachments")
_LINES: Final = ("d365", "GET /data/LedgerJournalLines")
_BILL_LINES: Final = ("d365", "GET /data/VendInvoiceJournalLines")
_INVOICES: Final = ("d365", "GET /data/VendorInvoiceHeaders")
_REPORT: Final = ("brex", "POST /v3/accounting/records/export-results")
_RECORDS: Final = ("brex", "GET /v3/accounting/records")
_TOKEN: Final = ("entra", "POST /")
_FILE: Final = ("receipts", "GET /")
_LOST: Final[tuple[Json, ...]] = (
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "status_after", "code": 500},
    {"kind": "status_after", "code": 503},
    {"kind": "truncate_after"},
    {"kind": "malformed_after"},
    {"kind": "latency", "seconds": 2},
    {"kind": "throttle", "retry_after": 1},
    {"kind": "throttle"},
)
_READ: Final[tuple[Json, ...]] = (
    {"kind": "reset_before"},
    {"kind": "status_before", "code": 503},
    {"kind": "truncate_after"},
    {"kind": "throttle", "retry_after": 1},
)
# A request that was given up and takes effect all the same, within the quiet period of the run.
_LATE: Final[Json] = {"kind": "late", "seconds": 1}
# Which request, what may happen to it, how often it is drawn.
_FAULTS: Final = (
    (_SEND, (*_LOST, _LATE, _LATE), 8),
    (_HEADER, (*_LOST, _LATE), 2),
    (_BILLS, (*_LOST, _LATE), 1),
    (_PENDING, (*_LOST, _LATE), 3),
    (_ATTACH, (*_LOST, _LATE), 1),
    (_INVOICES, _READ, 1),
    (_BILL_LINES, _READ, 1),
    (_FILE, _READ[:3], 1),
    (_REPORT, _LOST, 4),
    (_LINES, _READ, 2),
    (_RECORDS, _READ, 2),
    (_TOKEN, _READ[:2], 1),
)
# What people do in F&O and Brex meanwhile, and an environment that stops a batch at its first failed changeset.
PEOPLE: Final = (
    *("post a journal", "post a journal", "post an invoice", "post an invoice"),
    *("change a bill", "change a bill", "stop batches", "let batches go on"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """`at`: as soon as so many entries stand in the ledger. `do`: kill, fault or people. `what` names it.

    `pick`, from 0 to 1, chooses where there are several; `fault` is the rule as the sandbox's controls take it.
    """

    at: int
    do: str
    what: str
    pick: float = 0.0
    fault: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        return asdict(self)


def plan(seed: int, records: int, kills: int | None = None, faults: int | None = None) -> list[Step]:
    """The steps in their order. Same arguments, same steps."""
    random = Random(f"{seed}/{records}")  # noqa: S311 - repeatable, not secret
    written = records - NEVER_WRITTEN
    first, last = max(1, written // 20), max(2, written * 17 // 20)
    kills = max(7, records // 40) if kills is None else kills
    faults = max(8, records // 25) if faults is None else faults
    steps = [
        Step(at, "kill", what, round(random.random(), 3))
        for at, what in zip(_places(random, kills, first, last), _kinds(random, kills), strict=True)
    ]
    steps += [_fault(random, at) for at in _places(random, faults, first, last)]
    people = max(2, faults // 3) if faults else 0
    steps += [
        Step(at, "people", random.choice(PEOPLE), round(random.random(), 3))
        for at in _places(random, people, first, last)
    ]
    # At one place faults come first: they are to hit what the kill interrupts.
    return sorted(steps, key=lambda step: (step.at, step.do != "fault", step.do == "kill"))


def _places(random: Random, count: int, first: int, last: int) -> list[int]:
    return sorted(random.randint(first, last) for _ in range(count))


def _kinds(random: Random, count: int) -> list[str]:
    """Each kind once where there is room for all, then as drawn; never one twice in a row."""
    kinds = list(KILLS)
    random.shuffle(kinds)
    found = kinds[:count]
    while len(found) < count:
        others = [kind for kind in KILLS if kind != found[-1]]
        found.append(random.choices(others, [KILLS[kind] for kind in others])[0])
    return found


def _fault(random: Random, at: int) -> Step:
    (system, match), mishaps, _ = random.choices(_FAULTS, [weight for *_, weight in _FAULTS])[0]
    mishap = random.choice(mishaps)
    fault = {"system": system, "match": match, "times": random.choice((1, 1, 1, 2)), **mishap}
    return Step(at, "fault", f"{mishap['kind']} of {match}", fault=fault)


def counted(steps: Sequence[Step], do: str) -> dict[str, int]:
    """How many of each kind the steps have."""
    names = [step.what if do == "kill" else str(step.fault.get("kind", step.what)) for step in steps if step.do == do]
    return {name: names.count(name) for name in sorted(set(names))}
