"""Which F&O data entities the connector's user needs, with which rights, and what for: the security role to make.

`docs/connecting.md` shows this table; a test keeps the two and what is really called in step.
"""

from dataclasses import dataclass
from typing import Final

READ: Final = "Read"
WRITE: Final = "Read, Create"


@dataclass(frozen=True, slots=True)
class Access:
    """`needed`: without it nothing is posted. Otherwise F&O is left to judge what could not be looked at before."""

    entity_set: str
    rights: str
    purpose: str
    needed: bool = False


# No Update, no Delete, no Correct: the connector changes and deletes nothing in F&O.
USED: Final[tuple[Access, ...]] = (
    Access("LedgerJournalHeaders", WRITE, "journals: opened, found again, followed until posted", needed=True),
    Access("LedgerJournalLines", WRITE, "entries: written, and read back to be certain", needed=True),
    Access("DimensionIntegrationFormats", READ, "the order of segments in account strings", needed=True),
    Access("DimensionParameters", READ, "the delimiter of account strings", needed=True),
    Access("Ledgers", READ, "each company's chart, currency and account structures", needed=True),
    Access("MainAccounts", READ, "checks of accounts before posting"),
    Access("FinancialDimensionValues", READ, "checks of dimension values before posting"),
    Access("AccountStructures", READ, "dimensions an account does not have are left blank"),
    Access("AccountStructureConstraints", READ, "which structure an account belongs to"),
    Access("JournalNames", READ, "`ping`: is the journal name fit for purpose"),
    Access("LegalEntities", READ, "`ping`: does the legal entity exist"),
    Access("Companies", READ, "`ping`: the same, where LegalEntities is closed"),
    Access("MainAccountLegalEntities", READ, "`ping`: a company's own settings of an account"),
    Access("BankAccounts", READ, "`ping`: do bank accounts exist and are active"),
    Access("FiscalPeriods", READ, "`ping`: which period is today's"),
    Access("LedgerFiscalPeriods", READ, "`ping`: is it open"),
    Access("SysAADClients", READ, "`ping`: as which user the application acts"),
)


def table() -> str:
    """The table of `docs/connecting.md`."""
    rows = [f"| `{one.entity_set}` | {one.rights} | {one.purpose} | {'yes' if one.needed else ''} |" for one in USED]
    return "\n".join(["| data entity | rights | what for | needed to post |", "|---|---|---|---|", *rows])
