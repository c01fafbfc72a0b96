"""Main account and dimensions of one coded line, each with its provenance in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.domain.entry import Account
from connector.domain.master import MAIN_ACCOUNT, Structure
from connector.mapping.books import Books, check_account, check_value, lacks, ledger_account
from connector.mapping.choice import NOTHING, Fallbacks, Sourced, choose, report
from connector.mapping.codings import ACCOUNT_REMOTE_IDS, ENTITY_REMOTE_IDS, Coding
from connector.mapping.findings import Spot
from connector.mapping.mappings import FOLDED_LEGAL_ENTITY, FOLDED_MAIN_ACCOUNT, FOLDED_VENDOR


@dataclass(frozen=True, slots=True)
class Resolved:
    """`account` is None where a problem stood in the way. `values`: dimension → value, as F&O names them.

    `number`: of an account role the account's number, not escaped.
    """

    account: Account | None
    values: dict[str, str]
    why: tuple[str, ...]
    number: str = ""


def resolve(
    own: Sequence[Coding],
    attributes: Sequence[Coding],
    books: Books,
    spot: Spot,
    fallbacks: Fallbacks = NOTHING,
) -> Resolved:
    """What one coded line is booked on: by its own codings, the record's attributes, and rules and defaults."""
    main = _main_account(own, spot, fallbacks)
    structure = books.structure(main.value) if main else None
    sourced = _dimensions(own, attributes, books, structure, spot, fallbacks)
    values = {name: source.value for name, source in sourced.items()}
    _note_unused(own, books, spot)
    for name, value in values.items():
        check_value(books, name, value, spot)
    if main is None:
        return Resolved(None, values, ())
    check_account(books, main.value, spot)
    why = [f"{name} {source.value}: {source.why}" for name, source in ({MAIN_ACCOUNT: main} | sourced).items()]
    return Resolved(ledger_account(books, main.value, values, spot), values, tuple(why))


def _main_account(own: Sequence[Coding], spot: Spot, fallbacks: Fallbacks) -> Sourced | None:
    """Of what Brex carries only the line's own fields give its account: mapping, then remote id."""
    choice = choose(FOLDED_MAIN_ACCOUNT, ACCOUNT_REMOTE_IDS, own, fallbacks=fallbacks)
    if choice.unmapped is not None:
        coding = choice.unmapped
        spot.problem("MAP-ACCOUNT-UNMAPPED", field=coding.field_label, value=coding.value_label)
    elif choice.options:
        report(choice, MAIN_ACCOUNT, spot)
    else:
        spot.problem("MAP-ACCOUNT-MISSING")
    return choice.answer


def _dimensions(
    own: Sequence[Coding],
    attributes: Sequence[Coding],
    books: Books,
    structure: Structure | None,
    spot: Spot,
    fallbacks: Fallbacks,
) -> dict[str, Sourced]:
    values = {}
    for dimension in _concerned(own, attributes, books, fallbacks):
        name = books.name(dimension)
        choice = choose(dimension, frozenset({dimension}), own, attributes, fallbacks)
        if structure is not None and lacks(structure, dimension):
            for option in choice.options:
                note_blank(name, option.value, structure, spot)
            continue
        report(choice, name, spot)
        if choice.answer is not None:
            values[name] = choice.answer
    return values


def _concerned(
    own: Sequence[Coding], attributes: Sequence[Coding], books: Books, fallbacks: Fallbacks
) -> list[str]:
    """The folded dimensions these codings speak of: the active format's first, in its order, then by name."""
    spoken = {coding.remote_field for coding in own if coding.remote_value and coding.remote_field in books.segments}
    for coding in (*own, *attributes):
        spoken |= coding.mapped.keys() | coding.expected
    spoken |= fallbacks.keys()
    spoken -= {FOLDED_MAIN_ACCOUNT, FOLDED_LEGAL_ENTITY}
    if FOLDED_VENDOR not in books.names:  # F&O may have a dimension of that name, too
        spoken.discard(FOLDED_VENDOR)
    inside = [dimension for dimension in books.segments if dimension in spoken]
    return inside + sorted(spoken.difference(inside))


def note_blank(name: str, value: str, structure: Structure, spot: Spot) -> None:
    spot.note(f"{name} {value} is left blank: the account structure {structure.name} has no {name}.")


def _note_unused(own: Sequence[Coding], books: Books, spot: Spot) -> None:
    used = {*books.segments, *ACCOUNT_REMOTE_IDS, *ENTITY_REMOTE_IDS}
    for coding in own:
        if not coding.mapped and not coding.expected and coding.remote_field not in used:
            spot.note(f"{coding} is not used: no mapping takes it.")
