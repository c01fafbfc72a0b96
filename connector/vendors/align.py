"""Brex's vendors against those of one legal entity in F&O: which are the same, which differ, which are missing where.

Pure. What records were matched with by people and by names counts here as it does there; nothing is remembered.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from connector.vendors import names
from connector.vendors.book import Vendors
from connector.vendors.match import Vendor, Verdict


@dataclass(frozen=True, slots=True)
class BrexVendor:
    """A vendor of Brex's bill pay. Brex keeps no tax id and no number of F&O's (Brex, Payments API)."""

    id: str
    name: str
    email: str = ""


class Status(StrEnum):
    MATCHED = "matched"
    DIFFERING = "differing"
    SUGGESTED = "suggested"
    ONLY_BREX = "only in Brex"
    ONLY_D365 = "only in F&O"


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the comparison. Without `brex` or `vendor`: it is not there, or not known which one it is."""

    status: Status
    why: str
    brex: BrexVendor | None = None
    vendor: Vendor | None = None
    differs: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


def align(legal_entity: str, brex: Iterable[BrexVendor], book: Vendors) -> list[Pair]:
    """Every vendor of both sides once, Brex's first. Vendors that are only likely to be meant are not told as missing.

    Raises KeyError for a legal entity whose vendors are not known.
    """
    pairs = [_pair(legal_entity, one, book) for one in brex]
    holders: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        if pair.brex is not None and pair.vendor is not None:
            holders[pair.vendor.account].append(pair.brex.name)
    pairs = [_shared(pair, holders) for pair in pairs]
    likely = {one.rpartition(" (")[0] for pair in pairs for one in pair.candidates}
    return pairs + [
        _missing(vendor)
        for vendor in book.registers[legal_entity].vendors
        if vendor.account not in holders and f"{vendor.account} {vendor.name}" not in likely
    ]


def _pair(legal_entity: str, one: BrexVendor, book: Vendors) -> Pair:
    found, changed = book.look(legal_entity, one.name, one.email)
    if changed:
        return Pair(Status.DIFFERING, found.why, one, book.vendor(legal_entity, found.account), differs=(changed,))
    if found.verdict is Verdict.SUGGESTED:
        return Pair(Status.SUGGESTED, found.why, one, candidates=found.candidates)
    if found.verdict is Verdict.UNKNOWN:
        return Pair(Status.ONLY_BREX, found.why, one)
    vendor = book.vendor(legal_entity, found.account)
    differs = _differences(one, vendor) if vendor is not None else ()
    return Pair(Status.DIFFERING if differs else Status.MATCHED, found.why, one, vendor, differs)


def _differences(one: BrexVendor, vendor: Vendor) -> tuple[str, ...]:
    """A name differs where more than its form does: legal forms, case and accents are not compared."""
    told = []
    if names.of_vendor(one.name).key != names.of_vendor(vendor.name).key:
        told.append(f'the name is "{one.name}" in Brex and "{vendor.name}" in F&O')
    if one.email and vendor.email and one.email.casefold() != vendor.email.casefold():
        told.append(f"the e-mail is {one.email} in Brex and {vendor.email} in F&O")
    return tuple(told)


def _shared(pair: Pair, holders: dict[str, list[str]]) -> Pair:
    """Two vendors in Brex that are one in F&O: most likely one company entered twice."""
    if pair.vendor is None or pair.brex is None or len(holders[pair.vendor.account]) < 2:
        return pair
    told = f"{len(holders[pair.vendor.account])} vendors in Brex are this one"
    return replace(pair, status=Status.DIFFERING, differs=(*pair.differs, told))


def _missing(vendor: Vendor) -> Pair:
    stopped = "" if vendor.usable else "; stopped or one-time in F&O"
    return Pair(Status.ONLY_D365, f"no vendor in Brex is this one{stopped}", vendor=vendor)
