"""A stand-in for Dynamics 365 Finance & Operations: its OData service, as far as a journal writer touches it.

`create_app(store, faults, entra)` is what the network sees; `Ledger(store)` is what an accountant does in the
forms. Both over the same store see the same environment.
"""

from sandbox.d365.app import create_app
from sandbox.d365.ledger import CannotPost, Ledger
from sandbox.d365.seed import seed

__all__ = ["CannotPost", "Ledger", "create_app", "seed"]
