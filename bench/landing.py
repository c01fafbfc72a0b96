"""What share of a realistic population is written without a person, what holds the rest, and what planning costs.

The population is the demo's, enlarged; four records in a hundred get one of the mistakes that people make when they
code spend. Master data, mappings and settings are the stand-ins'.
"""

import csv
import logging
import random
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

from bench.measure import in_turn
from connector import logs
from connector.d365.auth import TokenSource
from connector.d365.client import D365Client
from connector.domain.connection import read
from connector.domain.entry import Entry
from connector.domain.master import MasterData
from connector.domain.record import Record, parse
from connector.mapping.mappings import Mappings
from connector.mapping.plan import Skip, plan
from connector.outbound.session import Outbound
from connector.pipeline import sets
from connector.pipeline.building import build
from sandbox.coding import SUSPENDED, UNMAPPED
from sandbox.population import populate
from sandbox.spend import Maker
from sandbox.world import World

RECORDS, SEED, MISTAKEN = 10_000, 1, 0.04
_MAPPINGS = Path(__file__).parents[1] / "sandbox" / "fixtures" / "mappings.csv"


def records(world: World) -> list[Record]:
    chance, maker = random.Random(SEED), Maker(SEED)  # noqa: S311 - mistakes, not secrets
    bodies = [deepcopy(case.record) for case in populate(RECORDS, world.clock(), SEED, all_types=True)]
    for body in bodies:
        if chance.random() < MISTAKEN:
            _mistake(body, chance, maker)
    return [parse(body) for body in bodies]


def _mistake(body: dict[str, Any], chance: random.Random, maker: Maker) -> None:
    coded = [line for line in body["line_items"] if line["accounting_field_values"]]
    if not coded:
        return
    line, kind = chance.choice(coded), chance.randrange(4)
    if kind == 0:
        line["accounting_field_values"] = []
    elif kind == 1:
        line["accounting_field_values"] = line["accounting_field_values"][:1]
    else:
        amount = line["amount"]
        other = maker.line("DEBIT", amount["amount"], amount["currency"], [(UNMAPPED, SUSPENDED)[kind - 2]])
        line["accounting_field_values"][:1] = other["accounting_field_values"]


def master(world: World) -> MasterData:
    """As `connector refresh` reads it."""
    side, outbound = read(world.connection("bench")).d365, Outbound(adapter=world.adapter())
    secret = side.client_secret.get_secret_value()
    tokens = TokenSource(outbound, authority=side.authority, tenant_id=side.tenant_id, client_id=side.client_id,
                         client_secret=secret, host=side.host)  # fmt: skip
    client = D365Client(outbound, tokens, side.host)
    return build({name: list(client.rows(name, select=one.all)) for name, one in sets.SETS.items()})


def main() -> None:
    logs.configure(logging.ERROR)
    world = World()
    posting = read(world.connection("bench")).posting
    with _MAPPINGS.open(encoding="utf-8", newline="") as file:
        mappings = Mappings(list(csv.reader(file))[1:])
    known, found = master(world), records(world)
    ends = [plan(one, posting, mappings, known, frozenset()) for one in found]
    written, skipped = (sum(isinstance(end, kind) for end in ends) for kind in (Entry, Skip))
    held = Counter(code for end in ends if isinstance(end, list) for code in {problem.code for problem in end})
    print(f"{len(found):,} records: {written / len(found):.1%} written, {skipped / len(found):.1%} skipped, "
          f"{(len(found) - written - skipped) / len(found):.1%} held")  # fmt: skip
    for code, number in held.most_common():
        print(f"  {code:26} {number:6,}")
    some = found[:500]
    cost = in_turn({"": lambda: [plan(one, posting, mappings, known, frozenset()) for one in some]}, calls=1)[""]
    print(f"planning one record: {cost.median / len(some):,.0f} µs (noise {cost.noise:.0f} %)")
    world.close()
