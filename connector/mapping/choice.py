"""Which F&O value the codings of a line give one dimension, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from connector.mapping.codings import Coding
from connector.mapping.findings import Spot


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value, and in words where it comes from."""

    value: str
    why: str


# Folded dimension → what a rule or a default gives it.
Fallbacks = Mapping[str, Sourced]
NOTHING: Final[Fallbacks] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Choice:
    """`options`: one is the answer, several disagree, none is no answer.

    `unmapped`: the coding that should have given one, but whose value no row maps.
    """

    options: tuple[Sourced, ...] = ()
    unmapped: Coding | None = None

    @property
    def answer(self) -> Sourced | None:
        return self.options[0] if len(self.options) == 1 else None


def choose(
    dimension: str,
    remote_ids: frozenset[str],
    own: Sequence[Coding],
    attributes: Sequence[Coding] = (),
    fallbacks: Fallbacks = NOTHING,
) -> Choice:
    """The steps in order: mapping of the line's own fields, mapping of the record's attributes, remote id, fallback.

    `dimension` is folded; `remote_ids` are the (folded) remote field ids under which Brex carries it. The
    first step that says anything decides; values that disagree within it are all returned. Where the line's
    own field is mapped for other values only, its remote id may still answer, but the record's attributes may
    not stand in.
    """
    mapped, general = _mapped(dimension, own), _mapped(dimension, attributes)
    unmapped, missing = _unmapped(dimension, own), _unmapped(dimension, attributes)
    options = mapped or (() if unmapped else general) or _carried(remote_ids, own)
    gap = None if options else unmapped or missing
    if not options and dimension in fallbacks:
        return Choice((_in_place_of(gap, fallbacks[dimension]),))
    return Choice(options, gap)


def _in_place_of(gap: Coding | None, fallback: Sourced) -> Sourced:
    """A value that Brex carries and no mapping takes is passed over knowingly: the reason says so."""
    return fallback if gap is None else Sourced(fallback.value, f"{fallback.why}, as no mapping takes {gap}")


def _mapped(dimension: str, codings: Sequence[Coding]) -> tuple[Sourced, ...]:
    return _distinct((value, f"mapping {coding}") for coding in codings for value in coding.mapped.get(dimension, ()))


def _carried(remote_ids: frozenset[str], codings: Sequence[Coding]) -> tuple[Sourced, ...]:
    return _distinct(
        (coding.remote_value, f"remote id of {coding}")
        for coding in codings
        if coding.remote_value and coding.remote_field in remote_ids
    )


def _unmapped(dimension: str, codings: Sequence[Coding]) -> Coding | None:
    return next(
        (coding for coding in codings if dimension in coding.expected and dimension not in coding.mapped),
        None,
    )


def report(choice: Choice, dimension: str, spot: Spot) -> None:
    """Make problems of a choice that is none. `dimension` as people write it."""
    if len(choice.options) > 1:
        values = ", ".join(f"{option.value} ({option.why})" for option in choice.options)
        spot.problem("MAP-VALUES-CONFLICT", dimension=dimension, values=values)
    elif choice.unmapped is not None:
        names = {"field": choice.unmapped.field_label, "value": choice.unmapped.value_label}
        spot.problem("MAP-VALUE-UNMAPPED", dimension=dimension, **names)


def _distinct(pairs: Iterable[tuple[str, str]]) -> tuple[Sourced, ...]:
    first: dict[str, str] = {}
    for value, why in pairs:
        first.setdefault(value, why)
    return tuple(Sourced(value, why) for value, why in first.items())
