"""The legal entity a record belongs to, and what the connection's settings say for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.domain.connection import Entity, Posting, RoleAccount
from connector.domain.treatments import AccountRole
from connector.mapping.choice import Fallbacks, choose, report
from connector.mapping.codings import ENTITY_REMOTE_IDS, Coding
from connector.mapping.findings import RECORD, Findings, Place, Spot
from connector.mapping.mappings import FOLDED_LEGAL_ENTITY, LEGAL_ENTITY


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """One company in F&O (`id` in lower case, as its data area), seen through the posting settings.

    `counterpart`: the other company, of an entry that is one of two linked ones.
    """

    id: str
    posting: Posting
    counterpart: str = ""

    @property
    def _own(self) -> Entity:
        return self.posting.entities.get(self.id) or Entity()

    @property
    def time_zone(self) -> str:
        return self._own.time_zone or self.posting.time_zone

    @property
    def journal_name(self) -> str:
        return self._own.journal_name or self.posting.journal_name

    def own_journal_of(self, record_type: str) -> str:
        """The journal name for such records: for the entity and the type, or for the type; "" where the settings name
        none. `journal_name` is a general journal's."""
        setting = self.posting.treatments.get(record_type)
        return self._own.journal_names.get(record_type) or (setting and setting.journal_name) or ""

    def role(self, role: AccountRole, currency: str) -> RoleAccount | None:
        """The most particular setting: against the counterpart, for the entity and currency, for the entity, for the
        connection."""
        currencies = {code.upper(): accounts for code, accounts in self._own.currencies.items()}
        against = self._own.counterparts.get(self.counterpart, {})
        sources = (against, currencies.get(currency, {}), self._own.accounts, self.posting.accounts)
        return next((accounts[role] for accounts in sources if role in accounts), None)


def choose_entity(
    voters: Sequence[tuple[Place, Sequence[Coding], Fallbacks]],
    attributes: Sequence[Coding],
    posting: Posting,
    found: Findings,
) -> LegalEntity | None:
    """The one legal entity all voters agree on; None with problems where they do not, or name an unknown one.

    A voter is a place in the record with its codings and what rules say of it. Where nothing names a LegalEntity it
    votes for the one the connection posts to (`posting.legal_entity`).
    """
    votes = [_vote(own, attributes, others, posting, found.at(place)) for place, own, others in voters]
    named = sorted({vote for vote in votes if vote is not None})
    if len(named) > 1:
        found.at(RECORD).problem("RECORD-ENTITIES", entities=", ".join(named))
    return LegalEntity(named[0], posting) if len(named) == 1 and None not in votes else None


def _vote(
    own: Sequence[Coding], attributes: Sequence[Coding], others: Fallbacks, posting: Posting, spot: Spot
) -> str | None:
    choice = choose(FOLDED_LEGAL_ENTITY, ENTITY_REMOTE_IDS, own, attributes, others)
    report(choice, LEGAL_ENTITY, spot)
    if choice.answer is None:
        return None if choice.options or choice.unmapped else posting.legal_entity
    entity = choice.answer.value.lower()
    if entity != posting.legal_entity and entity not in posting.entities:
        spot.problem("MAP-ENTITY-UNKNOWN", entity=choice.answer.value)
        return None
    spot.note(f"legal entity {entity}, by {choice.answer.why}.")
    return entity
