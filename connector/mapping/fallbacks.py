"""What answers for a line where neither a mapping nor a remote id does: rules first, then the connection's defaults."""

from connector.domain.connection import Posting
from connector.mapping.choice import Fallbacks, Sourced
from connector.mapping.mappings import fold
from connector.mapping.rules import Facts, RuleBook


def fallbacks(facts: Facts, rules: RuleBook, posting: Posting) -> Fallbacks:
    """Folded dimension → value. The default legal entity is `posting.legal_entity`, so no default speaks of it."""
    defaults = {fold(name): Sourced(value, "the connection's default") for name, value in posting.defaults.items()}
    return defaults | rules.results(facts)
