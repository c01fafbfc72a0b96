"""What is known of merchants: a person's word, then what is exact, then what was remembered, then names compared.

A person's word stays until a person takes it back, or until the vendor it names is renamed, stopped or gone in F&O:
then the record waits for another. Names are compared once: afterwards a look-up is one in a dictionary.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from connector.domain.vendor import VendorChoice
from connector.vendors import names
from connector.vendors.match import Match, Register, Vendor, Verdict

_KINDS = {"account": "account number", "tax id": "tax id", "e-mail": "e-mail"}


@dataclass(frozen=True, slots=True)
class Decision:
    """The present word on a merchant. `by_person` False: names were compared. `vendor_name`: as it was then."""

    legal_entity: str
    key: str
    merchant: str
    verdict: Verdict
    why: str
    account: str = ""
    vendor_name: str = ""
    score: Decimal | None = None
    candidates: tuple[str, ...] = ()
    by_person: bool = False
    rejected: frozenset[str] = frozenset()
    names_version: int = names.VERSION


def key_of(merchant: str) -> str:
    """What merchants are remembered by; descriptors of one merchant have one key."""
    readings = names.of_merchant(merchant)
    return readings[0].key if readings else merchant.strip().casefold()


@dataclass(slots=True)
class Vendors:
    """The book of one connection. `new` has what was decided here and is not stored yet."""

    registers: Mapping[str, Register]
    decisions: dict[tuple[str, str], Decision]
    new: dict[tuple[str, str], Decision] = field(default_factory=dict)
    emails: Mapping[str, str] = field(default_factory=dict)  # of Brex's own vendors, by their id there

    def choice(self, legal_entity: str, merchant: str, vendor_id: str = "") -> VendorChoice:
        register = self.registers.get(legal_entity)
        if not merchant.strip():
            return VendorChoice("", "the record names no vendor", "MAP-VENDOR-UNKNOWN")
        if register is None:
            return VendorChoice("", "F&O's vendors could not be read", "MAP-VENDOR-UNKNOWN")
        found = self.decision(legal_entity, merchant, self.emails.get(vendor_id, ""))
        if found.verdict is Verdict.ACCEPTED:
            changed = _changed(found, register)
            return VendorChoice("" if changed else found.account, changed or found.why,
                                "MAP-VENDOR-CHANGED" if changed else "")  # fmt: skip
        code = "MAP-VENDOR-UNSURE" if found.verdict is Verdict.SUGGESTED else "MAP-VENDOR-UNKNOWN"
        return VendorChoice("", "; ".join((found.why, *found.candidates)), code)

    def decision(self, legal_entity: str, merchant: str, email: str = "") -> Decision:
        """The word on this merchant; where names were compared and the vendors changed, they are compared anew."""
        key = (legal_entity, key_of(merchant))
        known = self.decisions.get(key)
        fresh = self._judged(legal_entity, merchant, email, known)
        if fresh is known:
            return fresh
        if known is None or replace(known, merchant=fresh.merchant) != fresh:
            self.new[key] = fresh
        self.decisions[key] = fresh
        return fresh

    def look(self, legal_entity: str, merchant: str, email: str = "") -> tuple[Decision, str]:
        """The same, and nothing is remembered; with what became of the vendor in F&O since, "" where nothing did."""
        known = self.decisions.get((legal_entity, key_of(merchant)))
        found = self._judged(legal_entity, merchant, email, known)
        accepted = found.verdict is Verdict.ACCEPTED
        return found, _changed(found, self.registers[legal_entity]) if accepted else ""

    def vendor(self, legal_entity: str, account: str) -> Vendor | None:
        return next(iter(self.registers[legal_entity].exact("account", account)), None)

    def _judged(self, legal_entity: str, merchant: str, email: str, known: Decision | None) -> Decision:
        register = self.registers[legal_entity]
        if known is not None and known.by_person:
            return known
        rejected = known.rejected if known else frozenset()
        exact = exactly(legal_entity, merchant, email, register, rejected)
        if exact is not None:
            return exact if known is None or replace(known, merchant=exact.merchant) != exact else known
        if known is not None and _still_good(known, register):
            return known
        return decided(legal_entity, merchant, register, rejected)


def exactly(
    legal_entity: str, merchant: str, email: str, register: Register, rejected: frozenset[str]
) -> Decision | None:
    """The one vendor that has this account number, tax id or e-mail; None where none has, or several have.

    A merchant may be written as any of the three; `email` is that of its vendor in Brex.
    """
    for kind, value in (("account", merchant), ("tax id", merchant), ("e-mail", merchant), ("e-mail", email)):
        found = [one for one in register.exact(kind, value) if one.account not in rejected]
        if len(found) != 1:
            continue
        [vendor] = found
        why = f"the same {_KINDS[kind]}, {value.strip()}"
        told = (f"{vendor.account} {vendor.name} (1.00)",)
        made = Decision(
            legal_entity, key_of(merchant), merchant.strip(), Verdict.ACCEPTED, why, vendor.account, vendor.name,
            Decimal("1.0000"), told, rejected=rejected,
        )  # fmt: skip
        if vendor.usable:
            return made
        stopped = f"{why}; but that vendor cannot be used (on hold or one-time)"
        return replace(made, verdict=Verdict.SUGGESTED, why=stopped, account="", vendor_name="")
    return None


def decided(legal_entity: str, merchant: str, register: Register, rejected: frozenset[str]) -> Decision:
    """What comparing names says of a merchant, leaving out the vendors that a person said it is not."""
    match = register.match(merchant, without=rejected)
    best = match.candidates[0] if match.candidates else None
    accepted = best if match.verdict is Verdict.ACCEPTED else None
    return Decision(
        legal_entity,
        key_of(merchant),
        merchant.strip(),
        match.verdict,
        match.why,
        account=accepted.vendor.account if accepted else "",
        vendor_name=accepted.vendor.name if accepted else "",
        score=Decimal(f"{best.score:.4f}") if best else None,
        candidates=_told(match),
        rejected=rejected,
    )


def _told(match: Match) -> tuple[str, ...]:
    return tuple(f"{one.vendor.account} {one.vendor.name} ({one.score:.2f})" for one in match.candidates)


def _still_good(known: Decision, register: Register) -> bool:
    """Remembered: made in today's way of comparing, and its vendor is as it was. What was open is looked at anew."""
    return (
        known.names_version == names.VERSION
        and known.verdict is Verdict.ACCEPTED
        and not _changed(known, register)
    )  # fmt: skip


def _changed(known: Decision, register: Register) -> str:
    """What happened in F&O to the vendor that was decided on; "" where nothing did."""
    now = next(iter(register.exact("account", known.account)), None)
    if now is None:
        return f"vendor {known.account} is gone from F&O"
    if not now.usable:
        return f"vendor {known.account} {now.name} is stopped in F&O"
    renamed = known.vendor_name and names.of_vendor(now.name) != names.of_vendor(known.vendor_name)
    return f'vendor {known.account} was "{known.vendor_name}" and is now "{now.name}" in F&O' if renamed else ""


def registers(vendors: Mapping[str, Iterable[Vendor]]) -> dict[str, Register]:
    """By legal entity."""
    return {entity: Register(found) for entity, found in vendors.items()}
