"""Who a merchant is in F&O: the book that planning looks into, and a person's word on it."""

from dataclasses import dataclass, replace
from typing import Any

from connector.domain.master import MasterData, Party
from connector.pipeline.runtime import Runtime, posting
from connector.store import brex_vendors
from connector.store import vendors as store
from connector.store.connections import Connection
from connector.store.engine import Database, Tx
from connector.vendors import names
from connector.vendors.book import Decision, Vendors, decided, key_of, registers
from connector.vendors.match import Register, Vendor, Verdict

ACTOR = "task:map"


class NoSuchVendor(Exception):
    """`str()` says which account F&O does not have, or which company's vendors are not known."""


@dataclass(frozen=True, slots=True)
class _Kept:
    rules_version: int
    master: MasterData
    vendors: Vendors


# Preparing the names of thousands of vendors takes a while: once for each state of the master data.
_kept: dict[tuple[int, int], _Kept] = {}


def book(database: Database, connection_id: int, rules_version: int, master: MasterData) -> Vendors:
    """What is decided so far, and the vendors to compare with. No query while the rules stay as they are: every
    person's word, every change of a vendor and of an e-mail in Brex moves their version."""
    key = (id(database), connection_id)
    kept = _kept.get(key)
    if kept is not None and kept.rules_version == rules_version:
        return kept.vendors
    with database.begin() as tx:
        rows = store.everything(tx, connection_id)
        emails = brex_vendors.emails(tx, connection_id)
    known = {(row["legal_entity"], row["key"]): _decision(row) for row in rows}
    same = kept is not None and kept.master is master
    prepared = kept.vendors.registers if kept is not None and same else _registers(master)
    vendors = Vendors(prepared, known, emails=emails)
    _kept[key] = _Kept(rules_version, master, vendors)
    return vendors


def _registers(master: MasterData) -> dict[str, Register]:
    return registers({entity: map(_vendor, parties.values()) for entity, parties in (master.vendors or {}).items()})


def _vendor(party: Party) -> Vendor:
    usable = not party.hold and not party.one_time
    return Vendor(party.number, party.name, tax_id=party.tax_id, email=party.email, usable=usable)


def remember(tx: Tx, connection_id: int, vendors: Vendors) -> None:
    """Store what comparing names has decided since the book was opened."""
    store.remember(tx, connection_id, [_row(one) for one in vendors.new.values()], ACTOR)


def confirm(
    runtime: Runtime, connection: Connection, vendors: Vendors, entity: str, merchant: str, account: str, actor: str,
    reason: str = "",
) -> Decision:  # fmt: skip
    """A person says which vendor a merchant is. Raises `NoSuchVendor`."""
    vendor = _known(vendors, entity, account)
    before = vendors.decisions.get((entity, key_of(merchant)))
    made = Decision(
        entity, key_of(merchant), merchant.strip(), Verdict.ACCEPTED, _because(f"decided by {actor}", reason),
        vendor.account, vendor.name, by_person=True,
        rejected=(before.rejected if before else frozenset()) - {vendor.account},
    )  # fmt: skip
    with runtime.database.begin() as tx:
        store.decide(tx, connection.id, _row(made), actor)
    return made


def created(
    tx: Tx, connection: Connection, entity: str, merchant: str, account: str, name: str, *, why: str, actor: str
) -> None:
    """A vendor was created for this merchant: as good as a person's word."""
    made = Decision(
        entity, key_of(merchant), merchant.strip(), Verdict.ACCEPTED, why, account, name, by_person=True
    )  # fmt: skip
    store.decide(tx, connection.id, _row(made), actor)


def reject(
    runtime: Runtime, connection: Connection, vendors: Vendors, entity: str, merchant: str, account: str, actor: str,
    reason: str = "",
) -> Decision:  # fmt: skip
    """A person says which vendor a merchant is not; the others are compared again. Raises `NoSuchVendor`."""
    vendor = _known(vendors, entity, account)
    before = vendors.decisions.get((entity, key_of(merchant)))
    rejected = (before.rejected if before else frozenset()) | {vendor.account}
    made = decided(entity, merchant, vendors.registers[entity], rejected)
    made = replace(made, why=_because(f"{made.why}; not {vendor.account}, says {actor}", reason))
    with runtime.database.begin() as tx:
        store.decide(tx, connection.id, _row(made), actor)
    return made


def _because(told: str, reason: str) -> str:
    return f"{told}: {reason}"[:500] if reason else told


def _known(vendors: Vendors, entity: str, account: str) -> Vendor:
    register = vendors.registers.get(entity)
    if register is None:
        raise NoSuchVendor(f"F&O's vendors of {entity} are not known here; `connector refresh` reads them")
    found = register.exact("account", account)
    if not found:
        raise NoSuchVendor(f"{entity} has no vendor account {account} in F&O, as last read")
    return found[0]


def entities(connection: Connection) -> list[str]:
    """The legal entities that this connection posts to, its own first."""
    settings = posting(connection)
    return list(dict.fromkeys((settings.legal_entity, *settings.entities)))


def _decision(row: dict[str, Any]) -> Decision:
    return Decision(
        row["legal_entity"], row["key"], row["merchant"], Verdict(row["verdict"]), row["why"], row["account"],
        row["vendor_name"], row["score"], tuple(row["candidates"]),
        row["decided_by"] == "person", frozenset(row["rejected"]), row["names_version"],
    )  # fmt: skip


def _row(one: Decision) -> dict[str, Any]:
    return {
        "legal_entity": one.legal_entity,
        "key": one.key,
        "merchant": one.merchant,
        "verdict": one.verdict,
        "account": one.account,
        "vendor_name": one.vendor_name,
        "score": one.score,
        "why": one.why,
        "candidates": list(one.candidates),
        "rejected": sorted(one.rejected),
        "names_version": names.VERSION,
    }
