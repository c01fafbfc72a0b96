"""Master data as mapping reads it, prepared once in a process and kept for as long as F&O's rows stay the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from connector.domain.master import MasterData
from connector.pipeline.building import build
from connector.store import master
from connector.store.engine import Database, Tx
from connector.store.master import Row

# Rows of these are many: they are taken one by one as they come out of the database, never as a list.
_LARGE = ("ExchangeRates", "FinancialDimensionValues", "MainAccounts", "VendorsV2")


@dataclass(frozen=True, slots=True)
class _Kept:
    rules_version: int
    version: int
    data: MasterData


# The latest of each connection only: of 100,000 dimension values nobody wants sixty-four versions.
_kept: dict[tuple[int, int], _Kept] = {}


def master_of(database: Database, connection_id: int, rules_version: int) -> MasterData:
    """What mapping needs of master data. No query while `rules_version` stays; no row is read while no row changed."""
    key = (id(database), connection_id)
    kept = _kept.get(key)
    if kept is not None and kept.rules_version == rules_version:
        return kept.data
    with database.begin() as tx:
        version = master.version(tx, connection_id)
        unchanged = kept is not None and kept.version == version
        data = kept.data if kept is not None and unchanged else read(tx, connection_id)
    _kept[key] = _Kept(rules_version, version, data)
    return data


def read(tx: Tx, connection_id: int) -> MasterData:
    """All rows that are active now, of every set that is known."""
    known = master.known(tx, connection_id)
    if not known:
        return build(master.before_rows(tx, connection_id))
    small = [name for name in known if name not in _LARGE]
    sets: dict[str, Iterable[Row]] = {name: [] for name in small}
    for name, rows in groupby(master.rows(tx, connection_id, small), key=itemgetter(0)):
        sets[name] = [row for _, row in rows]
    for name in _LARGE:
        if name in known:
            sets[name] = map(itemgetter(1), master.rows(tx, connection_id, [name]))
    return build(sets)
